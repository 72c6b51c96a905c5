// A list to choose from: title and one line each, in groups. A button that opens a list box, as the
// select-only combobox of the ARIA practices: arrows, Home, End, letters, Enter, Escape.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const REST = 700; // ms after which a letter begins a new search
  let serial = 0;

  // → { node, update(groups, value) }; groups: [{label, models: [{name, title, line}]}]
  lab.picker = ({ label, onPick }) => {
    const id = `lab-picker-${(serial += 1)}`;
    const title = h("b", { id: `${id}-value` });
    const line = h("span", { class: "picker-line", id: `${id}-line` });
    const button = h("button", { class: "picker-button", type: "button", role: "combobox", "aria-haspopup": "listbox", "aria-expanded": "false", "aria-controls": `${id}-list`, "aria-labelledby": `${id}-label ${id}-value`, "aria-describedby": `${id}-line` }, h("span", {}, title, line), h("i", { "aria-hidden": "true" }));
    const list = h("div", { class: "picker-list", id: `${id}-list`, role: "listbox", "aria-labelledby": `${id}-label`, tabindex: "-1" });
    list.hidden = true;
    const node = h("div", { class: "picker" }, h("span", { class: "picker-label", id: `${id}-label`, text: label }), button, list);
    let options = []; // [{model, node}]
    let value = null;
    let at = -1;

    // ---- the list
    const option = (model) => {
      const entry = { model, node: h("div", { class: "picker-option", role: "option", id: `${id}-${options.length}`, "aria-selected": String(model.name === value) }, h("b", { text: model.title }), h("span", { class: "picker-line", text: model.line })) };
      entry.node.addEventListener("click", () => pick(entry));
      entry.node.addEventListener("pointermove", () => move(options.indexOf(entry), false));
      options.push(entry);
      return entry.node;
    };
    const group = ({ label: name, models }, i) => h("div", { class: "picker-group", role: "group", "aria-labelledby": `${id}-group-${i}` }, h("div", { class: "picker-head", id: `${id}-group-${i}`, text: name }), ...models.map(option));
    const update = (groups, chosen) => {
      value = chosen;
      options = [];
      list.replaceChildren(...groups.map(group));
      const model = options.find((entry) => entry.model.name === value)?.model;
      lab.setText(title, model?.title ?? "none");
      lab.setText(line, model?.line ?? "");
      node.dataset.value = value ?? "";
    };

    // ---- opening, moving, picking
    const isOpen = () => !list.hidden;
    const open = () => {
      list.hidden = false;
      button.setAttribute("aria-expanded", "true");
      move(Math.max(0, options.findIndex((entry) => entry.model.name === value)));
    };
    const close = () => {
      list.hidden = true;
      button.setAttribute("aria-expanded", "false");
      button.removeAttribute("aria-activedescendant");
    };
    const move = (to, scroll = true) => {
      options[at]?.node.classList.remove("at");
      at = Math.min(Math.max(to, 0), options.length - 1);
      const entry = options[at];
      if (!entry) return;
      entry.node.classList.add("at");
      button.setAttribute("aria-activedescendant", entry.node.id);
      if (scroll) entry.node.scrollIntoView({ block: "nearest" });
    };
    const pick = (entry) => {
      close();
      button.focus();
      if (entry && entry.model.name !== value) onPick(entry.model.name);
    };

    // ---- letters: the next title that begins so
    let typed = "";
    let when = 0;
    const search = (letter) => {
      const now = performance.now();
      typed = now - when > REST ? letter : typed + letter;
      when = now;
      const from = typed.length > 1 ? at : at + 1;
      const order = options.map((_, i) => (i + from) % options.length);
      const found = order.find((i) => options[i].model.title.toLowerCase().startsWith(typed.toLowerCase()));
      if (found !== undefined) move(found);
    };

    const KEYS = {
      ArrowDown: () => (isOpen() ? move(at + 1) : open()),
      ArrowUp: () => (isOpen() ? move(at - 1) : open()),
      Home: () => isOpen() && move(0),
      End: () => isOpen() && move(options.length - 1),
      Enter: () => (isOpen() ? pick(options[at]) : open()),
      " ": () => (isOpen() ? pick(options[at]) : open()),
      Escape: () => isOpen() && close(),
    };
    button.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key in KEYS) {
        KEYS[event.key]();
        event.preventDefault();
      } else if (event.key.length === 1) {
        if (!isOpen()) open();
        search(event.key);
      }
    });
    button.addEventListener("click", () => (isOpen() ? close() : open()));
    node.addEventListener("focusout", ({ relatedTarget }) => !node.contains(relatedTarget) && close());
    list.addEventListener("pointerdown", (event) => event.preventDefault()); // the button keeps the focus
    return { node, update };
  };
})();
