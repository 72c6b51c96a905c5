// The texts behind a point, by seed.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const SHOWN = ["surprise", "coherence", "creativity", "repetition", "distinct_2", "novelty", "real_words", "entropy"];

  // onMove(step): to the next cooler or hotter temperature
  lab.sweepTexts = ({ config, onMove, onClose }) => {
    const title = h("h3", { tabindex: "-1" });
    const note = h("p", { class: "note" });
    const texts = h("div", { class: "sweep-texts" });
    const cooler = h("button", { class: "button small", type: "button", text: "‹ cooler", onclick: () => onMove(-1) });
    const hotter = h("button", { class: "button small", type: "button", text: "hotter ›", onclick: () => onMove(1) });
    const close = h("button", { class: "quiet", type: "button", text: "×", "aria-label": "Close the texts", onclick: onClose });
    const card = h("section", { class: "card sweep-reader", "aria-label": "Texts of the chosen point" }, h("header", {}, title, h("span", { class: "grow" }), cooler, hotter, close), note, texts);
    card.hidden = true;

    const metricsOf = (text) => SHOWN.map((name) => [config.metrics.find((metric) => metric.name === name), text.metrics[name]]).filter(([, value]) => value !== "–");
    const one = (text, prompt) => h("article", { class: "sweep-text" },
      h("header", {}, h("b", { text: text.seed === null ? "every seed" : `seed ${text.seed}` }), h("span", { class: "muted", text: `${lab.count(text.tokens, "token")}${text.ended ? ", ended by itself" : ""}` })),
      h("div", { class: "sweep-words", tabindex: "0" }, prompt ? h("span", { class: "muted", text: prompt }) : null, h("span", { class: "written", text: text.text })),
      h("dl", {}, ...metricsOf(text).map(([metric, value]) => h("div", { title: metric.definition }, h("dt", { text: metric.title }), h("dd", { text: value })))));

    // place: {line, t, first, last}; view as the server sent it
    const show = (view, place) => {
      card.hidden = false;
      card.style.setProperty("--t", lab.thermal(place.t, config.stops));
      lab.setText(title, `T = ${place.t}, ${place.line}: ${view.written < view.of ? `${view.written} of ` : ""}${lab.count(view.of, "text")}`);
      lab.setText(note, view.note || (view.written ? "" : "Nothing is written here yet."));
      cooler.disabled = place.first;
      hotter.disabled = place.last;
      texts.replaceChildren(...view.texts.map((text) => one(text, view.prompt)));
      card.dataset.t = String(place.t);
      card.dataset.line = place.line;
    };
    const hide = () => { card.hidden = true; };
    const reach = () => {
      card.scrollIntoView({ block: "nearest", behavior: "smooth" });
      title.focus({ preventScroll: true });
    };
    return { card, show, hide, reach };
  };
})();
