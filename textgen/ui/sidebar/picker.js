// A list to choose from: title and one line each, in groups. A button that opens a list box, as the
// select-only combobox of the ARIA practices: arrows, Home, End, letters, Enter, Escape.
import { h, render } from "../shell/dom.js";
import { about } from "../glossary/glossary.js";

const LETTERS_REST = 700; // ms after which a letter begins a new search
let number = 0;

/** @typedef {import("../shell/config.js").ModelGroup} Group */

const without = (/** @type {Group} */ { label, models }, /** @type {string} */ choice) =>
  ({ label, models: models.filter(({ name }) => name !== choice) });

/**
 * What a distribution is made from: a model of the list, or numbers that somebody types in.
 * @param {{ numbers: string, onPick: (name: string) => void }} options `numbers`: the list's name for those
 * @returns {{ node: HTMLElement, update: (groups: Group[], value: string) => void }}
 */
export const createSourceChoice = ({ numbers, onPick }) => {
  const picker = createPicker({ label: "Model", onPick, key: "model" });
  const node = document.createElement("div");
  let model = ""; // the last one that was chosen
  const update = (/** @type {Group[]} */ groups, /** @type {string} */ value) => {
    const there = groups.map((group) => without(group, numbers)).filter(({ models }) => models.length);
    const own = value === numbers;
    if (!own) model = value;
    model ||= there[0]?.models[0].name ?? "";
    picker.update(there, model);
    const choice = (/** @type {string} */ text, /** @type {string} */ name, /** @type {boolean} */ pressed) =>
      h("button", {
        type: "button", "aria-pressed": pressed, disabled: !name, onclick: () => pressed || onPick(name),
      }, text);
    render(node, h("div", { class: "segments", role: "group", "aria-label": "What is asked" },
      choice("A model", model, !own), choice("Your own numbers", numbers, own)), !own && picker.node);
  };
  return { node, update };
};

/**
 * @param {{ label: string, onPick: (name: string) => void, key?: string }} options `key` of the glossary
 * @returns {{ node: HTMLElement, update: (groups: Group[], value: string) => void }}
 */
export const createPicker = ({ label, onPick, key }) => {
  const id = `lab-picker-${(number += 1)}`;
  const node = document.createElement("div");
  node.className = "picker";
  /** @type {Group[]} */
  let groups = [];
  let value = "";
  let at = -1; // which option is marked; −1: the list is closed
  let typed = "";
  let typedAt = 0;

  const models = () => groups.flatMap((group) => group.models);
  const update = (/** @type {Group[]} */ newGroups, /** @type {string} */ newValue) => {
    [groups, value] = [newGroups, newValue];
    node.dataset.value = value;
    draw();
  };

  const open = () => mark(Math.max(0, models().findIndex((model) => model.name === value)));
  const close = () => {
    at = -1;
    draw();
  };
  const mark = (/** @type {number} */ place, scroll = true) => {
    at = Math.min(Math.max(place, 0), models().length - 1);
    draw();
    if (scroll) node.querySelector(".picker-option.at")?.scrollIntoView({ block: "nearest" });
  };
  const pick = (/** @type {number} */ place) => {
    const model = models()[place];
    close();
    /** @type {HTMLElement | null} */ (node.querySelector(".picker-button"))?.focus();
    if (model && model.name !== value) onPick(model.name);
  };

  /** The next title that begins with the letters typed. */
  const search = (/** @type {string} */ letter) => {
    const now = performance.now();
    typed = now - typedAt > LETTERS_REST ? letter : typed + letter;
    typedAt = now;
    const all = models();
    const from = typed.length > 1 ? at : at + 1;
    const order = all.map((_, i) => (i + from) % all.length);
    const match = order.find((i) => all[i].title.toLowerCase().startsWith(typed.toLowerCase()));
    if (match !== undefined) mark(match);
  };

  /** @type {Record<string, () => void>} */
  const KEYS = {
    ArrowDown: () => (at < 0 ? open() : mark(at + 1)),
    ArrowUp: () => (at < 0 ? open() : mark(at - 1)),
    Home: () => at >= 0 && mark(0),
    End: () => at >= 0 && mark(models().length - 1),
    Enter: () => (at < 0 ? open() : pick(at)),
    " ": () => (at < 0 ? open() : pick(at)),
    Escape: () => at >= 0 && close(),
  };
  const onkeydown = (/** @type {KeyboardEvent} */ event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in KEYS) {
      KEYS[event.key]();
      event.preventDefault();
    } else if (event.key.length === 1) {
      if (at < 0) open();
      search(event.key);
    }
  };

  const draw = () => {
    const chosen = models().find((model) => model.name === value);
    const heading = h("span", { class: "picker-label", id: `${id}-label` }, label);
    render(node, heading, key && about(key, "the line below"), button(chosen), list());
  };
  const button = (/** @type {Group["models"][number] | undefined} */ chosen) => h("button", {
    class: "picker-button", type: "button", role: "combobox",
    "aria-haspopup": "listbox", "aria-expanded": at >= 0, "aria-controls": `${id}-list`,
    "aria-labelledby": `${id}-label ${id}-value`, "aria-describedby": `${id}-line`,
    "aria-activedescendant": at < 0 ? null : `${id}-${at}`,
    onkeydown, onclick: () => (at < 0 ? open() : close()),
  },
  h("span", {}, h("b", { id: `${id}-value` }, chosen?.title ?? "none"),
    h("span", { class: "picker-line", id: `${id}-line` }, chosen?.line ?? "")),
  h("i", { "aria-hidden": true }));
  const list = () => {
    let place = -1;
    const option = (/** @type {Group["models"][number]} */ model) => {
      const own = (place += 1);
      return h("div", {
        class: own === at ? "picker-option at" : "picker-option", role: "option", id: `${id}-${own}`,
        "aria-selected": model.name === value, onclick: () => pick(own),
        onpointermove: () => own !== at && mark(own, false),
      }, h("b", {}, model.title), h("span", { class: "picker-line" }, model.line));
    };
    return h("div", {
      class: "picker-list", id: `${id}-list`, role: "listbox", "aria-labelledby": `${id}-label`, tabindex: -1,
      hidden: at < 0,
      onpointerdown: (/** @type {Event} */ event) => event.preventDefault(), // keeps the focus
    }, groups.map((group, i) => {
      const head = `${id}-group-${i}`;
      return h("div", { class: "picker-group", role: "group", "aria-labelledby": head },
        h("div", { class: "picker-head", id: head }, group.label), group.models.map(option));
    }));
  };
  node.addEventListener("focusout", ({ relatedTarget }) => {
    if (at >= 0 && !node.contains(/** @type {Node | null} */ (relatedTarget))) close();
  });
  return { node, update };
};
