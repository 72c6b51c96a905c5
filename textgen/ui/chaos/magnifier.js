// The magnifier between two temperatures: the exact T of each flip, and the two tokens that lead there.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const ROWS = [
    ["probability", "probability at the flip", "After all stages, at exactly this temperature"],
    ["logit", "logit, as the model gave it", "Raw, in nats: the same at every temperature"],
    ["divided", "logit ÷ T, after the stages", "What temperature and the other stages make of it"],
    ["noise", "luck (Gumbel noise)", "Drawn from the seed and the token's number: the same at every temperature"],
    ["score", "score = the two above together", "The highest one is written"],
  ];
  const INVITATION = "Choose a row of the picture or a point of the chart, or type two temperatures.";

  // `onPair(low, high)` asks, `onZoom(low, high)` makes a picture of what lies between.
  lab.chaosMagnifier = ({ stops, onPair, onZoom }) => {
    const box = (label) => h("input", { class: "chaos-number wide", type: "text", inputmode: "decimal", maxlength: "40", "aria-label": label });
    const [low, high] = [box("Lower temperature"), box("Upper temperature")];
    const typed = () => [low, high].map((input) => lab.chaosNumber(input.value));
    const look = h("button", { class: "button", type: "button", text: "Magnify", onclick: () => onPair(...typed()) });
    const zoom = h("button", { class: "button", type: "button", text: "Zoom in", title: "A picture of what lies between these two, as many rows as before", onclick: () => onZoom(...typed()) });
    for (const input of [low, high]) input.addEventListener("keydown", ({ key }) => key === "Enter" && onPair(...typed()));
    const pair = h("div", { class: "chaos-pairing" }, h("label", {}, "Between T ", low), h("label", {}, " and ", high), look, zoom);
    const found = h("div", { class: "chaos-found", "aria-live": "polite" });
    const key = h("div", { class: "chaos-key" });
    const plot = h("div", { role: "img", "aria-label": "The scores of the leading tokens against temperature; the table holds their numbers at the flip" });
    const race = h("section", { class: "card chaos-race" }, h("h3", { text: "Scores against temperature" }), key, plot,
      h("p", { class: "muted", text: "Measured from the likeliest token's logit ÷ T, which is the same for all. Shaded: between the two temperatures; the upright line: the flip." }));
    const card = h("section", { class: "card chaos-magnifier", tabindex: "-1" }, h("h3", { text: "Magnifier" }), pair, found);

    const texts = ({ shared, below, above }) => h("div", { class: "chaos-texts scroll" },
      ...[["below", below], ["above", above]].map(([side, text]) => h("div", { class: side }, h("span", { class: "chaos-side", text: side }), h("span", { class: "shared", text: shared }), h("span", { class: "new", text }))));
    const flip = ({ t, temperature, exact, below, above }) => h("div", { class: "chaos-flip", style: `--t:${lab.thermal(t, stops)}` },
      h("p", { class: "chaos-at" }, h("span", { class: "muted", text: "flips at" }), h("b", { text: `T = ${temperature}` }), h("span", { class: "muted", text: exact ? "exact" : "bisected" })),
      h("div", { class: "scroll" }, h("table", {},
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }), ...[["just below", below], ["just above", above]].map(([side, { label }]) => h("th", { scope: "col" }, `${side}: `, h("span", { class: "chaos-token", text: label }))))),
        h("tbody", {}, ...ROWS.map(([name, title, hint]) => h("tr", {}, h("th", { scope: "row", text: title, title: hint }), h("td", { text: below[name] }), h("td", { text: above[name] })))))));

    const update = (value) => {
      if (!value) return empty();
      low.value = String(value.low);
      high.value = String(value.high);
      const said = value.sentences.map((text, i) => h("p", { class: i === 2 ? "muted" : "", text }));
      found.replaceChildren(...(value.texts ? [texts(value.texts)] : []), ...value.flips.map(flip), ...said);
      race.hidden = !value.figure;
      if (!value.figure) return;
      const names = value.figure.data.map((trace, k) => h("span", {}, h("i", { class: `line-${Math.min(k, 2)}` }), h("span", { class: "chaos-token", text: k === 0 ? value.flips[0].below.label : value.flips[k - 1].above.label })));
      key.replaceChildren(...names);
      paint(value);
    };
    const paint = ({ figure }) => {
      const ink = lab.ink("--lab-text");
      const data = figure.data.map((trace) => (trace.meta === "ink" ? { ...trace, line: { ...trace.line, color: ink } } : trace));
      lab.plot(plot, { data, layout: figure.layout });
    };
    const empty = () => {
      found.replaceChildren(h("p", { class: "muted", text: INVITATION }));
      race.hidden = true;
    };
    empty();
    return { card, race, plot, update };
  };
})();
