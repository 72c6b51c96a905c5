// One panel: a temperature, its four numbers and its bars. The live one follows the slider.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const WORDS = { greedy: "greedy", colder: "sharper", same: "as learned", hotter: "flatter" };
  const word = (t) => (t === 0 ? WORDS.greedy : t < 1 ? WORDS.colder : t === 1 ? WORDS.same : WORDS.hotter);

  // What a panel shows of a distribution: raw logits (V), settings, history → numbers for rows.
  lab.distribution = (raw, settings, history) => {
    const steps = lab.trace(raw, settings, history);
    const final = steps[steps.length - 1];
    const former = new Float64Array(raw.length); // what a removed token had just before it went
    const removedBy = new Array(raw.length).fill(null);
    for (let s = 1; s < steps.length; s++) {
      steps[s].removed.forEach((gone, i) => {
        if (!gone) return;
        former[i] = steps[s - 1].probabilities[i];
        removedBy[i] = steps[s].name;
      });
    }
    return { steps, probabilities: final.probabilities, former, removedBy, summary: lab.summary(final.probabilities) };
  };

  lab.panel = ({ config, live, temperature, onTemperature, onRemove, onPick }) => {
    const number = h("input", {
      class: "panel-t", type: "number", min: "0", max: String(config.max), step: live ? "0.01" : "0.1",
      "aria-label": live ? "Temperature of the live panel" : "Temperature of this panel",
    });
    number.addEventListener("change", () => onTemperature(number));
    const range = h("input", {
      class: "thermal-range", type: "range", min: "0", max: "3", step: live ? "0.01" : "0.05",
      "aria-label": live ? "Temperature, live" : "Temperature of this panel, slider",
    });
    range.addEventListener("input", () => onTemperature(range));
    const close = !onRemove ? null : h("button", { class: "quiet", type: "button", title: "Remove this panel", "aria-label": "Remove this panel", text: "×", onclick: onRemove });
    const hint = h("span", { class: "panel-word" });
    const stats = Object.fromEntries(["bits", "choices", "top", "kept"].map((name) => [name, h("b")]));
    const plot = h("div", { class: "panel-plot", role: "img" });
    const foot = h("div", { class: "panel-foot" });
    const gone = h("div", { class: "panel-foot" });
    const card = h("section", { class: `card panel${live ? " live" : ""}` },
      h("header", {}, h("label", { class: "panel-title" }, "T = ", number), h("span", { class: "grow" }), hint, close || null),
      range,
      h("div", { class: "panel-stats" },
        h("span", { title: "Entropy: how uncertain the choice is" }, stats.bits, " bits"),
        h("span", { title: "Effective number of choices: 2 to the power of the entropy" }, stats.choices, " choices"),
        h("span", { title: "Probability of the likeliest token" }, "top ", stats.top),
        h("span", { title: "Tokens that can still be drawn" }, stats.kept, " kept")),
      plot, foot, gone);
    const state = { card, temperature, shown: null, ready: false };
    state.chart = () => ({ title: `T = ${number.value}`, line: `${stats.bits.textContent} bits · ${stats.choices.textContent} choices · top ${stats.top.textContent} · ${stats.kept.textContent} kept`, plot });

    const figure = (data, rows) => {
      const copy = structuredClone(config.figure);
      const n = rows.length;
      const wide = Math.max(...rows.map((row) => row.label.length));
      const all = [...Array(n).keys()];
      for (const trace of copy.data) Object.assign(trace, { y: all, x: all.map(() => 0), customdata: rows.map((row) => row.label) });
      copy.layout.height = config.rowHeight * n + 4;
      copy.layout.margin.l = 16 + 9.2 * Math.min(wide, 16);
      Object.assign(copy.layout.yaxis, { range: [n - 0.5, -0.5], tickvals: all, ticktext: rows.map((row) => lab.plainText(lab.clip(row.label, 16))) });
      return copy;
    };

    const listen = () => {
      plot.on("plotly_click", (event) => {
        const row = state.rows[event.points[0].pointNumber];
        if (row.id !== null) onPick(row.id);
      });
    };

    // data: {raw, history, rows}; rows: [{id | null, label}], the last may be the tail
    state.update = (data, settings, scale) => {
      const view = lab.distribution(data.raw, settings, data.history);
      state.view = view;
      paintHead(settings, view);
      const bars = data.rows.map((row) => (row.id === null ? tail(data, view) : {
        kept: view.probabilities[row.id], gone: view.probabilities[row.id] > 0 ? 0 : view.former[row.id],
      }));
      paintBars(data, bars, settings, scale);
      paintFoot(data, view);
    };

    const tail = (data, view) => {
      const rest = data.order.slice(data.rows.length - 1);
      return { kept: rest.reduce((sum, id) => sum + view.probabilities[id], 0), gone: 0, tail: true };
    };

    const paintHead = (settings, view) => {
      const t = settings.temperature;
      if (document.activeElement !== number) number.value = lab.temperatureText(t);
      if (document.activeElement !== range || Number(range.value) !== t) range.value = t;
      card.style.setProperty("--t", lab.thermal(t, config.stops));
      lab.setText(hint, live ? `live · ${word(t)}` : word(t));
      lab.setText(stats.bits, view.summary.entropy.toFixed(2));
      lab.setText(stats.choices, view.summary.choices.toFixed(1));
      lab.setText(stats.top, `${(100 * view.summary.top).toFixed(0)}%`);
      lab.setText(stats.kept, view.summary.kept.toLocaleString("en"));
    };

    const paintBars = (data, bars, settings, scale) => {
      const at = config.textAt * scale;
      const text = bars.map((bar) => (bar.gone > 0 ? `<s>${lab.percent(bar.gone)}</s>` : lab.percent(bar.kept)));
      const colour = lab.thermal(settings.temperature, config.stops);
      const grey = lab.ink("--lab-muted");
      const x = [bars.map((bar) => bar.kept), bars.map((bar) => bar.gone), bars.map(() => at)];
      const colours = bars.map((bar) => (bar.tail ? lab.ink("--lab-tail") : colour));
      plot.setAttribute("aria-label", `Probabilities at temperature ${settings.temperature}; the table below holds the numbers`);
      if (state.rows !== data.rows || state.scale !== scale) {
        const fresh = figure(data, data.rows);
        fresh.layout.xaxis.range = [0, at];
        fresh.data.forEach((trace, i) => (trace.x = x[i]));
        fresh.data[0].marker.color = colours;
        fresh.data[2].text = text;
        fresh.data[2].textfont = { color: grey };
        Object.assign(state, { rows: data.rows, scale });
        const first = !state.ready;
        lab.plot(plot, fresh);
        if (first) listen();
        state.ready = true;
        return;
      }
      window.Plotly.restyle(plot, { x, "marker.color": [colours, "#98a0aa", undefined], text: [undefined, undefined, text] }, [0, 1, 2]);
    };

    const paintFoot = (data, view) => {
      const rest = data.raw.length - data.rows.filter((row) => row.id !== null).length;
      const mass = tail(data, view).kept;
      const counts = {};
      for (const name of view.removedBy) if (name) counts[name] = (counts[name] || 0) + 1;
      const removed = Object.entries(counts).map(([name, n]) => `${n.toLocaleString("en")} removed by ${lab.stageName(name).replaceAll("-", "\u2011")}`);
      const more = rest > 0 ? `… ${rest.toLocaleString("en")} more tokens: ${lab.percent(mass)}` : `all ${data.raw.length} tokens`;
      lab.setText(foot, [more, ...neverWritten(data)].join(" · "));
      lab.setText(gone, removed.join(", "));
    };

    // A model scores what it must not write, such as the word for all rare words: it comes as −∞.
    const neverWritten = (data) => {
      const never = data.numbers ? [] : data.order.filter((id) => data.raw[id] === -Infinity).map((id) => data.labels[id]);
      return never.length ? [`${never.join(", ")} is never written`] : [];
    };

    state.repaint = (data, settings, scale) => {
      state.rows = null;
      state.update(data, settings, scale);
    };
    return state;
  };

  // A context piece by piece: [[label, known]], of which the first `unseen` are out of the model's sight.
  lab.pieceSpans = (pieces, unseen = 0) => pieces.map(([label, known], i) => {
    const [kind, title] = !known ? [" unknown", "the model does not know this; it is left out"] : i < unseen ? [" unseen", "the model does not see this: it lies too far back"] : ["", ""];
    return h("span", { class: `tok${kind}${/^[␣⏎⇥]+$/.test(label) ? " space" : ""}`, text: label, title });
  });
  // Spaces are no tokens of words: each stands on its own.
  lab.areWords = (pieces) => pieces.some(([label, known]) => known && [...label].length > 1);

  lab.clip = (label, n) => (label.length > n ? `${label.slice(0, n - 1)}…` : label);
  lab.stageName = (name) => (name === "temperature" ? "T = 0" : lab.stageTitle(name));
})();
