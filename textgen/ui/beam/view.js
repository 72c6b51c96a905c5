// The Beam search tab: the tree as it grows, the ranking of what it found, and what greedy would do.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const PACE = 450; // ms a step while playing

  lab.factories.beam = ({ root, trigger, props, memory }) => {
    const config = props.config;
    memory.form ??= { ...config.form };
    let view = null;
    let shown = 0;
    let timer = null;

    // ---- the form
    const number = (name, label, low, high, step = 1) => {
      const input = h("input", { type: "number", min: String(low), max: String(high), step: String(step), value: String(memory.form[name]) });
      input.addEventListener("change", () => (memory.form[name] = input.value === "" ? null : Number(input.value)));
      return h("label", { class: "field" }, label, input);
    };
    const early = h("select", { "aria-label": "Early stopping" }, ...config.early.map(([value, text]) => h("option", { value, text })));
    early.value = memory.form.early;
    early.addEventListener("change", () => (memory.form.early = early.value));
    const stop = h("select", { "aria-label": "A text ends at" }, ...config.stops.map(([value, text]) => h("option", { value, text })));
    stop.value = memory.form.stop;
    stop.addEventListener("change", () => (memory.form.stop = stop.value));
    const sampled = h("input", { type: "checkbox", checked: memory.form.sample });
    sampled.addEventListener("change", () => (memory.form.sample = sampled.checked));
    const table = h("textarea", { rows: "7", spellcheck: "false", "aria-label": "Conditional probabilities" });
    table.value = memory.form.table;
    table.addEventListener("input", () => (memory.form.table = table.value));
    const blackboard = h("section", { class: "card blackboard" }, h("h3", { text: "Your own numbers" }),
      h("p", { class: "muted", text: "What follows what: the text so far, a colon, then each token with its probability. The first line, with nothing before the colon, is the start." }), table);
    const run = h("button", { class: "button primary", type: "button", text: "Search", onclick: () => trigger("search", { ...memory.form }) });
    const context = h("div", { class: "tokens" });
    const note = h("p", { class: "note", role: "status" });

    // ---- playing
    const play = h("button", { class: "button", type: "button", text: "▶ Play", onclick: () => (timer ? pause() : start()) });
    const slider = h("input", { type: "range", min: "0", max: "0", step: "1", value: "0", "aria-label": "Step" });
    slider.addEventListener("input", () => { pause(); show(Number(slider.value)); });
    const save = lab.saveMenu({
      request: () => view?.request,
      charts: () => [{ title: `Beam search, width ${view.request.beam.width}`, svg: tree.node.firstChild }],
      name: () => `beam-${view.request.model ?? "own-numbers"}`,
      note: () => `${view.request.model ?? "typed-in numbers"} · after ${JSON.stringify((view.request.prompt ?? "").slice(-80))}`,
    });
    const counter = h("span", { class: "muted counter" });
    const pruned = h("input", { type: "checkbox", checked: true });
    pruned.addEventListener("change", () => show(shown));
    const hover = h("p", { class: "muted hover", text: "Point at a node, or move to it with Tab, for its numbers." });
    const tree = lab.beamTree({ onHover: (candidate, path) => lab.setText(hover, tell(candidate, path)) });

    const start = () => {
      if (!view) return;
      if (shown >= view.columns.length) show(0);
      lab.setText(play, "❚❚ Pause");
      timer = setInterval(() => (shown < view.columns.length ? show(shown + 1) : pause()), PACE);
    };
    const pause = () => {
      clearInterval(timer);
      timer = null;
      lab.setText(play, "▶ Play");
    };
    const show = (step) => {
      shown = Math.min(Math.max(step, 0), view.columns.length);
      slider.value = String(shown);
      lab.setText(counter, `step ${shown} of ${view.columns.length}`);
      tree.draw(view, shown, { pruned: pruned.checked, follow: timer !== null });
      root.dataset.step = String(shown);
    };
    tree.node.addEventListener("keydown", (event) => {
      const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!view || !move) return;
      event.preventDefault();
      pause();
      show(shown + move);
    });
    const tell = (candidate, path) => {
      const states = { kept: "kept", pruned: "pruned: outside the best of its step", finished: "finished" };
      return `${path} · p ${lab.finePercent(Math.exp(candidate.local))} · ln p ${lab.nats(candidate.local)} · running ${lab.nats(candidate.total)} · ${states[candidate.state]}`;
    };

    // ---- the ranking
    const penalty = h("input", { type: "range", min: "-1", max: "2", step: "0.05", value: String(memory.form.length_penalty), "aria-label": "Length penalty" });
    const penaltyText = h("b");
    penalty.addEventListener("input", () => { memory.form.length_penalty = Number(penalty.value); rank(); });
    const ranking = h("tbody");
    const compare = h("div", { class: "compare" });
    const rankCard = h("section", { class: "card ranking" }, h("h3", { text: "Ranking" }),
      h("label", { class: "field wide" }, h("span", {}, "length penalty ", penaltyText), penalty),
      h("p", { class: "muted", text: "score = Σ ln p ÷ length^penalty. The sums are negative, so above 0 long texts gain, below 0 short ones." }),
      h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, ...["text", "Σ ln p", "length", "score"].map((text) => h("th", { scope: "col", text })))), ranking)), compare);

    const rank = () => {
      lab.setText(penaltyText, Number(penalty.value).toFixed(2).replace("-", "−"));
      if (!view) return;
      const scored = view.hypotheses.map((found) => ({ ...found, score: found.total / found.length ** Number(penalty.value) }));
      scored.sort((a, b) => b.score - a.score || a.order - b.order);
      ranking.replaceChildren(...scored.map((found, i) => h("tr", { class: i < 2 ? "best" : "" },
        h("th", { scope: "row", class: "token", text: found.text + (found.ended ? " ■" : ""), title: found.ended ? "ended by its stop token" : "" }),
        h("td", { text: lab.nats(found.total) }), h("td", { text: String(found.length) }), h("td", { class: "strong", text: lab.nats(found.score) }))));
      lab.markBest(view, scored.slice(0, 2).map((found) => found.end));
      show(shown);
      root.dataset.best = scored[0]?.text ?? "";
    };

    const paths = () => {
      const line = (name, path) => h("p", {}, h("b", { text: `${name} ` }), h("span", { class: "token", text: path.text }), ` Σ ln p ${lab.nats(path.total)}`);
      compare.replaceChildren(h("h3", { text: "Beside it" }), line("Greedy", view.greedy), line("Sampled", view.sampled), h("p", { class: "muted", text: view.verdict }));
    };

    root.replaceChildren(
      h("section", { class: "card strip" }, context, h("div", { class: "actions" }, save, run)),
      h("section", { class: "form" }, number("width", "Width", 1, config.maxWidth), number("length", "Length", 1, config.maxLength), h("label", { class: "field" }, "A text ends at", stop), h("label", { class: "field" }, "Stop early", early), h("label", { class: "field tick", title: "Draw the candidates instead of taking the best" }, sampled, "beam sampling")),
      note, blackboard,
      h("div", { class: "beam-pair" },
        h("section", { class: "card" }, h("div", { class: "player" }, play, slider, counter, h("label", { class: "field tick" }, pruned, "show pruned")), tree.node, hover),
        rankCard));
    lab.setText(penaltyText, Number(penalty.value).toFixed(2));

    const strip = (value) => {
      context.classList.toggle("words", lab.areWords(value.pieces));
      context.replaceChildren(...lab.pieceSpans(value.pieces, value.unseen), h("span", { class: "tok open", text: "?" }));
    };

    lab.stale = () => view && lab.setText(note, "The model or the context has changed: press Search.");
    blackboard.hidden = true;
    if (!props.value) setTimeout(() => trigger("search", { ...memory.form, autoplay: true }), 0);
    return (value) => {
      blackboard.hidden = !value.numbers;
      if (value.problem) return lab.setText(note, value.problem);
      lab.setText(note, value.note ?? "");
      strip(value);
      if (!value.columns) return;
      view = value;
      pause();
      slider.max = String(view.columns.length);
      shown = value.autoplay ? 0 : view.columns.length;
      rank();
      paths();
      if (value.autoplay) start();
      root.dataset.runs = String(Number(root.dataset.runs ?? 0) + 1);
    };
  };
})();
