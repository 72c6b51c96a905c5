// The Next token tab: the context with its open place, a panel a temperature, the numbers.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const SWEEP = { from: 0.1, to: 3, seconds: 6 }; // one way

  lab.factories.next_token = ({ root, trigger, props, memory }) => {
    const config = props.config;
    memory.temperatures ??= [0.5, 1, 2];
    memory.zoom ??= false;
    lab.orders ??= config.orders;
    if (!lab.settings) lab.setSettings(config.settings);
    let data = null;
    let panels = [];
    let sweeping = null;

    // ---- the strip
    const tokens = h("div", { class: "tokens", "aria-live": "polite" });
    const back = h("button", { class: "button", type: "button", text: "↶ Back", title: "Take the last token away", onclick: () => data.numbers ? drop() : trigger("back", {}) });
    const sweep = h("button", { class: "button", type: "button", text: "▶ Sweep T", title: "Move the live temperature from 0.1 to 3 and back", onclick: () => (sweeping ? stopSweep() : startSweep()) });
    const sample = h("button", { class: "button primary", type: "button", text: "Sample one", title: "Draw one token from the live panel's distribution", onclick: () => trigger("sample", { step: data.sampled, drawn: data.drawn ?? [] }) });
    const save = lab.saveMenu({
      request: () => data && { kind: "distribution", ...data.source, panels: panels.map(settingsAt) },
      charts: () => panels.map((panel) => panel.chart()),
      name: () => `next-token-${data.model || "own-numbers"}`,
      note: () => `after ${JSON.stringify(data.numbers ? "your own numbers" : data.context.slice(-80))} · ${data.model || "typed-in numbers"}`,
    });
    const note = h("p", { class: "note", role: "status" });
    const grid = h("div", { class: "panels" });
    const add = h("button", { class: "button", type: "button", text: "+ Temperature", title: "Add a panel (six at most)", onclick: () => addPanel() });
    const zoom = h("button", { class: "button", type: "button", text: "Zoom bars", "aria-pressed": "false", title: "Stretch all bars by the same factor", onclick: () => { memory.zoom = !memory.zoom; draw(true); } });
    const pick = (id) => (data.numbers ? join(id) : trigger("append", { id }));
    pick.hint = "put it into the context";
    const numbers = lab.numbersTable({ onPick: pick });
    const ratio = lab.ratioCard();
    const pipeline = lab.pipelineCard({
      reorder: (order) => { lab.setSettings({ order }); trigger("reorder", {}); },
    });
    root.replaceChildren(
      h("section", { class: "card strip" }, tokens, h("div", { class: "actions" }, back, sweep, zoom, add, save, sample)),
      note, grid, pipeline.card, h("div", { class: "pair" }, numbers.card, ratio.card));

    // ---- panels
    const clean = (text) => {
      const t = Number(text);
      return text !== "" && Number.isFinite(t) && (t === 0 || t >= 0.01) && t <= config.max ? t : null;
    };
    const complain = (text) => lab.setText(note, `A panel's temperature must be 0 or from 0.01 to ${config.max}, got ${text || "nothing"}; 0 is greedy.`);

    const buildPanels = () => {
      panels = memory.temperatures.map((temperature, i) => lab.panel({
        config, live: false, temperature, onPick: pick,
        onTemperature: (input) => {
          const t = clean(input.value);
          if (t === null) return complain(input.value);
          memory.temperatures[i] = t;
          panels[i].temperature = t;
          if (input.type === "number") input.blur();
          draw();
        },
        onRemove: memory.temperatures.length > 1 ? () => { memory.temperatures.splice(i, 1); buildPanels(); draw(); } : null,
      }));
      panels.push(lab.panel({ config, live: true, temperature: null, onPick: pick, onTemperature: (input) => {
        const t = clean(input.value);
        if (t === null) return complain(input.value);
        stopSweep();
        lab.setSettings({ temperature: t });
        tellSidebar();
      } }));
      grid.replaceChildren(...panels.map((panel) => panel.card));
      add.disabled = memory.temperatures.length >= 6;
    };
    const addPanel = () => {
      const used = new Set(memory.temperatures);
      memory.temperatures.push([1.5, 0.2, 3, 0.8, 1.2, 0].find((t) => !used.has(t)) ?? 1);
      buildPanels();
      draw();
    };

    // The sidebar's slider is told at most ten times a second: the bars do not wait for it.
    let told = null;
    const tellSidebar = () => {
      told ??= setTimeout(() => { told = null; trigger("temperature", {}); }, 100);
    };

    // ---- drawing
    const settingsAt = (panel) => (panel.temperature === null ? lab.settings : { ...lab.settings, temperature: panel.temperature });
    const columns = () => panels.map((panel) => {
      const { temperature } = settingsAt(panel);
      return { temperature, view: panel.view, live: panel.temperature === null, colour: lab.thermal(temperature, config.stops) };
    });
    const scale = () => {
      if (!memory.zoom) return 1;
      const tops = memory.temperatures.map((t) => lab.summary(lab.softmax(lab.decode(data.raw, { ...lab.settings, temperature: t }, data.history))).top);
      return Math.max(...tops);
    };

    const draw = (fresh = false) => {
      if (!data || !root.isConnected) return;
      zoom.setAttribute("aria-pressed", String(memory.zoom));
      const factor = scale();
      for (const panel of panels) fresh ? panel.repaint(data, settingsAt(panel), factor) : panel.update(data, settingsAt(panel), factor);
      finish();
    };
    const drawLive = () => {
      const live = panels.at(-1);
      live.update(data, lab.settings, live.scale ?? scale());
      finish();
    };
    const finish = () => {
      numbers.update(data, columns());
      ratio.update(data, columns());
      pipeline.update(data, lab.settings, panels.at(-1).view.steps);
      root.dataset.draws = String(Number(root.dataset.draws ?? 0) + 1);
      root.dataset.temperature = String(lab.settings.temperature);
    };

    let before = null;
    lab.onSettings((settings) => {
      if (!data) return;
      const onlyTemperature = before && Object.keys(settings).every((key) => key === "temperature" || settings[key] === before[key]);
      before = { ...settings };
      onlyTemperature ? drawLive() : draw();
    });
    lab.onTheme(() => draw(true));

    // ---- sweep
    const startSweep = () => {
      const started = performance.now();
      lab.setText(sweep, "■ Stop sweep");
      const frame = (now) => {
        const phase = ((now - started) / 1000 / SWEEP.seconds) % 2;
        const share = phase < 1 ? phase : 2 - phase;
        lab.setSettings({ temperature: Number((SWEEP.from + (SWEEP.to - SWEEP.from) * share).toFixed(2)) });
        sweeping = requestAnimationFrame(frame);
      };
      sweeping = requestAnimationFrame(frame);
    };
    const stopSweep = () => {
      if (!sweeping) return;
      cancelAnimationFrame(sweeping);
      sweeping = null;
      lab.setText(sweep, "▶ Sweep T");
      tellSidebar();
    };
    lab.stopSweep = stopSweep;

    // ---- typed-in numbers have no context: drawn tokens only line up
    const join = (id) => { data.drawn = [...(data.drawn ?? []), id]; strip(); };
    const drop = () => { data.drawn = (data.drawn ?? []).slice(0, -1); strip(); };

    const strip = () => {
      const pieces = data.numbers ? (data.drawn ?? []).map((id) => [data.labels[id], true]) : data.pieces;
      const tail = pieces.slice(-160);
      const cut = pieces.length - tail.length;
      tokens.replaceChildren(
        ...(cut ? [h("span", { class: "muted", text: `… ${cut} earlier ` })] : []),
        ...lab.pieceSpans(tail, Math.max(0, (data.unseen ?? 0) - cut)),
        h("span", { class: "tok open", text: "?", title: "the token the model is about to choose" }));
      tokens.classList.toggle("words", lab.areWords(pieces));
      back.disabled = pieces.length === 0;
    };

    buildPanels();
    return (value) => {
      if (value.problem) return lab.setText(note, value.problem); // the view that stands stays
      const raw = lab.floats(value.logits);
      const order = lab.ranking(raw);
      const labels = data && data.vocabulary === value.vocabulary ? data.labels : JSON.parse(value.labels);
      const shown = order.length <= config.rows + 2 ? order : order.slice(0, config.rows);
      const rows = shown.map((id) => ({ id, label: labels[id] }));
      if (shown.length < order.length) rows.push({ id: null, label: "…" });
      // What an event of ours wrote into the context comes back once more as the context's own change.
      const sampled = value.sampled || (data?.context === value.context ? data.sampled : 0);
      data = { ...value, raw, order, labels, rows, sampled, serial: (data?.serial ?? 0) + 1 };
      pick.hint = data.numbers ? "add it to the row of drawn tokens" : "put it into the context";
      lab.setText(note, value.note);
      strip();
      draw();
      root.dataset.context = value.context;
      root.dataset.updates = String(Number(root.dataset.updates ?? 0) + 1);
    };
  };
})();
