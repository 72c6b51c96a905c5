// The texts of temperature chaos, a line a temperature: what is shared with the line above is dim.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const BETWEEN = "\u001f"; // see textgen/ui/chaos_view.py
  const RULER = 10; // tokens between two numbers above the columns

  const FEW = 2; // rows alike that are worth a fold

  // What a row shares with the one above, the token at which it parts, and the rest.
  lab.chaosParts = ({ tokens, at }, first) => {
    const all = tokens === "" ? [] : tokens.split(BETWEEN);
    if (first) return { shared: "", token: "", rest: all.join("") };
    if (at === null) return { shared: all.join(""), token: "", rest: "" };
    const token = all[at] ?? "";
    const gap = token.trim() ? token.length - token.trimStart().length : 0; // the space before a word parts nothing
    const shown = token.trim() ? token.slice(gap) : token.replaceAll(" ", "␣");
    return { shared: all.slice(0, at).join("") + " ".repeat(gap), token: shown, rest: all.slice(at + 1).join("") };
  };

  // The decimals that there are, if they are few, else as many as tell two rows apart, and one more.
  lab.chaosDecimals = (rows) => {
    const step = rows[1].t - rows[0].t;
    const there = Math.max(...rows.map(({ t }) => (String(t).split(".")[1] ?? "").length));
    const enough = Math.max(2, Math.ceil(-Math.log10(step)) + 1);
    return there <= enough + 1 ? there : enough;
  };

  // Rows as runs of one text: [{first, last}].
  lab.chaosRuns = (rows) => rows.reduce((runs, { at }, row) => {
    if (row > 0 && at === null) runs.at(-1).last = row;
    else runs.push({ first: row, last: row });
    return runs;
  }, []);

  lab.chaosRows = ({ stops, memory, onPick }) => {
    const ruler = h("div", { class: "chaos-line chaos-ruler", "aria-hidden": "true" });
    const body = h("div", { class: "chaos-body" });
    const box = h("div", { class: "chaos-box", role: "group", "aria-label": "The texts, one a temperature. Arrow keys move between them, Enter magnifies." }, ruler, body);
    let picture = null;

    const line = (row, decimals) => {
      const { t, at } = picture.rows[row];
      const { shared, token, rest } = lab.chaosParts(picture.rows[row], row === 0);
      const name = row === 0 ? "the first" : at === null ? "like the row above" : `parts at token ${at + 1}`;
      const button = h("button", { class: "chaos-t", type: "button", title: name, "aria-label": `T = ${t.toFixed(decimals)}: ${name}` },
        h("span", { text: t.toFixed(decimals) }), h("span", { class: "chaos-where", text: row === 0 ? "" : at === null ? "=" : String(at + 1) }));
      const text = h("span", { class: "chaos-text" }, h("span", { class: "shared", text: shared }), token && h("b", { text: token }), h("span", { class: "new", text: rest }));
      return h("div", { class: `chaos-line${row === 0 ? " first" : ""}`, "data-row": String(row), style: `--t:${lab.thermal(t, stops)}` }, button, text);
    };
    const folded = ({ first, last }, decimals) => {
      const open = memory.open.includes(first);
      const text = `${open ? "▾" : "▸"} ${last - first} rows alike, to T = ${picture.rows[last].t.toFixed(decimals)}`;
      return h("div", { class: "chaos-line alike" }, h("span", { class: "chaos-t" }), h("button", { class: "quiet", type: "button", text, "aria-expanded": String(open), onclick: () => toggle(first) }));
    };
    const toggle = (first) => {
      memory.open = memory.open.includes(first) ? memory.open.filter((other) => other !== first) : [...memory.open, first];
      draw();
      focus(body.querySelector(`[data-row="${first}"]`).nextElementSibling.querySelector("button"));
    };
    const linesOf = (run, decimals) => {
      const rest = Array.from({ length: run.last - run.first }, (_, i) => run.first + 1 + i);
      if (!memory.fold || rest.length < FEW) return [line(run.first, decimals), ...rest.map((row) => line(row, decimals))];
      return [line(run.first, decimals), folded(run, decimals), ...(memory.open.includes(run.first) ? rest.map((row) => line(row, decimals)) : [])];
    };

    const draw = () => {
      const decimals = lab.chaosDecimals(picture.rows);
      body.replaceChildren(...lab.chaosRuns(picture.rows).flatMap((run) => linesOf(run, decimals)));
      box.classList.toggle("columns", picture.columns);
      ruler.replaceChildren(h("span", { class: "chaos-t" }, h("span", { text: "T" }), h("span", { class: "chaos-where", text: "parts" })), h("span", { class: "chaos-text", text: picture.columns ? numbers(picture.request.length) : "" }));
      mark();
    };
    const numbers = (length) => ["1", ...Array.from({ length: Math.floor(length / RULER) }, (_, i) => String(RULER * (i + 1)))].reduce((text, number) => text.padEnd(number - 1) + number, "");
    const mark = () => {
      for (const node of body.querySelectorAll(".chaos-line[data-row]")) node.classList.toggle("picked", Number(node.dataset.row) === memory.row);
      const buttons = [...body.querySelectorAll("button")];
      const current = body.querySelector(".picked button") ?? buttons[0];
      for (const button of buttons) button.tabIndex = button === current ? 0 : -1;
    };

    // ---- one stop of the Tab key, arrows inside
    const focus = (button) => {
      for (const other of body.querySelectorAll("button[tabindex='0']")) other.tabIndex = -1;
      button.tabIndex = 0;
      button.focus();
    };
    const MOVES = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
    body.addEventListener("keydown", (event) => {
      const buttons = [...body.querySelectorAll("button")];
      const here = buttons.indexOf(event.target);
      if (!(event.key in MOVES) || here < 0) return;
      event.preventDefault();
      focus(buttons[Math.min(Math.max(here + MOVES[event.key], 0), buttons.length - 1)]);
    });
    body.addEventListener("click", ({ target }) => {
      const row = target.closest(".chaos-line")?.dataset.row;
      if (row !== undefined && window.getSelection().isCollapsed) onPick(Number(row));
    });

    const update = (next) => {
      picture = next;
      draw();
    };
    return { node: box, update, mark };
  };
})();
