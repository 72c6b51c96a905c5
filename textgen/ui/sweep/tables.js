// The numbers of the charts, the table of the guides, and two temperatures against each other.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const FEW = 12; // rows of the guide's table at first
  const HEADS = [["temperature", "T"], ["line", "strategy"], ["coherence", "coherence (proxy)"], ["creativity", "creativity (proxy)"]];

  const options = (select, texts, chosen) => {
    const key = JSON.stringify(texts);
    if (select.dataset.key === key) return;
    select.dataset.key = key;
    select.replaceChildren(...texts.map((text, i) => h("option", { value: String(i), text })));
    select.value = String(chosen);
  };
  const dot = (t, stops) => h("span", { class: "dot", style: `background:${lab.thermal(t, stops)}` });
  const opener = (text, label, onclick) => h("button", { class: "sweep-open", type: "button", text, title: "Read the texts", "aria-label": label, onclick });

  // ---- one metric: a row a temperature, a column a line; a number opens its texts
  lab.sweepNumbers = ({ config, memory, onCell }) => {
    const metric = h("select", { "aria-label": "Metric of the table" }, ...config.metrics.map(({ title }, i) => h("option", { value: String(i), text: title })));
    metric.value = String(config.metrics.findIndex(({ name }) => name === (memory.metric ?? config.firstMetrics[0])));
    metric.addEventListener("change", () => { memory.metric = config.metrics[Number(metric.value)].name; draw(); });
    const meaning = h("p", { class: "muted" });
    const table = h("table");
    const card = h("section", { class: "card sweep-numbers-card" }, h("h3", {}, "Numbers: ", metric), meaning, h("div", { class: "scroll tall" }, table));
    let look = null;
    const draw = () => {
      if (!look) return;
      const { definition, unit } = config.metrics[Number(metric.value)];
      const cells = look.numbers[Number(metric.value)];
      lab.setText(meaning, `${definition}${unit ? `, in ${unit}` : ""}. Mean and 95% interval over seeds.`);
      table.replaceChildren(
        h("thead", {}, h("tr", {}, h("th", { scope: "col", text: "T" }), ...look.lines.map((line) => h("th", { scope: "col" }, lab.sweepKey(line))))),
        h("tbody", {}, ...look.order.map((t) => h("tr", {}, h("th", { scope: "row" }, dot(look.temperatures[t], config.stops), `${look.temperatures[t]}`),
          ...look.lines.map((line, l) => h("td", {}, cells[l][t] ? opener(cells[l][t], `${line.name} at T = ${look.temperatures[t]}: ${cells[l][t]}`, () => onCell(l, t)) : null))))));
    };
    return { card, draw, update: (next) => { look = next; draw(); } };
  };

  // ---- temperature, strategy, coherence, creativity
  lab.sweepGuide = ({ config, memory, onCell }) => {
    memory.guide ??= { by: "temperature", down: false, line: "all", own: false, open: false };
    const state = memory.guide;
    const set = (changes) => { Object.assign(state, changes); draw(); };
    const filter = h("select", { "aria-label": "Which lines" });
    filter.addEventListener("change", () => set({ line: filter.value }));
    const own = h("input", { type: "checkbox" });
    own.addEventListener("change", () => set({ own: own.checked }));
    const ownLabel = h("label", { class: "sweep-check" }, own, " only settings that guides name");
    const head = h("tr");
    const body = h("tbody");
    const more = h("button", { class: "quiet", type: "button", onclick: () => set({ open: !state.open }) });
    const about = ["coherence", "creativity"].map((name) => config.metrics.find((metric) => metric.name === name)).map(({ title, definition }) => `${title}: ${definition}.`).join(" ");
    const card = h("section", { class: "card sweep-guide" }, h("h3", { text: "Temperature, strategy, coherence, creativity" }),
      h("p", { class: "muted", text: `Guides to text generation print this table with words such as “high”. Here it is measured. ${about}` }),
      h("div", { class: "sweep-filters" }, filter, ownLabel), h("div", { class: "scroll tall" }, h("table", {}, h("thead", {}, head), body)), more);
    let look = null;

    const value = (row) => {
      if (state.by === "temperature") return look.temperatures[row.temperature];
      if (state.by === "line") return row.line;
      return row[state.by].value ?? -Infinity;
    };
    const rows = () => look.guide
      .filter((row) => (state.line === "all" || String(row.line) === state.line) && (!state.own || row.guide))
      .sort((a, b) => (value(a) - value(b)) * (state.down ? -1 : 1) || a.line - b.line);
    const draw = () => {
      if (!look) return;
      ownLabel.hidden = !look.guide.some(({ guide }) => guide);
      head.replaceChildren(...HEADS.map(([name, title]) => h("th", { scope: "col", "aria-sort": state.by === name ? (state.down ? "descending" : "ascending") : "none" },
        h("button", { class: "sweep-sort", type: "button", text: `${title}${state.by === name ? (state.down ? " ↓" : " ↑") : ""}`, onclick: () => set({ by: name, down: state.by === name && !state.down }) }))));
      const found = rows();
      body.replaceChildren(...found.slice(0, state.open ? found.length : FEW).map(guideRow));
      more.hidden = found.length <= FEW;
      lab.setText(more, state.open ? `show ${FEW}` : `show all ${found.length}`);
    };
    const guideRow = (row) => {
      const [t, line] = [look.temperatures[row.temperature], look.lines[row.line]];
      return h("tr", { class: row.guide ? "named" : "" },
        h("th", { scope: "row" }, dot(t, config.stops), opener(String(t), `${line.name} at T = ${t}`, () => onCell(row.line, row.temperature))),
        h("td", {}, lab.sweepKey(line), row.guide ? h("div", { class: "said", text: `Guides: ${row.guide}` }) : null), h("td", { text: row.coherence.text }), h("td", { text: row.creativity.text }));
    };
    const update = (next) => {
      look = next;
      const names = look.lines.map(({ name }) => name);
      if (state.line !== "all" && Number(state.line) >= names.length) state.line = "all";
      filter.replaceChildren(h("option", { value: "all", text: "all lines" }), ...names.map((text, i) => h("option", { value: String(i), text })));
      filter.value = state.line;
      own.checked = state.own;
      draw();
    };
    return { card, draw, update };
  };

  // ---- two temperatures of one line, seed by seed
  lab.sweepDifference = ({ config, onAsk }) => {
    const [line, first, second] = ["Line", "First temperature", "Second temperature"].map((label) => h("select", { "aria-label": label, onchange: () => ask() }));
    const body = h("tbody");
    const pairs = h("span", { class: "muted" });
    const card = h("section", { class: "card sweep-difference" }, h("h3", { text: "Two temperatures, the same luck" }),
      h("div", { class: "sweep-filters" }, line, " T = ", first, " minus T = ", second, pairs),
      h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, ...["metric", "difference", ""].map((text) => h("th", { scope: "col", text })))), body)),
      h("p", { class: "muted", text: "The mean difference between texts of the same seed, with its 95% interval. What the luck of a seed does to both cancels, so this is narrower than two bands side by side. “Not clear”: the interval holds 0; below five pairs it says too little." }));
    let look = null;
    const ask = () => look?.order.length > 1 && onAsk(Number(line.value), Number(first.value), Number(second.value));
    const nearest = (t) => look.order.reduce((best, at) => (Math.abs(look.temperatures[at] - t) < Math.abs(look.temperatures[best] - t) ? at : best));
    const update = (next) => {
      look = next;
      card.hidden = look.order.length < 2;
      if (card.hidden) return;
      options(line, look.lines.map(({ name }) => name), Math.min(1, look.lines.length - 1));
      const names = look.temperatures.map(String);
      const [hot, cold] = [nearest(1), nearest(0.5)];
      options(first, names, hot === cold ? look.order.at(-1) : hot);
      options(second, names, hot === cold ? look.order[0] : cold);
      ask();
    };
    const show = (rows) => {
      const [a, b] = [first, second].map((select) => look.temperatures[Number(select.value)]);
      lab.setText(pairs, lab.count(Math.max(...rows.map((row) => row.pairs)), "pair"));
      body.replaceChildren(...rows.map((row, i) => ({ ...row, title: config.metrics[i].title })).filter((row) => row.text !== "–").map((row) => h("tr", {},
        h("th", { scope: "row", text: row.title }), h("td", { class: row.sure ? "strong" : "", text: row.text }),
        h("td", { class: row.sure ? "" : "muted", text: row.sure ? `higher at ${row.sure > 0 ? a : b}` : row.enough ? "not clear" : "few pairs" }))));
      card.dataset.rows = String(body.children.length);
    };
    return { card, update, show };
  };
})();
