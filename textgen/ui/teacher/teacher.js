// The page for a projector: large, without what only who sits at the keyboard needs, and led by single keys.
//
// A room names the buttons that keys press: `h("button", { "data-do": "write", … })`. Keys do nothing in
// fields, in dialogs or with Ctrl and Alt, and can be turned off where the keys are listed.
import { config } from "../shell/config.js";
import { h, render } from "../shell/dom.js";
import { effectOf, numberFrom, temperatureText } from "../shell/format.js";
import { store } from "../shell/lab.js";
import { kept } from "../link/opened.js";
import { pathTo } from "../link/address.js";
import { tabs } from "../link/record.js";
import { say } from "../words/words.js";
import { onTab, openedTab, openedTitle, openTabs } from "../frame/tabs.js";

/** @typedef {{ signal: AbortSignal, share: () => void }} Options */
/** @typedef {{ keys: string[], what: string, act: (key: string) => void, always?: boolean }} Command */

const TEACH = "temperature-lab-teach"; // in what the tab keeps; read by first.js
const NO_KEYS = "temperature-lab-no-keys"; // in the browser's storage: for good
const STEP = 0.1;
const FINE = 0.01;
const SAID = 5_000; // ms that a sentence stays
const MOST = 9; // panels that have a key
const TYPED_IN = "textarea, select, [contenteditable], dialog, [role=dialog], [role=listbox], "
  + "[role=combobox], input:not([type=range], [type=checkbox], [type=radio], [type=button])";

/** Whether a key is meant for the page, not for what has the focus. @param {KeyboardEvent} event */
export const isForPage = ({ ctrlKey, metaKey, altKey, isComposing, defaultPrevented, target }) =>
  !ctrlKey && !metaKey && !altKey && !isComposing && !defaultPrevented
    && !/** @type {Element | null} */ (target)?.closest?.(TYPED_IN);

/** The temperature a step up or down, within the slider. @param {number} now @param {number} step */
export const stepped = (now, step) => {
  const { low, high } = config.stages[0];
  return Math.min(Math.max(Number((now + step).toFixed(2)), low), high);
};

/** The tab before or after another, round in a circle. @param {string} tab @param {number} by */
export const tabBeside = (tab, by) => {
  const all = tabs();
  return all[(all.indexOf(tab) + by + all.length) % all.length];
};

/** A browser may forbid its storage. @template T @param {() => T} use @returns {T | null} */
const allowed = (use) => {
  try {
    return use();
  } catch {
    return null;
  }
};

