// Two models beside each other: what each expects next, and what each writes. The distributions follow
// the sidebar's sliders here in the browser; the texts are asked for leg by leg, until they are long enough.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;

  lab.factories.compare = ({ root, trigger, props, memory }) => {
    const config = props.config;
    if (!memory.labels) Object.assign(memory, { labels: new Map(), length: config.length, serial: 0, b: null });
    let data = null;
    let written = null; // { head, texts } as the server gave them last
    let running = false;

    // ---- asking
    const line = lab.channel((event, changes) => {
      memory.serial += 1;
      trigger(event, { b: memory.b, known: [...memory.labels.keys()], ...changes, serial: memory.serial });
      return memory.serial;
    }, (idle) => (root.dataset.idle = String(idle)));

    // ---- controls
    const picker = lab.picker({ label: "Beside the sidebar's model", onPick: (name) => choose(name) });
    const length = h("input", { type: "number", min: String(config.minLength), max: String(config.maxLength), step: "20", value: String(memory.length), "aria-label": "Length in characters" });
    length.addEventListener("input", () => (memory.length = length.value));
    const write = h("button", { class: "button primary", type: "button", text: "Write both", title: "Both texts, with the sidebar's settings and seed", onclick: () => start() });
    const stop = h("button", { class: "button", type: "button", text: "■ Stop", onclick: () => halt("Stopped.") });
    const status = h("span", { class: "muted", role: "status" });
    const note = h("p", { class: "note", role: "status" });
    const sides = [lab.compareSide(config), lab.compareSide(config)];
    const numbers = lab.compareNumbers();
    const pairing = h("div", { class: "compare-sides" }, ...sides.map((side) => side.card));
    const card = h("section", { class: "card compare-card" }, h("h3", { text: "Two models, one context" }),
      h("p", { class: "muted", text: "Both read the sidebar's context, under its settings and with its seed. They may know different tokens, so compare what they expect and how it reads, not token by token." }),
      h("div", { class: "compare-row" }, picker.node, h("label", { class: "field" }, "Length ", length, " characters"), h("span", { class: "grow" }), stop, write),
      note, status, pairing, numbers.node);
    root.replaceChildren(card);

    // ---- which models
    const others = () => (lab.modelGroups ?? []).map(({ label, models }) => ({ label, models: models.filter(({ name }) => name !== config.numbers && name !== lab.modelChosen) })).filter(({ models }) => models.length);
    const groupOf = (name) => (lab.modelGroups ?? []).find(({ models }) => models.some((model) => model.name === name));
    // Rather one that learned from the same text than another.
    const settle = (groups) => {
      const listed = groups.flatMap(({ models }) => models.map(({ name }) => name));
      if (memory.picked && listed.includes(memory.b)) return; // what was picked by hand stays
      memory.picked = false;
      const alike = groupOf(lab.modelChosen)?.models.map(({ name }) => name) ?? [];
      memory.b = listed.find((name) => alike.includes(name)) ?? listed[0] ?? null;
    };
    const choose = (name) => {
      Object.assign(memory, { b: name, picked: true });
      forget();
      look();
    };
    const forget = () => {
      halt("");
      written = null;
      sides.forEach((side) => side.write(null));
    };

    // ---- the distributions
    const look = lab.whenSeen(root, () => {
      const groups = others();
      settle(groups);
      picker.update(groups, memory.b);
      const sentence = lab.modelChosen === config.numbers ? config.noModel : memory.b ? "" : config.noOther;
      lab.setText(note, sentence);
      pairing.hidden = numbers.node.hidden = !!sentence;
      write.disabled = !!sentence;
      if (!sentence) line.ask("look");
    }, () => draw(true));
    const draw = (fresh = false) => {
      if (!data || !lab.settings || !root.checkVisibility()) return;
      data.forEach((value, i) => sides[i].update(value, lab.settings, fresh));
      numbers.update(data, sides.map((side) => side.view));
    };
    const seen = ({ sides: values }) => {
      data = values.map((value) => {
        if (value.labels) memory.labels.set(value.vocabulary, JSON.parse(value.labels));
        const raw = lab.floats(value.logits);
        return { ...value, labels: memory.labels.get(value.vocabulary), raw, order: lab.ranking(raw) };
      });
      lab.setText(note, "");
      draw(true);
    };

    // ---- the texts
    const start = () => {
      running = true;
      paint("Writing…");
      const n = Number(memory.length);
      line.ask("write", { length: memory.length !== "" && Number.isFinite(n) ? n : memory.length });
    };
    const halt = (sentence) => {
      running = false;
      paint(sentence);
    };
    const goOn = () => line.ask("go_on", { head: written.head, ids: written.texts.map(({ ids }) => ids) });
    const leg = (value) => {
      written = value;
      value.texts.forEach((text, i) => sides[i].write(text, value.head, running));
      if (!running) return;
      if (value.texts.every(({ done }) => done)) halt(`Seed ${value.head.seed}: the same press writes the same texts again, while it is kept.`);
      else goOn();
    };
    const paint = (sentence) => {
      write.hidden = running;
      stop.hidden = !running;
      lab.setText(status, sentence);
      root.dataset.running = String(running);
    };

    // ---- answers
    const receive = (value) => {
      line.answered(value.serial);
      if (value.sides) seen(value);
      else if (value.texts) leg(value);
      else refuse(value);
      root.dataset.updates = String(Number(root.dataset.updates ?? 0) + 1);
    };
    const refuse = ({ note: sentence, problem }) => {
      if (sentence) return lab.setText(note, sentence);
      halt("");
      lab.toast(problem);
    };

    // ---- the sidebar
    memory.card = {
      model: () => { forget(); look(); },
      context: () => look(),
      failed: () => {
        halt("");
        lab.toast("The server gave no answer: a value in the sidebar may be out of its range, or the connection is lost.");
        line.failed();
      },
    };
    lab.compareModelChanged = () => memory.card.model();
    lab.compareChanged = () => memory.card.context();
    lab.compareFailed = () => memory.card.failed();
    lab.onSettings(() => draw());
    lab.onTheme(() => draw(true));
    paint("");
    look();
    return receive;
  };
})();
