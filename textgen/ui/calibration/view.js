// The Calibration part: perplexity against temperature, of models beside each other and of a text of one's own.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;

  // Rows of cells → CSV.
  const quoted = (cell) => (/[",\n\r]/.test(String(cell)) ? `"${String(cell).replace(/"/g, '""')}"` : String(cell));
  lab.csvOf = (rows) => rows.map((row) => `${row.map(quoted).join(",")}\n`).join("");

  lab.factories.calibration = ({ root, trigger, props, memory }) => {
    const config = props.config;
    if (!memory.beside) Object.assign(memory, { beside: [], own: [], scale: "", text: "", serial: 0, request: null, told: "", latest: null, open: new Set() });
    let value = null;

    // ---- asking: two lines, since a text may take a while to be measured. Mounted again, Gradio hands over
    // the last answer once more: only an open question has one.
    const idle = () => (root.dataset.idle = String(!looking && !measuring));
    let looking = false;
    let measuring = false;
    const looks = lab.channel((event) => {
      memory.open.add((memory.serial += 1));
      trigger(event, { models: memory.beside, own: memory.own, scale: memory.scale, serial: memory.serial });
      return memory.serial;
    }, (free) => { looking = !free; idle(); });
    const measures = lab.channel((event) => {
      memory.open.add((memory.serial += 1));
      trigger(event, { text: memory.text, serial: memory.serial });
      return memory.serial;
    }, (free) => { measuring = !free; idle(); });

    // ---- the chart
    const title = h("h3", { text: "Does the model know how sure it is?" });
    const verdict = h("p", { class: "calibration-verdict", role: "status" });
    const facts = h("p", { class: "muted small" });
    const note = h("p", { class: "note", role: "status" });
    const scale = h("div", { class: "segments", role: "group", "aria-label": "What is shown" },
      ...config.scales.map(([name, text]) => h("button", { type: "button", text, "data-scale": name, onclick: () => { memory.scale = name; look(); } })));
    const key = h("div", { class: "calibration-key" });
    const plot = h("div", { class: "calibration-plot", role: "img", "aria-label": "Perplexity against temperature; the table below holds the numbers" });
    const beside = h("div", { class: "chips", role: "group", "aria-label": "Models beside it" });
    const choice = h("div", { class: "calibration-beside" }, h("span", { class: "muted small", text: "Beside it" }), beside);
    const head = h("tr");
    const body = h("tbody");
    const numbers = h("details", { class: "fold" }, h("summary", { text: "The numbers" }), h("div", { class: "scroll tall" }, h("table", {}, h("thead", {}, head), body)));
    const save = lab.saveMenu({
      request: () => memory.request ?? (value?.figure && {}),
      own: {
        csv: () => lab.download("perplexity.csv", "text/csv", lab.csvOf([["curve", "temperature", "nats", "perplexity"], ...value.curves.flatMap(points)])),
        json: () => lab.download("perplexity.json", "application/json", JSON.stringify(value.curves, null, 1)),
        get receipt() { return memory.request ? null : () => lab.toast("A receipt repeats a measurement of your own text: measure one first. The shipped curves are repeated by `evaluate`, as each model card says."); },
      },
      charts: () => [{ title: title.textContent, line: value.curves.map(({ label, best }) => `${label}: least at T = ${best}`).join(" · "), plot }],
      name: () => "perplexity",
      note: () => first()?.facts ?? "",
    });
    const chart = h("section", { class: "card" }, h("header", { class: "calibration-head" }, title, h("span", { class: "grow" }), save), verdict, facts, note, scale, key, plot, choice, numbers);

    // ---- a text of one's own
    const text = h("textarea", { class: "calibration-text", rows: "7", "aria-label": "Your own text", placeholder: "Paste a text that the model has not learned from", value: memory.text, spellcheck: false });
    text.value = memory.text;
    text.addEventListener("input", () => { memory.text = text.value; paintCount(); });
    const count = h("span", { class: "muted small" });
    const measure = h("button", { class: "button primary", type: "button", text: "Measure", title: "With the model of the sidebar", onclick: () => { measures.ask("measure"); wait(performance.now()); } });
    const status = h("p", { class: "calibration-status", role: "status" });
    const tools = h("div", { class: "calibration-row" }, measure, count);
    const own = h("section", { class: "card" }, h("h3", { text: "Your own text" }),
      h("p", { class: "muted small", text: "A text like the ones it learned from, another author, a letter of yours: where is its minimum? As a rule, the stranger the text, the further to the right." }),
      text, tools, status);

    const paintCount = () => {
      const n = memory.text.length;
      const over = n > config.most;
      lab.setText(count, `${n.toLocaleString("en")} of at most ${config.most.toLocaleString("en")} characters`);
      count.classList.toggle("over", over);
      measure.disabled = measuring || over || lab.modelChosen === config.numbers;
      if (!measuring) lab.setText(measure, "Measure");
    };
    // Words take longer than characters, and others may be before us: the seconds show that it goes on.
    const wait = (since) => {
      paintCount();
      if (!measuring || !root.isConnected) return;
      lab.setText(measure, `Measuring… ${Math.round((performance.now() - since) / 1000)} s`);
      setTimeout(wait, 1000, since);
    };

    // ---- painting
    const points = ({ label, temperatures, nats }) => temperatures.map((t, i) => [label, t, nats[i], Math.exp(nats[i])]);
    const first = () => value?.curves.find((curve) => curve.name === value.model);
    const sign = (curve, trace) => {
      const line = { solid: "solid", dash: "dashed", dot: "dotted" }[trace.line.dash];
      const colour = trace.meta ? "var(--lab-text)" : trace.line.color;
      const close = curve.own === null ? null : h("button", { class: "quiet", type: "button", text: "×", title: "Remove this text", "aria-label": `Remove ${curve.label}`, onclick: () => { memory.own = memory.own.filter((n) => n !== curve.own); look(); } });
      return h("span", {}, h("i", { style: `border-top-style:${line};border-top-color:${colour}` }), h("span", { text: curve.label }), h("b", { style: `--t:${lab.thermal(curve.best, config.stops)}`, text: `T = ${Number(curve.best.toFixed(3))}` }), close);
    };
    const chip = ({ name, title: text_ }) => {
      const on = memory.beside.includes(name);
      const button = h("button", { class: "chip", type: "button", text: text_, "aria-pressed": String(on), onclick: () => toggle(name, !on) });
      button.disabled = !on && memory.beside.length >= config.beside;
      return button;
    };
    const toggle = (name, on) => {
      memory.beside = on ? [...memory.beside, name] : memory.beside.filter((other) => other !== name);
      memory.scale = "";
      look();
    };
    const row = ({ t, cells }) => h("tr", { class: t === 1 ? "at" : "" }, h("th", { scope: "row", text: lab.temperatureText(t) }), ...cells.map(([text_, least]) => h("td", { class: least ? "strong" : "", text: least ? `${text_} ◂ least` : text_ })));

    const paint = () => {
      if (!value) return;
      lab.setText(verdict, first()?.verdict ?? "");
      lab.setText(facts, first()?.facts ?? "");
      lab.setText(note, value.note);
      for (const button of scale.children) button.setAttribute("aria-pressed", String(button.dataset.scale === value.scale));
      beside.replaceChildren(...value.models.filter(({ name }) => name !== value.model).map(chip));
      choice.hidden = !beside.children.length;
      const none = !value.curves.length;
      for (const node of [scale, key, plot, numbers]) node.hidden = none;
      if (none) return;
      key.replaceChildren(...value.curves.map((curve, i) => sign(curve, value.figure.data[i])));
      head.replaceChildren(h("th", { scope: "col", text: "T" }), ...value.curves.map((curve) => h("th", { scope: "col", text: curve.label })));
      body.replaceChildren(...value.table.map(row));
      draw();
    };
    const draw = () => {
      if (!value?.figure || !visible()) return;
      const ink = lab.ink("--lab-text");
      const figure = structuredClone(value.figure);
      for (const trace of figure.data) {
        if (trace.meta === "ink") trace.line.color = ink;
        if (trace.marker) Object.assign(trace.marker.line, { color: lab.ink("--lab-card") });
      }
      lab.plot(plot, figure);
    };
    const visible = () => root.isConnected && root.checkVisibility();

    // ---- answers
    const receive = (next) => {
      if (!memory.open.delete(next.serial)) return;
      looks.answered(next.serial);
      measures.answered(next.serial);
      if (next.problem) refuse(next.problem);
      else if (next.measured !== undefined) accept(next);
      else show(next);
      paintCount();
      root.dataset.updates = String(Number(root.dataset.updates ?? 0) + 1);
    };
    const show = (next) => {
      value = next;
      memory.own = next.own;
      const latest = next.curves.find((curve) => curve.own !== null && curve.own === memory.latest);
      if (latest) memory.told = `${latest.label}: ${latest.verdict} ${latest.facts}`;
      lab.setText(status, memory.told);
      root.dataset.curves = String(next.curves.length);
      root.dataset.model = next.model;
      paint();
    };
    const accept = (next) => {
      memory.own = [...memory.own, next.measured].slice(-config.own);
      Object.assign(memory, { latest: next.measured, request: next.request, scale: "" });
      look();
    };
    const refuse = (sentence) => {
      root.dataset.problem = sentence;
      lab.toast(sentence);
    };

    // ---- the sidebar: while another tab is open the server is not asked, but when this one opens again
    const look = lab.whenSeen(root, () => looks.ask("look"), draw);
    memory.part = {
      changed: () => { memory.beside = memory.beside.filter((name) => name !== lab.modelChosen); look(); },
      failed: () => {
        lab.toast("The server gave no answer: the connection is lost, or it is being started again.");
        if (measuring) measures.failed();
        if (looking) looks.failed();
        paintCount();
      },
    };
    lab.calibrationChanged = () => memory.part.changed();
    lab.calibrationFailed = () => memory.part.failed();
    lab.onTheme(draw);

    root.replaceChildren(h("div", { class: "calibration-all" }, chart, h("div", { class: "calibration-side" }, own, help())));
    paintCount();
    look();
    return receive;
  };

  const help = () => h("section", { class: "card calibration-help" }, h("h3", { text: "How to read it" }),
    h("p", { text: "Perplexity is the number of equally likely tokens among which the model seems to choose at each step of a text that it did not learn from. Lower is better." }),
    h("dl", {},
      h("dt", { text: "Minimum at T = 1" }), h("dd", { text: "As far as one number can tell, the model knows how sure it is: of what it holds for 30% likely, about 30 of 100 come." }),
      h("dt", { text: "Minimum above 1" }), h("dd", { text: "It is too sure of itself, as after reading its text too often. Flatter predicts better." }),
      h("dt", { text: "Minimum below 1" }), h("dd", { text: "It is not sure enough. Sharper predicts better." })),
    h("p", { class: "muted small", text: "A token is a character for some models and a word for others: their perplexities do not compare, but the places of their minima do. The temperature that predicts best is not the one that writes best: people often prefer texts from below T = 1. After Guo et al. 2017, “On calibration of modern neural networks”." }));
})();
