// The Model tab's first part: the card, how the model learned, and its README.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const WIDE = 170; // characters of a sentence that need two columns

  lab.factories.model = ({ root, trigger, props, memory }) => {
    const title = h("h2", { class: "model-title" });
    const line = h("span", { class: "muted" });
    const tiles = h("dl", { class: "tiles" });
    const note = h("p", { class: "note", role: "status" });
    const past = lab.timeline({ root, memory, stops: props.config.stops });
    const text = h("div", { class: "readme" });
    const readme = h("details", { class: "card fold" }, h("summary", { text: "The whole model card (README.md)" }), text);
    const head = h("section", { class: "card" }, h("header", { class: "model-head" }, title, line), tiles);
    const all = h("div", { class: "model-all" }, head, past.node, readme);
    root.replaceChildren(note, all);
    all.hidden = true;

    const tile = ({ label, value, detail }) => h("div", { class: `tile${detail.length > WIDE ? " wide" : ""}` }, h("dt", { text: label }), h("dd", {}, h("b", { text: value }), h("span", { text: detail })));
    const receive = (value) => {
      lab.setText(note, value.problem ?? value.note);
      all.hidden = !!value.problem;
      root.dataset.model = value.model;
      if (!value.problem) fill(value);
      root.dataset.updates = String(Number(root.dataset.updates ?? 0) + 1);
    };
    const fill = (value) => {
      if (memory.model !== value.model) Object.assign(memory, { model: value.model, moment: 0 });
      lab.setText(title, value.title);
      lab.setText(line, value.line);
      tiles.replaceChildren(...value.tiles.map(tile));
      past.node.hidden = !value.history;
      if (value.history) past.update(value.history);
      text.replaceChildren(...lab.markdown(value.readme));
      readme.hidden = !value.readme;
    };

    // While another tab is open the server is not asked, but when this one opens again.
    const stale = lab.whenSeen(root, () => trigger("look", {}), past.repaint);
    memory.changed = stale;
    lab.modelChanged = () => {
      memory.changed();
      lab.compareModelChanged?.();
    };
    lab.onTheme(past.repaint);
    stale();
    return receive;
  };

  // Calls `ask` when something has changed and the part can be seen; until then it waits. → changed()
  lab.whenSeen = (root, ask, seen = () => {}) => {
    const visible = () => root.isConnected && root.checkVisibility();
    let missed = false;
    const changed = () => {
      missed = !visible();
      if (!missed) ask();
    };
    new IntersectionObserver(() => {
      if (!visible()) return;
      seen();
      if (missed) changed();
    }).observe(root);
    return changed;
  };
})();