/** @param {Options} options */
export const createTeacher = ({ signal, share }) => {
  const root = document.documentElement;
  const node = document.createElement("div");
  node.className = "teacher";
  const help = document.createElement("dialog");
  help.className = "keys lab-root";
  help.setAttribute("aria-labelledby", "keys-title");
  const blank = document.createElement("dialog");
  blank.className = "blank";
  blank.setAttribute("aria-label", say("head.blank"));
  let keysOn = allowed(() => localStorage.getItem(NO_KEYS)) === null;
  let said = ""; // what the last key did, or why it did nothing
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let saying;
  /** @type {Map<string, Set<number>>} Panels that are out of sight, by tab. */
  const away = new Map();
  /** @type {Map<string, number>} The panel that keys act on, by tab; 0: none. */
  const chosen = new Map();

  const tell = (/** @type {string} */ sentence) => {
    clearTimeout(saying);
    said = sentence;
    draw();
    saying = setTimeout(tell, SAID, "");
    if (!sentence) clearTimeout(saying);
  };
  const isOn = () => root.dataset.teach !== undefined;
  const turn = (/** @type {boolean} */ on) => {
    root.toggleAttribute("data-teach", on);
    if (on) kept.setItem(TEACH, "");
    else kept.removeItem(TEACH);
    tell(say(on ? "head.teach.on" : "head.teach.off"));
    window.dispatchEvent(new Event("resize")); // charts and bars take their new room
  };

  // ---- what keys do
  const room = () => /** @type {HTMLElement[]} */ ([...document.querySelectorAll("#tabs .lab-root")])
    .find((element) => element.checkVisibility());
  const button = (/** @type {string} */ what) => {
    const found = what === "undo" ? ".lab-undo button" : `[data-do="${what}"]`;
    return /** @type {HTMLButtonElement[]} */ ([...room()?.querySelectorAll(found) ?? []])
      .find(({ disabled }) => !disabled);
  };
  const press = (/** @type {string} */ what) => () => {
    const found = button(what);
    if (found) found.click();
    else tell(say("head.key.none", { what: say(`head.key.${what}`), tab: openedTitle() }));
  };
  const heat = (/** @type {number} */ step) => () => {
    const place = chosen.get(openedTab()) ?? 0;
    const field = /** @type {HTMLInputElement | null | undefined} */ (
      panels()[place - 1]?.querySelector(".panel-t"));
    if (field && !field.readOnly) return heatPanel(field, step);
    if (place && !field) return tell(say("head.key.notheat", { panel: place }));
    const why = config.ignored[openedTab()]?.temperature;
    if (why) return tell(why);
    store.set({ settings: { temperature: stepped(store.state.settings.temperature, step) } });
  };
  /** A panel's own temperature, as if it was typed. */
  const heatPanel = (/** @type {HTMLInputElement} */ field, /** @type {number} */ step) => {
    field.value = String(stepped(numberFrom(field.value) || 0, step));
    for (const type of ["input", "change"]) field.dispatchEvent(new Event(type, { bubbles: true }));
  };
  const panels = () => [...room()?.querySelectorAll(":is(.panels, .text-panes) > *") ?? []];
  const choosePanel = (/** @type {string} */ key) => {
    const n = Number(key);
    if (n > panels().length) return tell(say("head.key.nopanel", { panel: n, tab: openedTitle() }));
    const again = chosen.get(openedTab()) === n;
    chosen.set(openedTab(), again ? 0 : n);
    tell(say(again ? "head.panels.left" : "head.panels.chosen", { n }));
  };
  const hidePanel = () => {
    const [n, hidden] = [chosen.get(openedTab()) ?? 0, away.get(openedTab()) ?? new Set()];
    if (n === 0 || n > panels().length) return tell(say("head.panels.choose"));
    if (!hidden.delete(n)) hidden.add(n);
    away.set(openedTab(), hidden);
    tell(say(hidden.has(n) ? "head.panels.away" : "head.panels.back", { n }));
    window.dispatchEvent(new Event("resize"));
  };
  const allPanels = () => {
    away.delete(openedTab());
    chosen.delete(openedTab());
    tell(say("head.panels.all"));
    window.dispatchEvent(new Event("resize"));
  };
  const move = (/** @type {number} */ by) => () => openTabs(pathTo(tabBeside(openedTab(), by)));
  const showHelp = () => {
    draw();
    help.showModal();
  };
  const cover = () => blank.showModal();

  /** Arrows scroll, and move what has the focus, unless a panel is chosen. @param {KeyboardEvent} event */
  const movesPanel = ({ target }) => Boolean(chosen.get(openedTab()))
    && !(/** @type {Element} */ (target).closest("input, button, [role=tab]"));

  /** @type {Command[]} In the order in which they are listed; `always`: without the projector's page, too. */
  const commands = [
    { keys: ["t"], what: "teach", act: () => turn(!isOn()), always: true },
    { keys: ["?"], what: "help", act: showHelp, always: true },
    { keys: ["+", "=", "ArrowUp"], what: "hotter", act: heat(STEP) },
    { keys: ["-", "−", "ArrowDown"], what: "colder", act: heat(-STEP) },
    { keys: ["]", ">"], what: "bitHotter", act: heat(FINE) },
    { keys: ["[", "<"], what: "bitColder", act: heat(-FINE) },
    { keys: Array.from({ length: MOST }, (_, i) => String(i + 1)), what: "panel", act: choosePanel },
    { keys: ["h"], what: "hide", act: hidePanel },
    { keys: ["0"], what: "allPanels", act: allPanels },
    { keys: ["s"], what: "sample", act: press("sample") },
    { keys: ["u"], what: "undo", act: press("undo") },
    { keys: ["w"], what: "write", act: press("write") },
    { keys: ["x"], what: "stop", act: press("stop") },
    { keys: ["d"], what: "draw", act: press("draw") },
    { keys: ["n"], what: "next", act: move(1) },
    { keys: ["p"], what: "before", act: move(-1) },
    { keys: ["b", "."], what: "blank", act: cover },
    { keys: ["l"], what: "share", act: share },
  ];
  document.addEventListener("keydown", (event) => {
    if (!keysOn || !isForPage(event)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const command = commands.find(({ keys, always }) => keys.includes(key) && (always || isOn()));
    if (!command || (key.startsWith("Arrow") && !movesPanel(event))) return;
    event.preventDefault();
    command.act(key);
  }, { signal });
  blank.addEventListener("keydown", (event) => {
    if (["b", ".", " ", "Enter"].includes(event.key)) blank.close();
    event.preventDefault();
  });
  blank.addEventListener("click", () => blank.close());
  help.addEventListener("click", ({ target }) => target === help && help.close());

  // ---- what is shown
  const setKeys = (/** @type {boolean} */ on) => {
    keysOn = on;
    allowed(() => (on ? localStorage.removeItem(NO_KEYS) : localStorage.setItem(NO_KEYS, "")));
    draw();
  };
  const shownKeys = (/** @type {Command} */ { keys, what }) =>
    (what === "panel" ? ["1", "…", String(MOST)] : keys.slice(0, 1)).map((key) => h("kbd", {}, key));
  const helpTree = () => [
    h("header", {}, h("h2", { id: "keys-title" }, say("head.keys")),
      h("button", { class: "button", type: "button", onclick: () => help.close() }, say("head.close"))),
    h("label", { class: "keys-switch" }, h("input", {
      type: "checkbox", checked: keysOn,
      onchange: (/** @type {any} */ { target }) => setKeys(target.checked),
    }), say("head.keys.on")),
    h("p", { class: "muted" }, say("head.keys.where")),
    h("dl", {}, commands.map((command) => h("div", { class: keysOn ? "" : "off" },
      h("dt", {}, shownKeys(command)), h("dd", {}, say(`head.key.${command.what}`))))),
  ];
  const iconButton = (
    /** @type {string} */ title, /** @type {string} */ icon, /** @type {() => void} */ onclick,
    /** @type {object} */ more = {},
  ) => h("button", { class: "head-button", type: "button", title, "aria-label": title, onclick, ...more },
    h("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, h("path", { d: icon })));

  /** The projector's own line: what is open, and the temperature where it counts. */
  const bar = () => {
    const { temperature } = store.state.settings;
    const { low, high, step } = config.stages[0];
    const counts = !config.ignored[openedTab()]?.temperature;
    return h("div", { class: "teach-bar", key: "bar" },
      h("b", { class: "teach-title" }, openedTitle()),
      counts && h("label", { class: "teach-heat", key: "heat" },
        h("span", {}, `T = ${temperatureText(temperature)}`), h("input", {
          class: "thermal-range", type: "range", min: low, max: high, step, value: String(temperature),
          "aria-label": say("head.temperature"), "aria-valuetext": `${temperature}, ${effectOf(temperature)}`,
          oninput: (/** @type {any} */ { target }) =>
            store.set({ settings: { temperature: target.valueAsNumber } }),
        })));
  };
  const draw = () => {
    const hidden = away.get(openedTab());
    root.dataset.chosen = isOn() ? String(chosen.get(openedTab()) ?? 0) : "0";
    root.dataset.away = [...hidden ?? []].join(" ");
    root.toggleAttribute("data-few", panels().length - (hidden?.size ?? 0) <= 2);
    render(node, isOn() && bar(),
      iconButton(say("head.keys"), KEYS, showHelp, { "aria-haspopup": "dialog" }),
      iconButton(say(isOn() ? "head.teach.leave" : "head.teach"), BOARD, () => turn(!isOn()),
        { "aria-pressed": isOn(), "aria-keyshortcuts": keysOn ? "t" : undefined }),
      h("span", { class: isOn() ? "teach-said" : "lab-spoken", role: "status" }, said), help, blank);
    render(help, helpTree());
    render(blank, h("button", { type: "button", class: "lab-spoken" }, say("head.blank.back")));
  };
  store.listen((state, before) => {
    if (isOn() && state.settings !== before.settings) draw();
  }, signal);
  onTab(draw, signal);
  draw();
  return { node };
};

const BOARD = "M1.5 2.5h13v8.5h-13zM8 11v2M5 14.5l3-1.5 3 1.5";
const KEYS = "M1.5 4h13v8h-13zM4 6.7h.1M6.7 6.7h.1M9.3 6.7h.1M12 6.7h.1M4.5 9.4h7";
