// How a model learned: the loss curves, and a slider over the moments at which it was made to write.
// All of it is here already: nothing in this file asks the server.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const BEAT = 900; // ms a moment, while it plays
  const whole = (n) => n.toLocaleString("en");
  const nats = (value) => (value === null ? "–" : value.toFixed(3));

  // → { node, update(history), repaint() }; memory.moment survives a mounting
  lab.timeline = ({ root, memory, stops }) => {
    let past = null;
    let playing = null;
    let panes = [];
    let drawn = null;

    const plot = h("div", { role: "img", "aria-label": "Losses while the model learned; the table below holds the numbers" });
    const key = h("div", { class: "model-key" });
    const body = h("tbody");
    const unit = h("th", { scope: "col" });
    const table = h("details", { class: "fold" }, h("summary", { text: "The numbers" }),
      h("div", { class: "scroll tall" }, h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col", text: "step" }), unit, h("th", { scope: "col", text: "text it learns from" }), h("th", { scope: "col", text: "new text" }))), body)));
    const curves = h("section", { class: "card model-curves" }, h("h3", { text: "How the loss fell" }), key, plot,
      h("p", { class: "muted small", text: "Lower is better. The loss is the surprise, in nats, at the token that really came. Text it learns from is measured with parts of the net switched off at random (dropout), so its line may lie above that of new text." }), table);

    const play = h("button", { class: "button primary", type: "button", text: "▶ Play", title: "From the first moment to the last", onclick: () => (playing ? pause() : start()) });
    const back = h("button", { class: "button", type: "button", text: "‹", "aria-label": "Moment before", onclick: () => step(-1) });
    const on = h("button", { class: "button", type: "button", text: "›", "aria-label": "Moment after", onclick: () => step(1) });
    const slider = h("input", { type: "range", class: "moment", min: "0", max: "0", step: "1", "aria-label": "Moment of the training" });
    const when = h("output", { class: "moment-when" });
    const loss = h("span", { class: "moment-loss" });
    const grid = h("div", { class: "moments" });
    const timeline = h("section", { class: "card model-timeline" }, h("h3", { text: "What it wrote on the way" }),
      h("div", { class: "player" }, play, back, slider, on), h("div", { class: "moment-facts" }, when, loss),
      h("p", { class: "muted small", text: "Every text starts the same way and has the same luck at every moment: what changes is what the model has learned, and from pane to pane the temperature." }), grid);
    const node = h("div", { class: "model-past" }, curves, timeline);

    // ---- moving
    slider.addEventListener("input", () => {
      pause();
      show(Number(slider.value));
    });
    const step = (by) => {
      pause();
      show(memory.moment + by);
    };
    const start = () => {
      if (memory.moment >= past.steps.length - 1) show(0);
      playing = setInterval(() => {
        if (!root.isConnected || memory.moment >= past.steps.length - 1) return pause();
        show(memory.moment + 1);
      }, BEAT);
      lab.setText(play, "■ Pause");
    };
    const pause = () => {
      clearInterval(playing);
      playing = null;
      lab.setText(play, "▶ Play");
    };

    const show = (moment) => {
      memory.moment = Math.min(Math.max(moment, 0), past.steps.length - 1);
      const i = memory.moment;
      slider.value = String(i);
      const text = `Step ${whole(past.steps[i])}`;
      slider.setAttribute("aria-valuetext", `${text}, loss ${nats(past.validation[i])}`);
      lab.setText(when, `${text} of ${whole(past.steps.at(-1))}`);
      lab.setText(loss, `${whole(past.tokens[i])} ${past.unit}s learned from · new text ${nats(past.validation[i])} nats · learned text ${nats(past.train[i])}${i === past.kept ? " · kept" : ""}`);
      panes.forEach((pane, c) => {
        lab.setText(pane.text, past.columns[c].texts[i]);
        pane.text.scrollTop = 0;
      });
      back.disabled = i === 0;
      on.disabled = i === past.steps.length - 1;
      [...body.children].forEach((row, r) => row.classList.toggle("at", r === i));
      mark(past.tokens[i]);
      root.dataset.moment = String(i);
    };
    const mark = (x) => {
      if (drawn === past) window.Plotly.relayout(plot, { "shapes[0].x0": x, "shapes[0].x1": x });
    };

    // ---- one model
    const pane = ({ title, temperature }) => {
      const text = h("div", { class: "moment-text", tabindex: "0", role: "region", "aria-label": `Text at ${title}` });
      const colour = temperature === null ? "var(--lab-muted)" : lab.thermal(temperature, stops);
      return { text, node: h("section", { class: "moment-pane", style: `--t:${colour}` }, h("h4", { text: title }), text) };
    };
    const row = (s, i) => h("tr", {}, h("th", { scope: "row", text: whole(s) + (i === past.kept ? " (kept)" : "") }), ...[whole(past.tokens[i]), nats(past.train[i]), nats(past.validation[i])].map((text) => h("td", { text })));
    const named = (trace) => trace.x.length > 0;
    const sign = (trace) => h("span", {}, h("i", { class: trace.line?.dash ? "dash" : trace.mode === "markers" ? "ring" : "line", style: `--c:${trace.meta ? "var(--lab-text)" : trace.line.color}` }), trace.name);

    const update = (history) => {
      pause();
      past = history;
      panes = past.columns.map(pane);
      grid.replaceChildren(...panes.map((one) => one.node));
      timeline.classList.toggle("empty", !panes.length);
      body.replaceChildren(...past.steps.map(row));
      lab.setText(unit, `${past.unit}s learned from`);
      key.replaceChildren(...past.figure.data.filter(named).map(sign));
      slider.max = String(past.steps.length - 1);
      repaint();
      show(memory.moment ?? 0);
    };
    const repaint = () => {
      if (!past || !root.checkVisibility()) return;
      lab.plot(plot, inked(past.figure, past.tokens[memory.moment ?? 0] ?? past.tokens[0]));
      if (!drawn) plot.on("plotly_click", (event) => step(event.points[0].pointNumber - memory.moment));
      drawn = past;
    };
    const inked = (figure, x) => {
      const ink = lab.ink("--lab-text");
      const copy = structuredClone(figure);
      for (const trace of copy.data.filter((one) => one.meta === "ink")) {
        if (trace.line) trace.line.color = ink;
        trace.marker.color = ink;
      }
      Object.assign(copy.layout.shapes[0], { x0: x, x1: x });
      return copy;
    };
    return { node, update, repaint, pause };
  };
})();
