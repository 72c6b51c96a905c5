// One model of two: what it read, what it expects next, and what it wrote.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const TAIL = 120; // pieces of the context that are shown
  const LABEL = 16; // characters of a token beside its bar
  const TABLE = 15; // rows of the table

  lab.compareSide = (config) => {
    let shown = null; // {value, settings} of the bars
    let script = null; // {written, head} of the text
    const title = h("h4");
    const save = lab.saveMenu({
      request: () => shown && { kind: "distribution", model: shown.value.model, context: shown.value.context, panels: [shown.settings] },
      charts: () => [{ title: title.textContent, line: `T = ${lab.temperatureText(shown.settings.temperature)} · ${stats.bits.textContent} bits per ${unit.textContent}`, plot }],
      name: () => `next-token-${shown.value.model}`,
      note: () => `after ${JSON.stringify(shown.value.context.slice(-80))} · ${shown.value.model}`,
      more: [{ text: "Text’s receipt", title: "Model, settings and seed of the text below, and the text", save: () => saveText() }],
    });
    const saveText = () => {
      if (!script) return lab.toast("There is no text yet: press Write both.");
      const { prompt, seed, settings } = script.head;
      return lab.saveNumbers({ kind: "text", model: shown.value.model, prompt, seed, texts: [{ settings, strategy: "sampling", length: script.written.ids.length, picks: [] }] }, "receipt");
    };
    const line = h("span", { class: "muted" });
    const tokens = h("div", { class: "tokens" });
    const note = h("p", { class: "note" });
    const stats = Object.fromEntries(["bits", "choices", "top", "kept"].map((name) => [name, h("b")]));
    const unit = h("span");
    const plot = h("div", { class: "panel-plot", role: "img" });
    const foot = h("div", { class: "panel-foot" });
    const given = h("span", { class: "given" });
    const own = h("span");
    const facts = h("div", { class: "panel-foot" });
    const text = h("div", { class: "compare-text", tabindex: "0", role: "region" }, given, own);
    const card = h("section", { class: "compare-side panel" }, h("header", {}, h("div", { class: "grow" }, title, line), save), tokens, note,
      h("div", { class: "panel-stats" },
        h("span", { title: "Entropy: how uncertain the choice is" }, stats.bits, " bits per ", unit),
        h("span", { title: "Effective number of choices: 2 to the power of the entropy" }, stats.choices, " choices"),
        h("span", { title: "Probability of the likeliest token" }, "top ", stats.top),
        h("span", { title: "Tokens that can still be drawn" }, stats.kept, " kept")),
      plot, foot, text, facts);
    const side = { card, view: null };
    let drawn = null;

    const strip = ({ pieces, unseen }) => {
      const tail = pieces.slice(-TAIL);
      const cut = pieces.length - tail.length;
      tokens.replaceChildren(...(cut ? [h("span", { class: "muted", text: "… " })] : []), ...lab.pieceSpans(tail, Math.max(0, unseen - cut)), h("span", { class: "tok open", text: "?" }));
      tokens.classList.toggle("words", lab.areWords(pieces));
    };

    // value: what the server gave, with raw (V), order (V) and labels (V)
    side.update = (value, settings, fresh) => {
      shown = { value, settings };
      side.view = lab.distribution(value.raw, settings, value.history);
      const { summary } = side.view;
      card.style.setProperty("--t", lab.thermal(settings.temperature, config.stops));
      lab.setText(title, value.title);
      lab.setText(line, value.line);
      lab.setText(note, value.note);
      if (fresh) strip(value);
      lab.setText(stats.bits, summary.entropy.toFixed(2));
      lab.setText(unit, value.unit);
      lab.setText(stats.choices, summary.choices.toFixed(1));
      lab.setText(stats.top, `${(100 * summary.top).toFixed(0)}%`);
      lab.setText(stats.kept, summary.kept.toLocaleString("en"));
      bars(value, settings, fresh || drawn !== value);
      plot.setAttribute("aria-label", `What ${value.title} expects next; the table below holds the numbers`);
      card.dataset.top = value.labels[value.order[0]];
      card.dataset.entropy = summary.entropy.toFixed(4);
    };

    // ---- the bars: its own likeliest tokens, then the tail
    const bars = (value, settings, fresh) => {
      const ids = value.order.slice(0, config.rows);
      const kept = ids.map((id) => side.view.probabilities[id]);
      const gone = ids.map((id, i) => (kept[i] > 0 ? 0 : side.view.former[id]));
      const rest = value.order.slice(config.rows).reduce((sum, id) => sum + side.view.probabilities[id], 0);
      const more = value.raw.length - ids.length;
      lab.setText(foot, more > 0 ? `… ${more.toLocaleString("en")} more tokens: ${lab.percent(rest)}` : `all ${ids.length} tokens`);
      const x = [kept, gone, ids.map(() => config.textAt)];
      const text = ids.map((_, i) => (gone[i] > 0 ? `<s>${lab.percent(gone[i])}</s>` : lab.percent(kept[i])));
      const colour = lab.thermal(settings.temperature, config.stops);
      if (!fresh) return window.Plotly.restyle(plot, { x, "marker.color": [colour, "#98a0aa", undefined], text: [undefined, undefined, text] }, [0, 1, 2]);
      const figure = skeleton(ids.map((id) => value.labels[id]));
      figure.data.forEach((trace, i) => (trace.x = x[i]));
      figure.data[0].marker.color = colour;
      Object.assign(figure.data[2], { text, textfont: { color: lab.ink("--lab-muted") } });
      drawn = value;
      return lab.plot(plot, figure);
    };
    const skeleton = (labels) => {
      const copy = structuredClone(config.figure);
      const all = labels.map((_, i) => i);
      const wide = Math.max(...labels.map((label) => label.length));
      for (const trace of copy.data) Object.assign(trace, { y: all, customdata: labels.map(lab.plainText) });
      copy.layout.height = config.rowHeight * labels.length + 4;
      copy.layout.margin.l = Math.min(16 + 9.2 * Math.min(wide, LABEL), 150);
      Object.assign(copy.layout.yaxis, { range: [labels.length - 0.5, -0.5], tickvals: all, ticktext: labels.map((label) => lab.plainText(lab.clip(label, LABEL))) });
      return copy;
    };

    // ---- the text: {given, text, ids, done}, or null for none
    side.write = (written, head, running) => {
      script = written && { written, head };
      lab.setText(given, written ? head.prompt : "");
      lab.setText(own, written?.text ?? "");
      text.classList.toggle("none", !written);
      text.setAttribute("aria-label", `Text of ${title.textContent}`);
      text.classList.toggle("writing", !!written && running && !written.done);
      lab.setText(facts, written ? `${written.ids.length.toLocaleString("en")} tokens at T = ${lab.temperatureText(head.settings.temperature)}${written.done && written.text.length < head.length ? " · it ended here of itself" : ""}` : "");
      if (running) text.scrollTop = text.scrollHeight;
      card.dataset.text = written?.text ?? "";
    };
    side.write(null);
    return side;
  };

  // Both top lists in numbers.
  lab.compareNumbers = () => {
    const head = h("tr");
    const body = h("tbody");
    const node = h("details", { class: "fold" }, h("summary", { text: "The numbers" }), h("div", { class: "scroll" }, h("table", {}, h("thead", {}, head), body)));
    const cells = (value, view, i) => {
      const id = value.order[i];
      if (id === undefined) return [h("td"), h("td")];
      return [h("td", { class: "token", text: value.labels[id] }), h("td", { text: view.probabilities[id] > 0 ? lab.finePercent(view.probabilities[id]) : view.removedBy[id] ? "removed" : "0%" })];
    };
    const update = (data, views) => {
      head.replaceChildren(h("th", { scope: "col", text: "rank" }), ...data.flatMap(({ title }) => [h("th", { scope: "col", text: title }), h("th", { scope: "col", text: "p" })]));
      body.replaceChildren(...Array.from({ length: TABLE }, (_, i) => h("tr", {}, h("th", { scope: "row", text: String(i + 1) }), ...data.flatMap((value, k) => cells(value, views[k], i)))));
    };
    return { node, update };
  };
})();
