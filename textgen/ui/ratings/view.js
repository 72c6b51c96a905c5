// The Blind ratings part: choose, rate, gather, and in the end see what came of it. Until then the page
// itself does not know which text is which.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;

  lab.factories.ratings = ({ root, trigger, props, memory }) => {
    const config = props.config;
    if (!memory.phase) Object.assign(memory, { phase: "choose", run: null, choices: null, picked: new Set(), each: config.each, question: config.questions[0][0], rater: "", seed: config.seed, set: null, selection: null, at: 0, scores: {}, who: "", ratings: [], result: null, serial: 0, open: new Map() });

    // ---- asking. Mounted again, Gradio hands over the last answer once more: only an open question has one.
    const ofSet = () => ({ ...memory.selection, set: memory.set.set, ratings: memory.ratings });
    const line = lab.channel((event, changes) => {
      memory.serial += 1;
      memory.open.set(memory.serial, event);
      trigger(event, { ...(event === "load" || event === "reveal" ? ofSet() : {}), ...changes, serial: memory.serial });
      return memory.serial;
    }, (free) => (root.dataset.idle = String(free)));

    // ---- the parts
    const note = h("p", { class: "note", role: "status" });
    const toSweep = h("button", { class: "button primary", type: "button", text: "Go to Sweep", onclick: () => document.querySelector("#experiments [role=tab]")?.click() });
    const none = h("section", { class: "card ratings-none" }, h("h3", { text: "First a sweep" }), h("p", { text: "The texts that people rate here are those of a sweep. There is none on this page yet: run one in the first part." }), toSweep);
    const choice = lab.ratingsChoice({ config, memory, onBegin: () => begin() });
    const card = lab.ratingsCard({ config, memory, onChange: () => keep(), onDone: () => go("done") });
    const on = {
      save: () => lab.download(`ratings-${memory.set.set}.csv`, "text/csv", lab.csvOf([["set", "item", "rater", "score"], ...memory.ratings.map((rating) => [memory.set.set, ...rating])])),
      json: () => lab.download(`ratings-${memory.set.set}.json`, "application/json", JSON.stringify({ ...memory.selection, ...memory.result, figure: undefined, ratings: memory.ratings }, null, 1)),
      load: (files) => files.forEach((csv) => line.ask("load", { csv })),
      reveal: () => line.ask("reveal"),
      back: () => go("rate"),
      next: (name) => (name.trim() ? start(name.trim()) : lab.toast("The next rater needs a name, so that the scores can be told apart.")),
      again: () => { Object.assign(memory, { set: null, result: null, ratings: [], scores: {}, phase: "choose" }); look(); paint(); },
    };
    const done = lab.ratingsDone({ config, memory, on });
    const result = lab.ratingsResult({ config, memory, on });
    const parts = { choose: choice.node, rate: card.node, done: done.node, result: result.node };

    // ---- from one phase to the next
    const begin = () => {
      if (!memory.rater.trim()) return lab.toast("Give a name first, so that your scores can be told apart from those of others: any name will do.");
      memory.selection = { run: memory.run, ...choice.selection() };
      line.ask("begin", memory.selection);
    };
    const start = (who) => {
      Object.assign(memory, { who, at: 0, scores: scoresOf(who) });
      go("rate");
      card.node.querySelector(".ratings-text").focus({ preventScroll: true });
    };
    const scoresOf = (who) => Object.fromEntries(memory.ratings.filter(([, rater]) => rater === who).map(([item, , score]) => [item, score]));
    // The scores of who rates now, among those of all.
    const keep = () => {
      const others = memory.ratings.filter(([, rater]) => rater !== memory.who);
      memory.ratings = [...others, ...memory.set.sheet.filter(([item]) => item in memory.scores).map(([item]) => [item, memory.who, memory.scores[item]])];
      root.dataset.rated = String(card.rated());
    };
    const go = (phase) => {
      memory.phase = phase;
      paint();
    };

    const paint = () => {
      const empty = memory.phase === "choose" && !memory.choices;
      none.hidden = !(empty && (!sweep() || memory.lost));
      for (const [name, node] of Object.entries(parts)) node.hidden = name !== memory.phase || empty;
      help.hidden = memory.phase === "result" || memory.phase === "rate";
      all.classList.toggle("narrow", memory.phase === "rate");
      if (memory.phase === "choose" && memory.choices) choice.update();
      if (memory.phase === "rate") card.update();
      if (memory.phase === "done") done.update();
      if (memory.phase === "result") result.update(memory.result);
      Object.assign(root.dataset, { phase: empty ? "none" : memory.phase, set: memory.set?.set ?? "", rated: String(memory.set ? card.rated() : 0) });
    };

    // ---- answers
    const receive = (value) => {
      const event = memory.open.get(value.serial);
      if (!memory.open.delete(value.serial)) return;
      if (value.problem) refuse(value.problem, event);
      else if (value.cells) listed(value);
      else if (value.sheet) begun(value);
      else if (value.ratings) loaded(value.ratings);
      else if (value.result) revealed(value.result);
      line.answered(value.serial);
      root.dataset.updates = String(Number(root.dataset.updates ?? 0) + 1);
    };
    const refuse = (sentence, event) => {
      root.dataset.problem = sentence;
      if (event !== "look") return lab.toast(sentence);
      Object.assign(memory, { choices: null, lost: true });
      lab.setText(note, sentence);
      paint();
    };
    const listed = (choices) => {
      const known = new Set(choices.cells.map((cell) => JSON.stringify(cell.key)));
      Object.assign(memory, { choices, lost: false });
      memory.picked = new Set([...memory.picked].filter((key) => known.has(key)));
      if (!memory.picked.size) memory.picked = new Set(choices.cells.filter((cell) => cell.usual).map((cell) => JSON.stringify(cell.key)));
      lab.setText(note, "");
      paint();
    };
    const begun = (set) => {
      Object.assign(memory, { set, ratings: [], scores: {}, result: null });
      start(memory.rater.trim());
    };
    const loaded = (ratings) => {
      memory.ratings = ratings;
      done.clear();
      paint();
    };
    const revealed = (found) => {
      memory.result = found;
      go("result");
    };

    // ---- the sweep that is on the page; looked for whenever this part is seen
    const sweep = () => lab.memory.sweep?.run ?? null;
    const look = lab.whenSeen(root, () => {
      if (memory.phase !== "choose") return;
      memory.run = sweep();
      if (memory.run) line.ask("look", { run: memory.run });
      else { memory.choices = null; paint(); }
    }, () => {
      if (memory.phase === "choose" && sweep() !== memory.run) look();
      result.draw();
    });
    // Keys that mean something else where the focus is; the arrows move from tab to tab as well.
    const taken = ({ target, key }) => target.closest?.(`input, textarea, select, [role=combobox]${key.startsWith("Arrow") ? ", [role=tab]" : ""}`);
    memory.part = {
      key: (event) => {
        if (memory.phase !== "rate" || !root.isConnected || !root.checkVisibility() || taken(event)) return;
        if (!(event.ctrlKey || event.metaKey || event.altKey)) card.key(event);
      },
      failed: () => {
        lab.toast("The server gave no answer: the connection is lost, or it is being started again. Your scores are still here.");
        line.failed();
      },
    };
    lab.ratingsFailed = () => memory.part.failed();
    lab.onTheme(result.draw);

    const help = explanation();
    const all = h("div", { class: "ratings-all" }, h("div", { class: "ratings-main" }, none, ...Object.values(parts)), help);
    root.replaceChildren(note, all);
    paint();
    look();
    return receive;
  };

  const explanation = () => h("section", { class: "card ratings-help" }, h("h3", { text: "Why blind" }),
    h("p", { text: "Who knows that a text was written at T = 2 reads it as nonsense. Here texts come in random order under codes; neither you nor this page is told which is which until the end." }),
    h("p", { text: "Coherence and creativity are the two words that guides use of temperature. The sweep's own figures for them are proxies; this is the measurement." }),
    h("p", { class: "muted small", text: "A class: everybody runs the same sweep, takes the same settings and seed, and so gets the same set; its name tells. Save your scores and give the file to one of you, who loads them all. Texts are cut off at the sweep's length: do not mind the end." }));

  document.addEventListener("keydown", (event) => lab.memory.ratings?.part?.key(event));
})();
