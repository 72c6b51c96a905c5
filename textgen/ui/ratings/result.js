// When the rating has ended: the scores as a file, those of others, the next rater, and in the end the result.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;

  // → { node, update() }; memory: {set, ratings}
  lab.ratingsDone = ({ config, memory, on }) => {
    const raters = h("ul", { class: "ratings-raters" });
    const name = h("code");
    const paste = h("textarea", { rows: "4", "aria-label": "Scores of others, as CSV", placeholder: "set,item,rater,score", spellcheck: false });
    const file = h("input", { type: "file", accept: ".csv,text/csv,text/plain", multiple: true, "aria-label": "Files of scores" });
    const add = h("button", { class: "button", type: "button", text: "Add these scores", onclick: () => on.load([paste.value]) });
    file.addEventListener("change", () => open());
    const open = async () => {
      const files = [...file.files];
      const large = files.find(({ size }) => size > config.bytes);
      if (large) lab.toast(`A file of scores must be at most ${config.bytes.toLocaleString("en")} bytes, got ${large.size.toLocaleString("en")}: ${large.name}`);
      else on.load(await Promise.all(files.map((one) => one.text())));
      file.value = "";
    };
    const button = (text, title, act, look = "button") => h("button", { class: look, type: "button", text, title, onclick: act });
    const next = h("input", { type: "text", maxlength: String(config.rater), "aria-label": "Name of the next rater", placeholder: "name of the next rater" });
    const node = h("section", { class: "card ratings-done" }, h("h3", { text: "Scores so far" }), raters,
      h("div", { class: "ratings-row" }, button("Show the result", "Tells which text was which: from then on nobody rates blind", () => on.reveal(), "button primary"), button("Save the scores", "A CSV file, to be put together with those of others", () => on.save()), button("‹ Back to the texts", "Change a score", () => on.back())),
      h("div", { class: "ratings-more" },
        h("div", {}, h("h4", { text: "Somebody else on this device" }), h("p", { class: "muted small", text: "The same texts, and your scores hidden." }), h("div", { class: "ratings-row" }, next, button("Hand over", "The next person rates", () => { on.next(next.value); next.value = ""; }))),
        h("div", {}, h("h4", { text: "Scores from other devices" }), h("p", { class: "muted small" }, "Files that others saved of the same set, ", name, "."), file, h("details", { class: "fold" }, h("summary", { text: "or paste them" }), paste, h("div", { class: "ratings-row" }, add)))));
    const update = () => {
      lab.setText(name, memory.set.set);
      const counts = new Map();
      for (const [, rater] of memory.ratings) counts.set(rater, (counts.get(rater) ?? 0) + 1);
      raters.replaceChildren(...[...counts].map(([rater, n]) => h("li", {}, h("b", { text: rater }), ` ${n} of ${memory.set.sheet.length} texts`)), ...(counts.size ? [] : [h("li", { class: "muted", text: "nothing rated yet" })]));
    };
    return { node, update, clear: () => (paste.value = "") };
  };

  // → { node, update(result), draw() }
  lab.ratingsResult = ({ config, memory, on }) => {
    const title = h("h3");
    const plot = h("div", { role: "img", "aria-label": "Scores against temperature; the table holds the numbers" });
    const titles = ["setting", "T", "score", "95%", "texts", "ratings", "proxy"];
    const body = h("tbody");
    const table = h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, ...titles.map((text) => h("th", { scope: "col", text })))), body));
    const agreement = h("div", { class: "ratings-agreement" });
    const caution = h("p", { class: "muted small" });
    const keyBody = h("tbody");
    const key = h("details", { class: "fold" }, h("summary", { text: "Which text was which" }),
      h("div", { class: "scroll tall" }, h("table", {}, h("thead", {}, h("tr", {}, ...["code", "setting", "T", "seed", "scores"].map((text) => h("th", { scope: "col", text })))), keyBody)));
    const button = (text, title_, act, look = "button") => h("button", { class: look, type: "button", text, title: title_, onclick: act });
    const picture = (format) => lab.savePicture([{ title: title.textContent, plot }], { name: `ratings-${result.set}`, note: `set ${result.set} · ${result.raters.length} raters · proxy below: by a computer`, format });
    const tools = h("div", { class: "ratings-row" }, button("Scores (CSV)", "All scores, as others can load them", () => on.save()), button("All (JSON)", "Scores, means, agreement and key", () => on.json()), button("PNG", "The chart as a picture", () => picture("png")), button("SVG", "The chart as a drawing", () => picture("svg")), h("span", { class: "grow" }), button("Rate another set", "Choose anew", () => on.again(), "button primary"));
    const node = h("div", { class: "pair ratings-result" },
      h("section", { class: "card" }, title, plot, tools),
      h("section", { class: "card" }, h("h3", { text: "The numbers" }), table, caution, h("h3", { text: "How far people agree" }), agreement, key));
    let result = null;

    const dot = (t) => h("span", { class: "dot", style: `background:${lab.thermal(t, config.stops)}` });
    const cells = (...texts) => texts.map((text) => h("td", { text: String(text) }));
    const update = (next) => {
      result = next;
      lab.setText(title, `${result.question[0].toUpperCase()}${result.question.slice(1)}, as ${result.raters.length === 1 ? "one person sees it" : `${result.raters.length} people see it`}`);
      body.replaceChildren(...result.rows.map((row) => h("tr", {}, h("th", { scope: "row", text: row.label }), h("td", {}, dot(row.t), lab.temperatureText(row.t)), h("td", { class: "strong", text: row.mean }), ...cells(row.between, row.texts, row.ratings, row.proxy))));
      keyBody.replaceChildren(...result.key.map((row) => h("tr", {}, h("th", { scope: "row", text: row.code }), h("td", { text: row.label }), h("td", {}, dot(row.t), lab.temperatureText(row.t)), ...cells(row.seed, row.scores))));
      agreement.replaceChildren(...result.agreement.map((text) => h("p", { text })));
      lab.setText(caution, `The proxy is a computer's measure of the same texts, which people need not share. ${result.caution}`);
      draw();
    };
    const draw = () => {
      if (!result || !node.isConnected || !node.checkVisibility()) return;
      const figure = structuredClone(result.figure);
      for (const trace of figure.data) if (trace.meta === "ink") trace.line.color = lab.ink("--lab-muted");
      lab.plot(plot, figure);
    };
    return { node, update, draw };
  };
})();
