// The tree of a beam search: a column a step, a node a candidate, pruned ones dashed and pale.
(() => {
  const lab = window.TemperatureLab;
  const SVG = "http://www.w3.org/2000/svg";
  const ROW = 40;
  const SHORT = 5; // characters of a token in the narrowest box
  const LONG = 15; // and in the widest
  const LETTER = 9.8; // px
  const BETWEEN = 46; // px between two columns
  const FIRST = 90; // px left of the first column
  const HEIGHT = 32; // of a box
  // The width of the boxes, such that the longest token has room.
  const boxWidth = (view) => {
    const longest = Math.max(...view.columns.flat().map(({ label }) => label.length));
    return 104 + LETTER * (Math.min(Math.max(longest, SHORT), LONG) - SHORT);
  };

  const s = (tag, attributes = {}, ...children) => {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "text") node.textContent = value;
      else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  };

  const place = (step, row, wide) => ({ x: FIRST + wide / 2 + step * (wide + BETWEEN), y: 26 + row * ROW, wide });
  const nats = (value) => (value === null ? "−∞" : value.toFixed(2).replace("-", "−"));
  lab.nats = nats;

  // columns: [[{parent, label, local, total, state}]], rows in order of the running log-probability
  lab.beamTree = ({ onHover }) => {
    const svg = s("svg", { class: "beam-tree", role: "img" });
    const scroller = lab.h("div", { class: "beam-scroll", tabIndex: 0, role: "group", "aria-label": "Beam search tree; arrow keys move the step" }, svg);

    const edge = (from, to, candidate) => {
      const x = from.x + from.wide / 2;
      const end = to.x - to.wide / 2;
      const middle = (x + end) / 2;
      const width = 0.8 + 7 * Math.exp(candidate.local ?? -30);
      return s("path", { class: `edge ${candidate.state}${candidate.best ? " best" : ""}`, d: `M${x},${from.y} C${middle},${from.y} ${middle},${to.y} ${end},${to.y}`, "stroke-width": width.toFixed(2) });
    };

    const node = (at, candidate, path) => {
      const group = s("g", { class: `node ${candidate.state}${candidate.best ? " best" : ""}`, transform: `translate(${at.x - at.wide / 2},${at.y - HEIGHT / 2})`, tabindex: "0", role: "button",
        "aria-label": `${path} ${candidate.state}, log-probability ${nats(candidate.local)}, running ${nats(candidate.total)}`,
        onmouseenter: () => onHover(candidate, path), onfocus: () => onHover(candidate, path) },
      s("rect", { width: at.wide, height: HEIGHT, rx: 8 }),
      s("text", { class: "token", x: 9, y: 20, text: lab.clip(candidate.label, Math.round(SHORT + (at.wide - 104) / LETTER)) }),
      s("text", { class: "numbers", x: at.wide - 8, y: 14, "text-anchor": "end", text: nats(candidate.local) }),
      s("text", { class: "numbers total", x: at.wide - 8, y: 26, "text-anchor": "end", text: nats(candidate.total) }));
      return group;
    };

    // Draw the first `shown` columns.
    const draw = (view, shown, options) => {
      const columns = view.columns.slice(0, shown).map((column) => column.filter((candidate) => options.pruned || candidate.state !== "pruned"));
      const spots = new Map();
      const wide = boxWidth(view);
      const root = { ...place(0, 0, wide), x: 56, wide: 0 };
      const edges = [];
      const nodes = [];
      columns.forEach((column, step) => column.forEach((candidate, row) => {
        const at = place(step, row, wide);
        spots.set(candidate, at);
        const parent = step === 0 ? root : spots.get(view.columns[step - 1][candidate.parent]);
        if (parent) edges.push(edge(parent, at, candidate));
        nodes.push(node(at, candidate, pathOf(view, step, candidate)));
      }));
      const height = 52 + ROW * Math.max(1, ...columns.map((column) => column.length));
      const width = 150 + (wide + BETWEEN) * Math.max(1, shown);
      svg.replaceChildren(...edges, s("text", { class: "root", x: 8, y: root.y + 5, text: "start" }), ...nodes);
      svg.setAttribute("width", width);
      svg.setAttribute("height", height);
      svg.setAttribute("aria-label", `Tree of ${shown} steps; the ranking beside it holds the texts`);
      if (options.follow) scroller.scrollLeft = width;
    };
    return { node: scroller, draw };
  };

  const pathOf = (view, step, candidate) => {
    const labels = [];
    for (let at = step, current = candidate; current; at--) {
      labels.unshift(current.gap + current.label);
      current = at > 0 ? view.columns[at - 1][current.parent] : null;
    }
    return labels.join("");
  };

  // Mark the paths that end in the given candidates.
  lab.markBest = (view, ends) => {
    for (const column of view.columns) for (const candidate of column) candidate.best = false;
    for (const { step, row } of ends) {
      let current = view.columns[step]?.[row];
      for (let at = step; current; at--) {
        current.best = true;
        current = at > 0 ? view.columns[at - 1][current.parent] : null;
      }
    }
  };
})();
