// What to rate: which settings of the sweep, how many texts of each, which question, who rates.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const SECONDS = 20; // that one text takes, about

  // → { node, update(), selection() }; memory: {choices, picked: Set of keys as JSON, each, question, rater, seed}
  lab.ratingsChoice = ({ config, memory, onBegin }) => {
    const keyOf = (cell) => JSON.stringify(cell.key);
    const rows = h("div", { class: "ratings-cells" });
    const note = h("p", { class: "note", role: "status" });
    const number = (name, label, low, high) => {
      const input = h("input", { type: "number", min: String(low), max: String(high), step: "1", value: String(memory[name]), "aria-label": label });
      input.addEventListener("input", () => { memory[name] = input.value; count(); });
      return input;
    };
    const each = number("each", "Texts of each setting", 1, config.maxEach);
    const seed = number("seed", "Seed of the order", 0, 2 ** 31 - 1);
    const rater = h("input", { type: "text", maxlength: String(config.rater), "aria-label": "Your name", placeholder: "any name", value: memory.rater });
    rater.addEventListener("input", () => (memory.rater = rater.value));
    const question = h("div", { class: "segments", role: "group", "aria-label": "Question" },
      ...config.questions.map(([name]) => h("button", { type: "button", text: name, "data-name": name, onclick: () => { memory.question = name; count(); } })));
    const sentence = h("p", { class: "muted small" });
    const total = h("span", { class: "muted", role: "status" });
    const begin = h("button", { class: "button primary", type: "button", text: "Begin", onclick: () => onBegin() });
    const field = (label, input, hint) => h("label", { class: "ratings-field", title: hint }, h("span", { text: label }), input);
    const node = h("section", { class: "card ratings-choice" }, h("h3", { text: "What to rate" }),
      h("p", { class: "muted small", text: "Tick a few settings of the sweep. Few texts rated by many people tell more than many rated by one." }), note, rows,
      h("div", { class: "ratings-form" },
        field("Texts of each", each, "The first seeds of the sweep"), field("Seed of the order", seed, "Who takes the same sweep, settings and seed rates the same set"), field("Your name", rater, "Told apart from other raters by it")),
      question, sentence, h("div", { class: "ratings-row" }, begin, total));

    const whole = (value) => (String(value).trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : value);
    const picked = () => (memory.choices?.cells ?? []).filter((cell) => memory.picked.has(keyOf(cell)));
    const selection = () => ({ cells: picked().map((cell) => cell.key), each: whole(memory.each), question: memory.question, seed: whole(memory.seed) });

    const count = () => {
      const chosen = picked();
      const n = chosen.reduce((sum, cell) => sum + Math.min(cell.texts, Number(memory.each) || 0), 0);
      const minutes = Math.max(1, Math.round((n * SECONDS) / 60));
      const sentences = [
        [chosen.length > config.cells, `${chosen.length} settings: ${config.cells} at most`],
        [n > config.items, `${n} texts: ${config.items} at most`],
        [n < 2, "Tick two texts or more"],
        [true, `${n} texts to rate, about ${minutes} ${minutes === 1 ? "minute" : "minutes"}`],
      ];
      lab.setText(total, sentences.find(([on]) => on)[1]);
      begin.disabled = sentences.slice(0, 3).some(([on]) => on);
      for (const button of question.children) button.setAttribute("aria-pressed", String(button.dataset.name === memory.question));
      lab.setText(sentence, config.questions.find(([name]) => name === memory.question)[1]);
    };
    const chip = (cell) => {
      const key = keyOf(cell);
      const dot = h("span", { class: "dot", style: `background:${lab.thermal(cell.key[3], config.stops)}` });
      const button = h("button", { class: "chip", type: "button", "aria-pressed": String(memory.picked.has(key)), "aria-label": `${cell.label} at T = ${cell.key[3]}`, title: `${cell.texts} ${cell.texts === 1 ? "text" : "texts"}`, onclick: () => {
        if (!memory.picked.delete(key)) memory.picked.add(key);
        button.setAttribute("aria-pressed", String(memory.picked.has(key)));
        count();
      } }, dot, lab.temperatureText(cell.key[3]));
      return button;
    };
    const update = () => {
      const lines = Map.groupBy ? Map.groupBy(memory.choices.cells, (cell) => cell.label) : grouped(memory.choices.cells);
      rows.replaceChildren(...[...lines].map(([label, cells]) => h("div", { class: "ratings-line" }, h("span", { class: "ratings-label", text: label }), h("div", { class: "chips" }, ...cells.map(chip)))));
      lab.setText(note, memory.choices.complete ? "" : "This sweep has not come to its end: a set begun now may differ from one that others begin later.");
      count();
    };
    return { node, update, selection };
  };

  const grouped = (cells) => cells.reduce((lines, cell) => lines.set(cell.label, [...(lines.get(cell.label) ?? []), cell]), new Map());
})();
