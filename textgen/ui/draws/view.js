// The Draws tab: its controls, one request at a time, and the loop that keeps adding.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const QUICK = [1, 10, 100, 1000, 10000, 100000, 1000000];

  lab.factories.draws = ({ root, trigger, props, memory }) => {
    const config = props.config;
    if (!memory.temperatures) Object.assign(memory, { temperatures: config.temperatures, n: String(config.draws), good: config.draws, at: config.at, page: 0, open: false, serial: 0, shown: lab.drawsShown() });
    let value = null;
    let panels = [];
    let running = false;
    let started = 0;
    let toast = null;

    // ---- asking
    const line = lab.channel((event, changes) => {
      memory.serial += 1;
      const n = event === "look" ? memory.good : typed();
      settingsKey = keyOf(lab.settings);
      trigger(event, { temperatures: memory.temperatures, n, at: memory.at, page: memory.page, shown: memory.shown, serial: memory.serial, ...changes });
      return memory.serial;
    }, (idle) => (root.dataset.idle = String(idle)));
    const typed = () => {
      const text = memory.n.replace(/[,_\s]/g, "");
      return text !== "" && Number.isFinite(Number(text)) ? Number(text) : memory.n;
    };
    const look = (changes) => line.ask("look", changes);

    // ---- controls
    const number = h("input", { class: "draws-n", type: "text", inputmode: "numeric", value: memory.n, "aria-label": "Number of draws", maxlength: "40" });
    number.addEventListener("input", () => setN(number.value));
    const chips = QUICK.map((n) => h("button", { class: "chip", type: "button", text: n.toLocaleString("en"), "aria-pressed": "false", onclick: () => setN((number.value = n.toLocaleString("en"))) }));
    const fresh = h("button", { class: "button primary", type: "button", text: "Draw", title: "Start again from none", onclick: () => line.ask("draw") });
    const more = h("button", { class: "button", type: "button", title: "Add to the counts", onclick: () => line.ask("more") });
    const keep = h("button", { class: "button", type: "button", title: "Add again and again, live", onclick: () => (running ? stop() : run()) });
    const example = h("button", { class: "button", type: "button", text: "100 draws at T = 2", title: "One temperature, one hundred draws", onclick: () => {
      stop();
      setN((number.value = "100"));
      line.ask("draw", { temperatures: [2], at: 0 });
    } });
    const add = h("button", { class: "button", type: "button", text: "+ Temperature", title: "Six at most", onclick: () => addTemperature() });
    const follow = h("button", { class: "button", type: "button", text: "Follow the slider", title: "A panel at the temperature of the sidebar's slider", onclick: () => followSlider() });
    const save = lab.saveMenu({
      request: () => value?.request,
      charts: () => [...panels.map((panel) => panel.chart()), { title: "Distance between the drawn shares and the probabilities", plot: distance.plot }],
      name: () => `draws-seed-${value.seed}`,
      note: () => `${value.n.toLocaleString("en")} draws at each temperature · seed ${value.seed} · ${value.request.model ?? "typed-in numbers"}`,
    });
    const status = h("span", { class: "draws-status", role: "status" });
    const note = h("p", { class: "note", role: "status" });
    const removed = h("span", {}, h("s", { class: "token", text: "token" }), " removed by a stage");
    const grid = h("div", { class: "panels" });
    const table = lab.drawsTable({ memory, stops: config.stops, onAsk: look });
    const distance = lab.distanceCard();

    const setN = (text) => {
      memory.n = text;
      const n = typed();
      const good = Number.isInteger(n) && n >= 1 && n <= config.limit;
      if (good) memory.good = n;
      lab.setText(more, good ? `Add ${n.toLocaleString("en")} more` : "Add more");
      chips.forEach((chip, i) => chip.setAttribute("aria-pressed", String(QUICK[i] === n)));
      if (good && value && !value.n) look(); // the bands stand for the draws to come
    };

    // ---- temperatures: what the server accepted comes back with the answer
    const withSlider = () => memory.temperatures.includes(config.slider);
    const addTemperature = () => {
      const next = [1, 2, 0.5, 1.5, 0.2, 3, 0.8, 0].find((t) => !memory.temperatures.includes(t));
      const fixed = memory.temperatures.filter((t) => t !== config.slider);
      look({ temperatures: [...fixed, next, ...(withSlider() ? [config.slider] : [])] });
    };
    const followSlider = () => look({ temperatures: withSlider() ? memory.temperatures.filter((t) => t !== config.slider) : [...memory.temperatures, config.slider] });
    const change = (k, text) => {
      const t = text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
      look({ temperatures: memory.temperatures.map((old, i) => (i === k ? t : old)) });
    };
    const remove = (k) => look({ temperatures: memory.temperatures.filter((_, i) => i !== k) });

    // ---- adding until stopped
    const run = () => {
      running = true;
      paintControls();
      step();
    };
    const step = () => {
      if (!running || !visible()) return stop();
      started = performance.now();
      line.ask("more");
    };
    const stop = () => {
      running = false;
      paintControls();
    };
    const goOn = () => (value.full ? stop() : setTimeout(step, Math.max(0, config.tick - (performance.now() - started))));

    // ---- showing
    const buildPanels = (count) => {
      panels = Array.from({ length: count }, (_, k) => lab.drawsPanel({ stops: config.stops, onTemperature: (text) => change(k, text), onRemove: () => remove(k) }));
      grid.classList.toggle("many", count > 4);
      grid.replaceChildren(...panels.map((panel) => panel.card));
    };
    const paint = () => {
      if (!value) return;
      if (panels.length !== value.panels.length) buildPanels(value.panels.length);
      const facts = { rest: value.rest, n: value.n, only: value.panels.length === 1 };
      value.panels.forEach((panel, k) => panels[k].update(panel, facts));
      removed.hidden = value.panels.every((panel) => !panel.removed);
      distance.update(value.distance, value.panels, config.stops);
      table.update(value);
    };
    const paintControls = () => {
      lab.setText(keep, running ? "■ Stop" : "▶ Keep adding");
      keep.setAttribute("aria-pressed", String(running));
      for (const button of [fresh, more, example]) button.disabled = running;
      root.dataset.running = String(running);
      if (!value) return;
      add.disabled = memory.temperatures.length >= config.most;
      follow.disabled = add.disabled && !withSlider();
      follow.setAttribute("aria-pressed", String(withSlider()));
      const each = value.panels.length > 1 ? " at each temperature" : "";
      lab.setText(status, value.n ? `${value.n.toLocaleString("en")} ${value.n === 1 ? "draw" : "draws"}${each} · seed ${value.seed}` : "nothing drawn yet: the shades show what to expect");
    };
    const tell = (text) => {
      lab.setText(note, text);
      root.dataset.note = text;
    };

    const receive = (next) => {
      const event = line.answered(next.serial);
      if (next.panels) accept(next);
      else refuse(next);
      paintControls();
      Object.assign(root.dataset, { n: String(memory.shown), serial: String(next.serial), updates: String(Number(root.dataset.updates ?? 0) + 1) });
      if (event === "more" && running) goOn();
    };
    // The sidebar's mistake is a sentence here; that of the tab's own controls is told at once.
    const refuse = ({ note: sentence, problem }) => {
      running = false;
      if (sentence) {
        root.classList.add("stale");
        return tell(sentence);
      }
      root.dataset.problem = problem;
      toast = lab.toast(problem);
      repaint(); // a refused temperature gives way to the one that is shown
    };
    const accept = (next) => {
      value = next;
      Object.assign(memory, { temperatures: next.temperatures, shown: next.n });
      root.classList.remove("stale");
      toast?.remove();
      lab.rememberDraws(next.n);
      tell(next.note);
      repaint();
    };
    const fail = () => {
      stop();
      toast = lab.toast("The server gave no answer: a value in the sidebar may be out of its range, or the connection is lost.");
      repaint();
      line.failed();
      root.dataset.failures = String(Number(root.dataset.failures ?? 0) + 1);
    };

    // ---- the sidebar: while another tab is open the server is not asked, but when this one opens again
    let settingsKey = null;
    let missed = false;
    const keyOf = (settings) => JSON.stringify(withSlider() ? settings : { ...settings, temperature: 1 });
    const visible = () => root.isConnected && root.checkVisibility();
    // A number that is being typed may be out of range until its box is left.
    const inBounds = (settings) => Object.entries(config.bounds).every(([name, [low, high]]) => settings[name] >= low && settings[name] <= high);
    const repaint = () => (visible() ? paint() : (missed = true)); // a hidden chart has no width
    const changed = () => (visible() ? look() : (missed = true));
    new IntersectionObserver(() => {
      if (!missed || !visible()) return;
      missed = false;
      look();
    }).observe(root);
    memory.tab = {
      fail,
      source: changed,
      settings: (settings) => inBounds(settings) && keyOf(settings) !== settingsKey && changed(),
      theme: repaint,
    };
    listen(memory);

    root.replaceChildren(
      h("section", { class: "card draws-controls" },
        h("div", { class: "draws-row" }, h("label", { class: "draws-label" }, "Draws ", number), h("div", { class: "chips" }, ...chips), h("span", { class: "grow" }), status),
        h("div", { class: "draws-row actions" }, fresh, more, keep, example, h("span", { class: "grow" }), follow, add, save)),
      note,
      h("div", { class: "draws-legend" },
        h("span", {}, h("i", { class: "bar" }), "drawn"), h("span", {}, h("i", { class: "mark" }), "expected"), h("span", {}, h("i", { class: "shade" }), "±2σ: about 95 of 100 runs end in it"), removed,
        h("span", { class: "muted", text: "Counts need not equal probabilities: in 100 draws a 45% token can come 35 to 55 times." })),
      grid,
      h("div", { class: "pair" }, table.card, h("div", { class: "draws-side" }, distance.card, chanceCard())));
    setN(memory.n);
    paintControls();
    look();
    return receive;
  };

  const chanceCard = () => h("section", { class: "card" }, h("h3", { text: "Is it chance? The chi-squared test" }),
    h("p", { text: "p is the share of fair runs whose counts would stray at least as far from the expected ones as these did." }),
    h("p", { class: "muted", text: "A small p makes one look twice, yet one fair run in 20 falls below 0.05, and who watches while draws are added will see it dip there sooner or later. A large p does not make the model right: the test asks only whether these counts fit these probabilities. Rare tokens are pooled until every bin expects 5 draws." }));

  const listen = (memory) => {
    lab.onSettled((settings) => memory.tab.settings(settings));
    lab.onTheme(() => memory.tab.theme());
    lab.drawsFailed = () => memory.tab.fail();
    lab.drawsSourceChanged = () => memory.tab.source();
  };
})();
