// One text to rate at a time: five buttons, the keys 1 to 5, back and on.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;

  // → { node, update(), key(event) }; memory: {set, at, scores: {code: score}}
  lab.ratingsCard = ({ config, memory, onChange, onDone }) => {
    const place = h("b");
    const code = h("span", { class: "muted" });
    const bar = h("progress", { max: "1", value: "0", "aria-label": "Texts rated" });
    const prompt = h("span", { class: "given" });
    const own = h("span");
    const text = h("div", { class: "ratings-text", tabindex: "0", role: "region", "aria-label": "The text to rate", "aria-live": "polite" }, prompt, own);
    const question = h("p", { class: "ratings-question" });
    const ends = h("div", { class: "ratings-ends muted small" }, h("span"), h("span"));
    const buttons = config.scores.map((score) => h("button", { class: "button ratings-score", type: "button", text: String(score), title: `Key ${score}`, onclick: () => rate(score) }));
    const back = h("button", { class: "button", type: "button", text: "‹ Back", title: "Key ←", onclick: () => go(-1) });
    const on = h("button", { class: "button", type: "button", text: "Skip ›", title: "Key →", onclick: () => go(1) });
    const done = h("button", { class: "button", type: "button", text: "I am done", onclick: () => onDone() });
    const node = h("section", { class: "card ratings-card" }, h("header", {}, place, code, h("span", { class: "grow" }), bar), text, question,
      h("div", { class: "ratings-scores", role: "group", "aria-label": "Score" }, ...buttons), ends,
      h("div", { class: "ratings-row" }, back, on, h("span", { class: "grow" }), h("span", { class: "muted small wide-only", text: "keys 1 to 5, ← and →" }), done));

    const rate = (score) => {
      memory.scores[memory.set.sheet[memory.at][0]] = score;
      onChange();
      if (memory.at === memory.set.sheet.length - 1 && rated() === memory.set.sheet.length) onDone();
      else go(1);
    };
    const rated = () => memory.set.sheet.filter(([item]) => item in memory.scores).length;
    const go = (by) => {
      memory.at = Math.min(Math.max(memory.at + by, 0), memory.set.sheet.length - 1);
      update();
      text.scrollTop = 0;
    };
    const update = () => {
      if (!memory.set) return;
      const { sheet, sentence } = memory.set;
      const [item, before, written] = sheet[memory.at];
      lab.setText(place, `Text ${memory.at + 1} of ${sheet.length}`);
      lab.setText(code, `code ${item}`);
      Object.assign(bar, { max: sheet.length, value: rated() });
      lab.setText(prompt, before);
      lab.setText(own, written || "(an empty text)");
      const [asked, scale = ""] = sentence.split("? ");
      lab.setText(question, `${asked}?`);
      const [low, high] = scale.split(", 5 = ");
      lab.setText(ends.firstChild, low);
      lab.setText(ends.lastChild, `5 = ${high}`);
      for (const button of buttons) button.setAttribute("aria-pressed", String(memory.scores[item] === Number(button.textContent)));
      back.disabled = memory.at === 0;
      on.disabled = memory.at === sheet.length - 1;
      lab.setText(on, item in memory.scores ? "Next ›" : "Skip ›");
    };
    const key = (event) => {
      const score = config.scores.find((one) => String(one) === event.key);
      if (score) rate(score);
      else if (event.key === "ArrowLeft") go(-1);
      else if (event.key === "ArrowRight") go(1);
      else return;
      event.preventDefault();
    };
    return { node, update, key, rated };
  };
})();
