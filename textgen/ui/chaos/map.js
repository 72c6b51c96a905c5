// The whole of temperature chaos at a glance: blocks of rows whose texts agree so far, splitting to the right.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const SVG = "http://www.w3.org/2000/svg";
  const HEIGHT = 600; // px that rows share, where there are many
  const TALLEST = 20; // px
  const [TOP, AXIS] = [8, 26]; // px above and below the blocks
  const RIGHT = 16; // px at the right, for half of the last number
  const READABLE = { width: 7, height: 13 }; // px that a letter needs

  // Rows [first, last] that agree on the columns [from, to): from the left, each block is split where one of
  // its rows parts from the one above. `odd`: every other part of a split, a shade lighter than its neighbours.
  lab.chaosBlocks = (rows, lengths) => {
    const blocks = [];
    const split = (first, last, from, odd) => {
      const end = lengths[first];
      const inner = rows.slice(first + 1, last + 1).map(({ at }) => at ?? Infinity);
      const next = Math.min(...inner, Infinity);
      if (from < Math.min(next, end)) blocks.push({ first, last, from, to: Math.min(next, end), odd });
      if (next === Infinity) return;
      const starts = [first, ...inner.flatMap((at, i) => (at === next ? [first + 1 + i] : []))];
      starts.forEach((start, i) => split(start, (starts[i + 1] ?? last + 1) - 1, next, i % 2 === 1));
    };
    split(0, rows.length - 1, 0, false);
    return blocks;
  };

  const channels = (colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
  const mixed = (colour, ground, share) => {
    const [over, under] = [channels(colour), channels(ground)];
    return `rgb(${over.map((c, i) => Math.round(c * share + under[i] * (1 - share))).join(",")})`;
  };

  lab.chaosMap = ({ stops, memory, onPick }) => {
    const svg = document.createElementNS(SVG, "svg");
    const told = h("p", { class: "muted chaos-told" });
    const box = h("div", { class: "chaos-map", tabindex: "0", role: "group", "aria-label": "Overview: one line a temperature, one column a token; blocks agree up to there. Arrow keys move, Enter magnifies." }, svg);
    const node = h("div", {}, box, told);
    let picture = null;
    let cell = null; // {left, width, height, columns, tokens}
    let cursor = 0;

    const s = (tag, attributes, text = "") => {
      const made = document.createElementNS(SVG, tag);
      for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
      made.textContent = text;
      return made;
    };
    const name = (row) => picture.rows[row].t.toFixed(cell.decimals);

    const measure = () => {
      const decimals = lab.chaosDecimals(picture.rows);
      const left = 12 + 8 * picture.rows.at(-1).t.toFixed(decimals).length;
      const columns = Math.max(1, ...picture.rows.map(({ tokens }) => tokens.split("\u001f").length));
      const width = Math.max(1, (box.clientWidth - left - RIGHT) / columns);
      const height = Math.min(TALLEST, Math.max(2, HEIGHT / picture.rows.length));
      return { decimals, left, width: Math.min(width, 24), height, columns, tokens: picture.rows.map(({ tokens }) => (tokens === "" ? [] : tokens.split("\u001f"))) };
    };
    const top = (row) => TOP + row * cell.height;
    const block = ({ first, last, from, to, odd }, ground) => {
      const middle = (picture.rows[first].t + picture.rows[last].t) / 2;
      const box = { x: cell.left + from * cell.width, y: top(first), width: (to - from) * cell.width, height: (last - first + 1) * cell.height };
      const gap = box.height > 4 ? 1 : 0.4;
      const share = (lettered() ? 0.5 : 0.92) * (odd ? 0.8 : 1);
      return s("rect", { ...box, x: box.x + gap / 2, y: box.y + gap / 2, width: Math.max(box.width - gap, 0.5), height: box.height - gap, fill: mixed(lab.thermal(middle, stops), ground, share) });
    };
    const lettered = () => picture.columns && cell.width >= READABLE.width && cell.height >= READABLE.height;
    const letters = ({ first, last, from, to }) => {
      const xs = Array.from({ length: to - from }, (_, i) => cell.left + (from + i + 0.5) * cell.width);
      const text = cell.tokens[first].slice(from, to).map((token) => (token === " " ? "\u00a0" : token)).join("");
      return s("text", { class: "letters", x: xs.join(" "), y: top((first + last + 1) / 2) + 4.5, "text-anchor": "middle" }, text);
    };
    const labels = () => {
      const every = Math.ceil(16 / cell.height);
      const rows = picture.rows.map((_, row) => row).filter((row) => row % every === 0);
      return rows.map((row) => s("text", { class: "axis", x: cell.left - 8, y: top(row + 0.5) + 4.5, "text-anchor": "end" }, name(row)));
    };
    const ticks = () => {
      const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((n) => n * cell.width >= 44) ?? 1000;
      const numbers = [1, ...Array.from({ length: Math.floor(cell.columns / step) }, (_, i) => (i + 1) * step).filter((n) => n > 1)];
      return numbers.map((n) => s("text", { class: "axis", x: cell.left + (n - 0.5) * cell.width, y: top(picture.rows.length) + 18, "text-anchor": "middle" }, String(n)));
    };

    const draw = () => {
      if (!box.clientWidth) return;
      cell = measure();
      const size = { width: Math.round(cell.left + cell.columns * cell.width + RIGHT), height: Math.round(top(picture.rows.length) + AXIS) };
      for (const [key, value] of Object.entries(size)) svg.setAttribute(key, String(value));
      const ground = lab.ink("--lab-card");
      const blocks = lab.chaosBlocks(picture.rows, cell.tokens.map((tokens) => tokens.length));
      svg.replaceChildren(...blocks.map((one) => block(one, ground)), ...(lettered() ? blocks.map(letters) : []), ...labels(), ...ticks());
      node.dataset.blocks = String(blocks.length);
      mark();
    };
    // A frame around a row: the one that is magnified, and the one that the arrow keys have reached.
    const frame = (kind, row) => {
      svg.querySelector(`.${kind}`)?.remove();
      if (cell && row !== null) svg.append(s("rect", { class: kind, x: cell.left, y: top(row), width: cell.columns * cell.width, height: cell.height, fill: "none" }));
    };
    const mark = () => frame("picked", memory.row);

    // ---- what is under the pointer or the cursor
    const say = (row, column = null) => {
      const { at } = picture.rows[row];
      const where = column === null ? "" : ` · token ${column + 1} “${(cell.tokens[row][column] ?? "").trim() || "␣"}”`;
      const parts = row === 0 ? "the first row" : at === null ? "like the row above" : `parts from the row above at token ${at + 1}`;
      lab.setText(told, `T = ${name(row)}${where} · ${parts}`);
    };
    const place = ({ offsetX, offsetY }) => {
      const row = Math.floor((offsetY - TOP) / cell.height);
      const column = Math.floor((offsetX - cell.left) / cell.width);
      const there = row >= 0 && row < picture.rows.length;
      return there ? { row, column: column >= 0 && column < cell.tokens[row].length ? column : null } : null;
    };
    svg.addEventListener("pointermove", (event) => {
      const found = place(event);
      if (found) say(found.row, found.column);
    });
    svg.addEventListener("pointerleave", () => lab.setText(told, HINT));
    svg.addEventListener("click", (event) => {
      const found = place(event);
      if (found) onPick(found.row);
    });
    box.addEventListener("keydown", (event) => {
      const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Enter") onPick(cursor);
      if (!move) return;
      event.preventDefault();
      cursor = Math.min(Math.max(cursor + move, 0), picture.rows.length - 1);
      frame("reached", cursor);
      say(cursor);
    });
    box.addEventListener("blur", () => frame("reached", null));
    const HINT = "A block holds the rows that agree so far, in the colour of its middle temperature; it splits at the token where rows part.";
    lab.setText(told, HINT);
    new ResizeObserver(() => picture && draw()).observe(box);

    const update = (next) => {
      picture = next;
      cursor = Math.min(memory.row ?? 0, picture.rows.length - 1);
      draw();
    };
    return { node, svg, update, mark };
  };
})();
