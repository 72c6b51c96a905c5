// The Sweep part of the Experiments tab: the form above, what was found below.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const KINDS = { strategy: ["Strategies", "strategies"], model: ["Models", "models"], prompt: ["Prompts", "prompts"] };

  // Answers to what is asked of a sweep's results.
  lab.factories.sweep_answer = () => (value) => lab.sweepAnswer?.(value);

  lab.factories.sweep = ({ root, trigger, props, memory }) => {
    const config = props.config;
    let look = null;
    const questions = new Map();

    // ---- asking
    const line = lab.channel((event, changes) => {
      memory.asked = (memory.asked ?? 0) + 1;
      questions.set(memory.asked, changes);
      trigger(event, { ...changes, run: memory.run, serial: memory.asked });
      return memory.asked;
    }, (idle) => (root.dataset.idle = String(idle)));
    const ask = (kind, charts = {}) => line.ask("file", { kind, charts });
    const lookAgain = () => memory.run && line.ask("look", { view: memory.view });

    // ---- parts
    const session = lab.sweepSession({
      memory, limits: config.limits, ask: trigger,
      onChange: () => paintProgress(),
      onResults: (fresh, asked) => {
        if (fresh) Object.assign(memory, { view: firstView(asked), point: null });
        lookAgain();
      },
    });
    const form = lab.sweepForm({ config, memory, on: { run: session.begin, stop: session.stop } });
    const reader = lab.sweepTexts({ config, onMove: (step) => move(step), onClose: () => choose(null) });
    const charts = lab.sweepCharts({ config, memory, onPoint: (l, t) => choose({ line: l, temperature: look.temperatures.indexOf(t) }) });
    const onCell = (l, t) => choose({ line: l, temperature: t });
    const numbers = lab.sweepNumbers({ config, memory, onCell });
    const guide = lab.sweepGuide({ config, memory, onCell });
    const difference = lab.sweepDifference({ config, onAsk: (l, a, b) => line.ask("difference", { first: cell(l, a), second: cell(l, b) }) });
    const files = lab.sweepFiles({ config, look: () => look, ask });

    // ---- what is shown of the results
    const firstView = (asked) => ({ lines: asked.strategies.length === 1 && asked.models.length > 1 ? "model" : "strategy", model: 0, prompt: 0, strategy: 0 });
    const show = (changes) => {
      Object.assign(memory, { view: { ...memory.view, ...changes }, point: null });
      reader.hide();
      lookAgain();
    };
    const cell = (l, t) => ({ ...memory.view, [memory.view.lines]: l, temperature: t });

    // ---- the texts behind a point
    const choose = (point) => {
      memory.point = point;
      charts.mark(point && { line: point.line, t: look.temperatures[point.temperature] });
      if (!point) return reader.hide();
      line.ask("texts", { cell: cell(point.line, point.temperature), point, reach: true });
    };
    const move = (step) => {
      const at = look.order.indexOf(memory.point.temperature) + step;
      if (look.order[at] !== undefined) choose({ ...memory.point, temperature: look.order[at] });
    };
    const read = (view, { point, reach }) => {
      const at = look.order.indexOf(point.temperature);
      reader.show(view, { line: look.lines[point.line].name, t: look.temperatures[point.temperature], first: at === 0, last: at === look.order.length - 1 });
      if (reach) reader.reach();
    };

    // ---- the head of the results
    const title = h("h3");
    const facts = h("p", { class: "muted" });
    const notes = h("div", { class: "sweep-notes" });
    const choice = h("div", { class: "sweep-choice" });
    const head = h("section", { class: "card sweep-head" }, h("header", {}, h("div", {}, title, facts), h("span", { class: "grow" }), ...files.nodes), choice, notes);
    const results = h("div", { class: "sweep-results" }, head, charts.node, reader.card, numbers.card, h("div", { class: "pair" }, guide.card, difference.card));
    const hint = h("p", { class: "muted sweep-hint", text: `Press Run: charts appear while it writes, and stay when you stop it. Every result can be saved, cited and repeated. This server writes ${lab.count(config.limits.sweeps, "sweep")} at a time; further ones wait.` });
    results.hidden = true;
    root.replaceChildren(form.card, hint, results);

    const titleOf = (name) => (lab.modelGroups ?? []).flatMap((group) => group.models).find((model) => model.name === name)?.title ?? name;
    const paintHead = () => {
      const f = look.facts;
      lab.setText(title, `${f.models.map(titleOf).join(" · ")} after ${f.prompts.join(", ")}`);
      const seeds = `${lab.count(f.seeds, "seed")} from ${f.first}`;
      const state = f.complete ? "" : ` of ${f.of.toLocaleString("en")}`;
      lab.setText(facts, `${f.texts.toLocaleString("en")}${state} texts · ${lab.count(f.tokens, "token")} · ${seeds} · judge: ${f.judge ? titleOf(f.judge) : "none, so coherence is what the writer itself expects"}`);
      notes.replaceChildren(...f.notes.map((text) => h("p", { class: "note", text })));
      choice.replaceChildren(...choices(f));
    };
    const choices = (f) => {
      const lists = { strategy: f.strategies, model: f.models.map(titleOf), prompt: f.prompts };
      const several = Object.keys(lists).filter((kind) => lists[kind].length > 1);
      const kinds = several.length > 1 ? [h("span", { class: "muted", text: "Compare" }), h("div", { class: "segments" }, ...several.map((kind) => h("button", { type: "button", text: KINDS[kind][0], "aria-pressed": String(memory.view.lines === kind), onclick: () => show({ lines: kind }) })))] : [];
      const fixed = several.filter((kind) => kind !== memory.view.lines).map((kind) => {
        const select = h("select", { "aria-label": `Which of the ${KINDS[kind][1]}` }, ...lists[kind].map((text, i) => h("option", { value: String(i), text })));
        select.value = String(memory.view[kind]);
        select.addEventListener("change", () => show({ [kind]: Number(select.value) }));
        return select;
      });
      return [...kinds, ...fixed];
    };

    // ---- answers
    const ANSWERS = {
      look: (value) => {
        look = value;
        paint();
        difference.update(look);
        if (memory.point) line.ask("texts", { cell: cell(memory.point.line, memory.point.temperature), point: memory.point });
      },
      texts: (value, question) => memory.point && look && read(value, question),
      difference: (rows) => look && difference.show(rows),
      file: (file) => files.receive(file),
    };
    lab.sweepAnswer = ({ serial, answer, problem }) => {
      const question = questions.get(serial);
      questions.delete(serial);
      const event = line.answered(serial);
      if (!event) return;
      if (problem) lab.toast(problem);
      else ANSWERS[event](answer, question);
      root.dataset.updates = String(Number(root.dataset.updates ?? 0) + 1);
    };
    lab.sweepFailed = () => {
      lab.toast("The server gave no answer: the connection may be lost. What is on the page stays.");
      line.failed();
    };

    // ---- painting; a hidden chart has no width
    const visible = () => root.isConnected && root.checkVisibility();
    let missed = false;
    const paint = () => {
      if (!look) return;
      missed = !visible();
      if (missed) return;
      hint.hidden = true;
      results.hidden = false;
      paintHead();
      charts.update(look);
      numbers.update(look);
      guide.update(look);
      Object.assign(root.dataset, { shown: String(look.facts.texts), lines: look.lines.map(({ name }) => name).join("|"), run: memory.run });
    };
    const paintProgress = () => {
      form.progress({ busy: session.busy(), share: session.share(), text: memory.said ?? "" });
      root.dataset.busy = String(session.busy());
      if (!session.busy()) form.paint(); // the time that the next one takes is known now
    };
    new IntersectionObserver(() => missed && paint()).observe(root);
    lab.onTheme(paint);
    lab.sweepEnded = session.ended;
    lab.sweepSource = () => requestAnimationFrame(form.paint); // when the mirror of the sidebar knows it, too
    form.paint();
    paintProgress();
    lookAgain();
    return session.receive;
  };
})();
