// The numbers beside the bars: every token at every temperature, and two tokens against each other.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const STEP = 200; // rows added by "more"

  // columns: [{temperature, view}] → a table of rows tokens; a token's name is a button that picks it
  lab.numbersTable = ({ onPick }) => {
    const head = h("tr");
    const body = h("tbody");
    const more = h("button", { class: "quiet", type: "button", onclick: () => grow() });
    const card = h("section", { class: "card numbers" }, h("h3", { text: "Numbers" }),
      h("div", { class: "scroll" }, h("table", {}, h("thead", {}, head), body)), more);
    let shown = null;
    let latest = null;

    const grow = () => {
      shown = shown > 10 && shown >= latest.data.raw.length ? 10 : Math.min(latest.data.raw.length, shown + STEP);
      draw(latest.data, latest.columns);
    };

    const draw = (data, columns) => {
      head.replaceChildren(h("th", { scope: "col", text: "token" }), ...columns.map((column) => h("th", { scope: "col" },
        h("span", { class: "dot", style: `background:${column.colour}` }), `T=${lab.temperatureText(column.temperature)}${column.live ? " live" : ""}`)));
      body.replaceChildren(...data.order.slice(0, shown).map((id) => h("tr", {},
        h("th", { scope: "row" }, h("button", { class: "token", type: "button", text: data.labels[id], title: onPick.hint, "aria-label": `token ${data.labels[id]}: ${onPick.hint}`, onclick: () => onPick(id) })),
        ...columns.map(() => h("td")))));
      const all = data.raw.length;
      more.hidden = all <= 10;
      lab.setText(more, shown >= all ? "show 10" : `show ${Math.min(all, shown + STEP) === all ? `all ${all}` : `${STEP} more of ${all.toLocaleString("en")}`}`);
      fill(data, columns);
    };

    const fill = (data, columns) => {
      columns.forEach((column, c) => {
        if (head.children[c + 1]?.lastChild) lab.setText(head.children[c + 1].lastChild, `T=${lab.temperatureText(column.temperature)}${column.live ? " live" : ""}`);
        for (let r = 0; r < body.children.length; r++) {
          const id = data.order[r];
          const cell = body.children[r].children[c + 1];
          const p = column.view.probabilities[id];
          lab.setText(cell, p > 0 ? lab.finePercent(p) : column.view.removedBy[id] ? "removed" : "0%");
          cell.className = p > 0 ? "" : "gone";
        }
      });
    };

    const update = (data, columns) => {
      const same = latest && latest.data === data && latest.columns.length === columns.length;
      if (!latest || latest.data.labels !== data.labels) shown = Math.min(shown ?? 10, 10);
      latest = { data, columns };
      if (same) fill(data, columns);
      else draw(data, columns);
    };
    return { card, update };
  };

  // p(a)/p(b) at each temperature, and the law that connects them
  lab.ratioCard = () => {
    const selects = [h("select", { "aria-label": "first token" }), h("select", { "aria-label": "second token" })];
    const table = h("table");
    const law = h("p", { class: "law" });
    const note = h("p", { class: "muted" });
    const card = h("section", { class: "card ratio" },
      h("h3", {}, "Two tokens ", selects[0], " against ", selects[1]), law, h("div", { class: "scroll" }, table), note);
    let data = null;
    let temperatures = [];
    let picked = null; // the vocabulary from which somebody picked; until then it is the two likeliest
    const pick = () => { picked = data.labels; draw(); };
    for (const select of selects) select.addEventListener("change", pick);

    const update = (next, columns) => {
      temperatures = columns.map((column) => column.temperature);
      if (data !== next) fillSelects(next);
      data = next;
      draw();
    };

    const fillSelects = (next) => {
      const ids = next.order.slice(0, 500).filter((id, i) => i < 2 || next.raw[id] > -Infinity);
      selects.forEach((select, i) => {
        const wanted = picked === next.labels ? Number(select.value) : null;
        select.replaceChildren(...ids.map((id) => h("option", { value: String(id), text: next.labels[id] })));
        select.value = String(ids.includes(wanted) ? wanted : ids[Math.min(i, ids.length - 1)]);
      });
    };

    const draw = () => {
      const [a, b] = selects.map((select) => Number(select.value));
      const gap = data.raw[a] - data.raw[b];
      const one = Math.exp(gap);
      const at = (t) => (t === 0 ? (gap > 0 ? Infinity : gap < 0 ? 0 : 1) : Math.exp(gap / t));
      const cells = temperatures.map((t) => ({ t, ratio: at(t) }));
      table.replaceChildren(
        h("thead", {}, h("tr", {}, h("th", { text: "T" }), ...cells.map(({ t }) => h("th", { text: lab.temperatureText(t) })))),
        h("tbody", {}, h("tr", {}, h("th", { class: "token", text: `${data.labels[a]} : ${data.labels[b]}` }), ...cells.map(({ ratio }) => h("td", { class: "strong", text: ratioText(ratio) })))));
      const example = cells.find(({ t }) => t !== 1 && t !== 0);
      law.replaceChildren("ratio(T) = ratio(1)", h("sup", { text: "1/T" }), ...(example ? [`, here ${ratioText(one)}`, h("sup", { text: `1/${trim(example.t)}` }), ` = ${ratioText(example.ratio)}`] : []));
      lab.setText(note, "Temperature changes how far apart two tokens are, never their order. Truncation removes tokens; between two that stay the ratio is the same.");
      card.dataset.ratios = JSON.stringify(cells.map(({ ratio }) => ratio));
    };
    return { card, update };
  };

  const trim = (t) => String(Number(t.toFixed(2)));
  const ratioText = (r) => (r === Infinity ? "∞" : r >= 1e5 || (r < 1e-3 && r > 0) ? r.toExponential(1) : r >= 100 ? r.toFixed(0) : r >= 0.095 ? r.toFixed(1) : r.toFixed(3));
})();
