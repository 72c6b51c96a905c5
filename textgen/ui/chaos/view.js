// The Experiments tab: temperature chaos. One seed writes at every temperature of a fine grid.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const ENDINGS = 2; // Gradio 6.31 calls a stopped request a failure, twice
  const SETTLED_AFTER = 2000; // ms, should it say so less often
  const FIELDS = [["low", "From T", "decimal"], ["high", "to T", "decimal"], ["rows", "Rows", "numeric"], ["length", "Tokens", "numeric"]];
  const AFTER = 61; // tokens of a text that the magnifier reads after a parting

  // What was typed, as a number where it is one: the server names what is wrong with anything else.
  lab.chaosNumber = (text) => {
    const plain = text.replace(/[,_\s]/g, "");
    return plain !== "" && Number.isFinite(Number(plain)) ? Number(plain) : text;
  };

  lab.factories.chaos = ({ root, trigger, props, memory }) => {
    const config = props.config;
    if (!memory.form) Object.assign(memory, { form: Object.fromEntries(Object.entries(config.form).map(([name, value]) => [name, String(value)])), picture: null, magnified: null, row: null, view: "text", fold: true, open: [], zooms: [], serial: 0, pending: null, looking: null, owed: 0, source: null });
    const { stops } = config;

    // ---- controls
    const inputs = Object.fromEntries(FIELDS.map(([name, label, mode]) => [name, h("input", { class: "chaos-number", type: "text", inputmode: mode, maxlength: "40", value: memory.form[name], "aria-label": label })]));
    for (const [name, input] of Object.entries(inputs)) {
      input.addEventListener("input", () => { memory.form[name] = input.value; paintSize(); });
      input.addEventListener("keydown", ({ key }) => key === "Enter" && !write.disabled && write.click());
    }
    const fields = FIELDS.map(([name, label]) => h("label", {}, `${label} `, inputs[name]));
    const write = h("button", { class: "button primary", type: "button", text: "Write", title: "With the sidebar's model, context, seed and stages", onclick: () => ask({ ...formValues() }) });
    const stop = h("button", { class: "button", type: "button", text: "■ Stop", title: "Keep the picture that there was", onclick: () => halt() });
    const bar = h("progress", { class: "chaos-progress", max: "1", "aria-label": "Share that is written" });
    const status = h("span", { class: "chaos-status", role: "status" });
    const size = h("p", { class: "muted chaos-size" });
    const note = h("p", { class: "note", role: "status" });
    const facts = h("p", { class: "chaos-facts" });
    const summary = h("p", { class: "chaos-summary" });
    const back = h("button", { class: "button", type: "button", onclick: () => zoomOut() });
    const fold = h("button", { class: "chip", type: "button", text: "Fold rows that are alike", onclick: () => { memory.fold = !memory.fold; paintPicture(); } });
    const views = [["text", "Texts"], ["map", "Overview"]].map(([name, title]) => h("button", { type: "button", text: title, "data-view": name, onclick: () => { memory.view = name; paintPicture(); } }));

    // ---- parts
    const rows = lab.chaosRows({ stops, memory, onPick: (row) => pick(row) });
    const map = lab.chaosMap({ stops, memory, onPick: (row) => pick(row) });
    const magnifier = lab.chaosMagnifier({ stops, onPair: (low, high) => magnify(low, high), onZoom: (low, high) => zoomIn(low, high) });
    const plot = h("div", { role: "img", "aria-label": "The first token at which each row parts from the one above, against its temperature; the rows hold the same numbers" });
    const legend = h("div", { class: "chaos-legend" }, h("span", {}, h("span", { class: "shared", text: "shared" }), " with the row above"), h("span", {}, h("b", { text: "parting" }), " token, and what follows"));
    const save = lab.saveMenu({
      request: () => memory.picture?.request,
      charts: () => [{ title: "First token at which each text parts from the one above", plot }, ...(memory.view === "map" ? [{ title: "Texts that agree, in the colour of their temperature", svg: map.svg }] : []), ...(memory.magnified?.figure ? [{ title: "Scores against temperature", plot: magnifier.plot }] : [])],
      name: () => `chaos-seed-${memory.picture.request.seed}`,
      note: () => facts.textContent,
    });

    // ---- asking
    const send = (event, data) => {
      memory.serial += 1;
      trigger(event, { ...data, serial: memory.serial });
      return memory.serial;
    };
    const formValues = () => Object.fromEntries(Object.entries(memory.form).map(([name, text]) => [name, lab.chaosNumber(text)]));
    // `record`: the picture that is zoomed; without one the sidebar says what is written.
    const ask = (data, { record = null, quiet = false, zooms = [] } = {}) => {
      if (memory.pending || memory.owed) return;
      memory.pending = { serial: send("write", { ...data, record }), quiet, zooms, started: performance.now() };
      memory.asked = keyOf();
      bar.removeAttribute("value");
      paintControls();
    };
    const halt = () => {
      if (!memory.pending) return;
      memory.pending = null;
      memory.owed = ENDINGS;
      setTimeout(settled, SETTLED_AFTER);
      trigger("stop", {});
      tell("Stopped: nothing was changed.");
      paintControls();
    };
    const settled = () => {
      memory.owed = 0;
      memory.paint?.();
    };
    const range = (low, high) => ({ low, high, rows: memory.picture.rows.length, length: memory.picture.request.length });
    const zoomIn = (low, high) => {
      if (!memory.picture) return;
      const { temperatures } = memory.picture.request;
      ask(range(low, high), { record: memory.picture.request, zooms: [...memory.zooms, [temperatures[0], temperatures.at(-1)]] });
    };
    const zoomOut = () => ask(range(...memory.zooms.at(-1)), { record: memory.picture.request, zooms: memory.zooms.slice(0, -1) });
    const pick = (row, { scroll = true } = {}) => {
      if (row < 1) return;
      memory.row = row;
      for (const view of [rows, map]) view.mark();
      const [above, here] = [memory.picture.rows[row - 1], memory.picture.rows[row]];
      magnify(above.t, here.t, { scroll, length: here.at === null ? undefined : Math.min(here.at + AFTER, memory.picture.request.length) });
    };
    const magnify = (low, high, { scroll = false, length } = {}) => {
      if (!memory.picture) return;
      const record = memory.picture.request;
      memory.looking = { serial: send("magnify", { low, high, length: length ?? record.length, record }), scroll };
      root.dataset.looking = "true";
    };

    // ---- answers
    const receive = (value) => {
      if (value.event === "write" && value.serial === memory.pending?.serial) written(value);
      if (value.event === "magnify" && value.serial === memory.looking?.serial) looked(value);
    };
    const written = ({ done, picture, problem }) => {
      if (done !== undefined) {
        bar.value = done;
        return;
      }
      const { quiet, zooms, started } = memory.pending;
      memory.pending = null;
      if (problem) refuse(problem, quiet);
      else accept(JSON.parse(picture), zooms, (performance.now() - started) / 1000);
      paintControls();
    };
    const refuse = (problem, quiet) => {
      root.dataset.problem = problem;
      if (quiet) tell(problem);
      else lab.toast(problem);
    };
    const accept = (picture, zooms, seconds) => {
      const { temperatures, length } = picture.request;
      Object.assign(memory, { picture, zooms, magnified: null, row: null, open: [] });
      Object.assign(memory.form, { low: String(temperatures[0]), high: String(temperatures.at(-1)), rows: String(temperatures.length), length: String(length) });
      for (const [name, input] of Object.entries(inputs)) input.value = memory.form[name];
      lab.setText(status, `${(temperatures.length * length).toLocaleString("en")} tokens in ${seconds.toFixed(1)} s`);
      tell(picture.note);
      paint();
      const first = picture.rows.findIndex(({ at }) => at !== null);
      if (first > 0) pick(first, { scroll: false });
      root.dataset.updates = String(Number(root.dataset.updates ?? 0) + 1);
    };
    const looked = ({ magnified, problem }) => {
      const { scroll } = memory.looking;
      memory.looking = null;
      root.dataset.looking = "false";
      if (problem) return refuse(problem, false);
      memory.magnified = JSON.parse(magnified);
      magnifier.update(memory.magnified);
      root.dataset.looks = String(Number(root.dataset.looks ?? 0) + 1);
      if (scroll) magnifier.card.scrollIntoView({ block: "nearest", behavior: "smooth" });
    };
    // A stopped request ends here, and one that the server could not answer.
    const ended = () => {
      if (memory.owed) return --memory.owed || settled();
      if (!memory.pending && !memory.looking) return;
      Object.assign(memory, { pending: null, looking: null });
      refuse("The server gave no answer: the connection may be lost. Try again.", false);
      paintControls();
    };

    // ---- painting
    const tell = (text) => {
      lab.setText(note, text);
      root.dataset.note = text;
    };
    const visible = () => root.isConnected && root.checkVisibility();
    let missed = true;
    const paint = () => {
      paintControls();
      if (!visible()) return (missed = true);
      paintPicture();
      magnifier.update(memory.magnified);
    };
    const paintPicture = () => {
      const { picture } = memory;
      for (const node of [work, pair]) node.hidden = !picture;
      if (!picture) return;
      lab.setText(facts, factsText(picture.request));
      summary.replaceChildren(...picture.summary.map((sentence, i) => h("span", { class: i === picture.summary.length - 1 ? "muted" : "", text: `${sentence} ` })));
      for (const button of views) button.setAttribute("aria-pressed", String(button.dataset.view === memory.view));
      fold.setAttribute("aria-pressed", String(memory.fold));
      for (const node of [fold, legend, rows.node]) node.hidden = memory.view !== "text";
      map.node.hidden = memory.view !== "map";
      if (memory.view === "text") rows.update(picture);
      else map.update(picture);
      lab.plot(plot, picture.figure);
      if (!plot.dataset.heard) listen();
    };
    const listen = () => {
      plot.dataset.heard = "true";
      plot.on("plotly_click", ({ points }) => pick(points[0].customdata));
    };
    const factsText = ({ model, prompt, seed, temperatures, length, settings }) => {
      const stages = lab.activeStages(settings, config.neutral).map((name) => lab.settingText(name, settings[name]));
      const context = prompt === "" ? "from the start of a text" : `after “${prompt.length > 48 ? "…" : ""}${prompt.slice(-48).replaceAll("\n", "⏎")}”`;
      return [`${model} ${context}`, `seed ${seed}`, `${temperatures.length} temperatures × ${length} tokens`, ...stages].join(" · ");
    };
    const paintControls = () => {
      const busy = !!memory.pending;
      root.dataset.running = String(busy);
      write.disabled = busy || memory.owed > 0;
      stop.hidden = bar.hidden = !busy;
      lab.setText(write, busy ? "Writing…" : memory.owed ? "Stopping…" : "Write");
      if (busy) lab.setText(status, "");
      const wider = memory.zooms.at(-1);
      back.hidden = !wider;
      back.disabled = write.disabled;
      if (wider) lab.setText(back, `Zoom out to ${wider.join(" – ")}`);
      paintSize();
    };
    const paintSize = () => {
      const [many, length] = [memory.form.rows, memory.form.length].map(lab.chaosNumber);
      const product = Number.isInteger(many) && Number.isInteger(length) ? `${many.toLocaleString("en")} × ${length.toLocaleString("en")} = ${(many * length).toLocaleString("en")} tokens; ` : "";
      lab.setText(size, `${product}at most ${config.limit.toLocaleString("en")} a picture on this server. Model, context, seed and further stages are the sidebar's; its temperature does not count here.`);
    };

    // ---- the sidebar: a picture stays what it is, the page says that it is another's; without one it tries anew
    const keyOf = () => JSON.stringify([memory.source ?? lab.source ?? null, { ...lab.settings, temperature: 1 }]);
    const compare = () => {
      if (memory.pending || memory.asked === keyOf()) return;
      if (memory.picture) tell("The sidebar has changed since: Write makes a picture of it.");
      else if (visible()) ask(formValues(), { quiet: true });
      else missed = true;
    };
    lab.chaosSidebar = (model, context, seed, locked) => {
      memory.source = { model, context: context ?? "", ...(locked ? { seed } : {}), locked };
      memory.compare?.();
    };
    lab.chaosEnded = () => memory.ended?.();
    lab.onSettled(compare);
    lab.onTheme(() => memory.picture && paint());
    Object.assign(memory, { compare, ended, paint: paintControls });

    const work = h("section", { class: "card chaos-picture" },
      h("div", { class: "chaos-head" }, h("div", { class: "grow" }, facts, summary), back, save),
      h("div", { class: "chaos-views" }, h("div", { class: "segments", role: "group", "aria-label": "How the texts are shown" }, ...views), fold, h("span", { class: "grow" }), legend),
      rows.node, map.node);
    const pair = h("div", { class: "chaos-pair" },
      h("section", { class: "card chaos-parts" }, h("h3", { text: "Where each text parts from the one above" }), plot, h("p", { class: "muted", text: "Low points part early. A point or a row opens the magnifier." })),
      magnifier.race, magnifier.card);
    root.replaceChildren(
      h("section", { class: "card chaos-controls" },
        h("p", { class: "chaos-lead", text: "How small a change of temperature makes another text, all randomness equal? Each row is written with the same luck at a slightly higher temperature; where it parts from the row above, temperature alone parted them." }),
        h("div", { class: "chaos-form" }, ...fields, write, stop, bar, status), size),
      note, work, pair);
    new IntersectionObserver(() => {
      if (!missed || !visible()) return;
      missed = false;
      paint();
      if (!memory.picture && !memory.pending) ask(formValues(), { quiet: true });
    }).observe(root);
    paintControls();
    paintPicture();
    return receive;
  };
})();
