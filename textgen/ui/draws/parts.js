// What the Draws tab is made of: a panel a temperature, the distance chart, the table.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const WORDS = { greedy: "greedy", colder: "sharper", same: "as learned", hotter: "flatter" };
  const word = (t) => (t === 0 ? WORDS.greedy : t < 1 ? WORDS.colder : t === 1 ? WORDS.same : WORDS.hotter);
  const FEW = 12; // rows of the table at first

  // A figure made in Python, in the ink of the theme.
  lab.plotDraws = (div, figure) => {
    const ink = lab.ink("--lab-text");
    const data = figure.data.map((trace) => (trace.meta === "ink" ? { ...trace, marker: { ...trace.marker, color: ink } } : trace));
    return lab.plot(div, { data, layout: figure.layout });
  };

  // ---- a panel: panel = {temperature, live, distance, test, meaning, removed, figure}
  lab.drawsPanel = ({ stops, onTemperature, onRemove }) => {
    const number = h("input", { class: "panel-t", type: "number", min: "0", max: "100", step: "0.1", "aria-label": "Temperature of this panel" });
    number.addEventListener("change", () => {
      const { value } = number;
      number.blur();
      onTemperature(value);
    });
    const hint = h("span", { class: "panel-word" });
    const close = h("button", { class: "quiet", type: "button", title: "Remove this temperature", "aria-label": "Remove this temperature", text: "×", onclick: onRemove });
    const distance = h("b");
    const plot = h("div", { class: "panel-plot", role: "img" });
    const foot = h("div", { class: "panel-foot" });
    const test = h("b");
    const bins = h("span", { class: "muted" });
    const meaning = h("div", { class: "panel-foot" });
    const card = h("section", { class: "card panel draws-panel" },
      h("header", {}, h("label", { class: "panel-title" }, "T = ", number), h("span", { class: "grow" }), hint, close),
      h("div", { class: "panel-stats" }, h("span", { title: "Total variation: half the summed difference between drawn shares and probabilities" }, "distance to the truth ", distance)),
      plot, foot, h("div", { class: "draws-test" }, test, bins), meaning);

    const update = (panel, { rest, n, only }) => {
      card.style.setProperty("--t", lab.thermal(panel.temperature, stops));
      if (panel.live || document.activeElement !== number) number.value = lab.temperatureText(panel.temperature); // not under a typing hand
      number.readOnly = panel.live;
      close.hidden = only;
      card.classList.toggle("live", panel.live);
      lab.setText(hint, panel.live ? "live" : word(panel.temperature));
      lab.setText(distance, panel.distance);
      lab.setText(foot, footText(panel, rest, n));
      lab.setText(test, panel.test);
      lab.setText(bins, panel.bins);
      lab.setText(meaning, panel.meaning);
      card.dataset.counts = JSON.stringify(panel.figure.data[1].x);
      plot.setAttribute("aria-label", `Counts of ${n} draws at temperature ${panel.temperature}; the table below holds the numbers`);
      lab.plotDraws(plot, panel.figure);
    };
    const chart = () => ({ title: `T = ${number.value}`, line: `distance to the truth ${distance.textContent} · ${test.textContent}`, plot });
    return { card, chart, update };
  };

  const footText = (panel, rest, n) => [
    rest ? `… ${rest.toLocaleString("en")} more tokens in the last bar` : "every token has its bar",
    panel.removed ? `${panel.removed.toLocaleString("en")} removed by the stages` : "",
    n ? "" : "nothing drawn yet",
  ].filter(Boolean).join(" · ");

  // ---- the distance chart
  lab.distanceCard = () => {
    const key = h("div", { class: "draws-key" });
    const plot = h("div", { role: "img", "aria-label": "Distance to the truth against the number of draws, on logarithmic axes" });
    const card = h("section", { class: "card" }, h("h3", { text: "Distance to the truth" }), key, plot,
      h("p", { class: "muted", text: "Half the summed difference between the drawn shares and the probabilities (total variation): 0 is a perfect match, 1 nothing in common. It comes to shrink like 1/√N (dashed): ten times closer takes a hundred times the draws." }));
    const update = (figure, panels, stops) => {
      key.replaceChildren(...panels.map(({ temperature }) => h("span", {}, h("span", { class: "dot", style: `background:${lab.thermal(temperature, stops)}` }), `T = ${lab.temperatureText(temperature)}${temperature === 0 ? ": always 0" : ""}`)));
      lab.plotDraws(plot, figure);
    };
    return { card, plot, update };
  };

  // ---- the table: {at, page, pages, tokens, rows: [[token, probability, expected, drawn, off, kind]]}
  lab.drawsTable = ({ memory, stops, onAsk }) => {
    const choice = h("div", { class: "segments", role: "group", "aria-label": "Temperature of the table" });
    const body = h("tbody");
    const titles = ["token", "probability", "expected", "drawn", "off by"];
    const head = h("tr", {}, ...titles.map((text) => h("th", { scope: "col", text })));
    const more = h("button", { class: "quiet", type: "button", onclick: () => { memory.open = !memory.open; draw(); } });
    const back = h("button", { class: "quiet", type: "button", text: "‹ previous", onclick: () => onAsk({ page: memory.page - 1 }) });
    const next = h("button", { class: "quiet", type: "button", text: "next ›", onclick: () => onAsk({ page: memory.page + 1 }) });
    const where = h("span", { class: "muted" });
    const card = h("section", { class: "card numbers draws-numbers" }, h("h3", { text: "Numbers" }), choice,
      h("div", { class: "scroll" }, h("table", {}, h("thead", {}, head), body)),
      h("div", { class: "pager" }, more, h("span", { class: "grow" }), back, where, next));
    let table = null;

    const draw = () => {
      const rows = memory.open ? table.rows : table.rows.slice(0, FEW);
      while (body.children.length > rows.length) body.lastChild.remove();
      while (body.children.length < rows.length) body.append(h("tr", {}, h("th", { scope: "row", class: "token" }), ...titles.slice(1).map(() => h("td"))));
      rows.forEach(([token, ...cells], r) => {
        const [kind, texts] = [cells.pop(), [token, ...cells]];
        const line = body.children[r];
        if (line.className !== kind) line.className = kind;
        texts.forEach((text, c) => lab.setText(line.children[c], text));
        line.firstChild.title = token;
      });
      paintPager();
    };

    // Buttons stay while draws are added, or a click on one would be lost.
    const paintChoice = (temperatures) => {
      while (choice.children.length > temperatures.length) choice.lastChild.remove();
      while (choice.children.length < temperatures.length) {
        const k = choice.children.length;
        choice.append(h("button", { type: "button", onclick: () => onAsk({ at: k }) }, h("span", { class: "dot" }), h("span")));
      }
      temperatures.forEach((temperature, k) => {
        const [dot, name] = choice.children[k].children;
        choice.children[k].setAttribute("aria-pressed", String(k === table.at));
        dot.style.background = lab.thermal(temperature, stops);
        lab.setText(name, `T = ${lab.temperatureText(temperature)}`);
      });
    };

    const paintPager = () => {
      const first = table.page * 200;
      more.hidden = table.rows.length <= FEW;
      lab.setText(more, memory.open ? `show ${FEW}` : table.pages > 1 ? `show 200 of ${table.tokens.toLocaleString("en")}` : `show all ${table.tokens}`);
      for (const node of [back, next, where]) node.hidden = !memory.open || table.pages === 1;
      back.disabled = table.page === 0;
      next.disabled = table.page === table.pages - 1;
      lab.setText(where, `${(first + 1).toLocaleString("en")} to ${(first + table.rows.length).toLocaleString("en")}`);
    };

    const update = (value) => {
      table = value.table;
      Object.assign(memory, { at: table.at, page: table.page });
      paintChoice(value.panels.map(({ temperature }) => temperature));
      draw();
    };
    return { card, update };
  };
})();
