// The frame around the rooms: the way past the controls, the page's heading, light or dark, a print's head.
import { component } from "../shell/component.js";
import { config } from "../shell/config.js";
import { activeStages } from "../bars/decoding.js";
import { h, render } from "../shell/dom.js";
import { capital, clip, clipStart } from "../shell/format.js";
import { catchFiles } from "../shell/files.js";
import { keptForm } from "../shell/forms.js";
import { neutral, store, typedIn } from "../shell/lab.js";
import { modelGroups } from "../own/own.js";
import { followAddress } from "../link/address.js";
import { flags, lesson, opened } from "../link/opened.js";
import { listenToKeys, openedTab, openedTabs, openedTitle } from "./tabs.js";
import { stageText } from "../bars/tokens.js";

export const mount = component("frame", ({ root, signal }) => {
  const asked = opened ?? lesson;
  let doubts = [...hideControls(), ...asked?.problems ?? []]; // what of the address could not be read
  const draw = () => render(root,
    h("a", { class: "skip", href: "#tabs", onclick: skip }, "Skip the controls"),
    h("h1", { class: "lab-spoken" }, document.title),
    themeSwitch(draw),
    doubtsOf(doubts, () => tell([])),
    h("p", { class: "sheet-line" }, h("b", {}, openedTitle()), sheetText(store.state, openedTab())));
  const tell = (/** @type {string[]} */ problems) => {
    doubts = problems;
    draw();
  };
  draw();
  const paper = window.matchMedia("print");
  paper.addEventListener("change", () => {
    draw();
    show(chosen(), paper.matches);
  }, { signal });
  system().addEventListener("change", () => show(chosen()), { signal });
  listenToKeys(signal);
  catchFiles(signal);
  const kept = { open: /** @type {string[]} */ ([]) };
  const left = keptForm("tabs", kept, () => ({ open: openedTabs() })).open.at(-1);
  followAddress(signal, asked?.record.tab ?? left ?? "", tell);
  clearAddress();
});

/** Leave out what `?hide=` names: controls here, larger parts by teacher.css. What is neither is told. */
const hideControls = () => {
  const controls = ["model", "context", "presets", "seed", "order", ...config.stages.map(({ name }) => name)];
  const hidden = flags.hide.filter((name) => controls.includes(name));
  const sheet = new CSSStyleSheet();
  const ids = hidden.map((name) => `#sidebar #${name === "seed" ? "seed-row" : name}`);
  if (hidden.length) sheet.replaceSync(`${ids.join()} { display: none }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  const legal = `some of ${[...PARTS, ...controls].join(", ")}`;
  return flags.hide.filter((name) => ![...PARTS, ...controls].includes(name))
    .map((name) => `hide must be ${legal}, got ${clip(name, 40)}; it hides nothing`);
};
const PARTS = ["sidebar", "tabs", "head", "save"];

/** What of a link could not be read, until it is read. */
const doubtsOf = (/** @type {string[]} */ problems, /** @type {() => void} */ done) =>
  problems.length > 0 && h("div", { class: "link-doubts", key: "doubts", role: "alert" },
    h("p", {}, "Not all of this link could be read. What could is shown, the rest is as usual:"),
    h("ul", {}, problems.slice(0, MOST_DOUBTS).map((problem) => h("li", {}, capital(problem)))),
    problems.length > MOST_DOUBTS && h("p", {}, `and ${problems.length - MOST_DOUBTS} more`),
    h("button", { class: "button", type: "button", onclick: done }, "Go on"));
const MOST_DOUBTS = 8;

/** To the room that is open, past the sidebar and the tabs. */
const skip = (/** @type {Event} */ event) => {
  event.preventDefault();
  const rooms = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("#tabs .lab-root")]);
  const room = rooms.find((element) => element.checkVisibility());
  room?.setAttribute("tabindex", "-1");
  room?.focus();
};

/** What a printed sheet shows: the model, the context, and the settings that the tab heeds. */
export const sheetText = (
  /** @type {import("../shell/store.js").State} */ state, /** @type {string} */ tab,
) => {
  const heeded = (/** @type {string} */ name) => !(name in (config.ignored[tab] ?? {}));
  const title = modelGroups().flatMap(({ models }) => models).find(({ name }) => name === state.model)?.title;
  const context = state.context ? `after “${clipStart(state.context, SHOWN)}”` : "at the start of a text";
  const others = activeStages(state.settings, neutral).filter((name) => name !== "temperature");
  return [
    heeded("model") && (title ?? state.model),
    heeded("context") && (typedIn(state) ? state.numbers : context),
    heeded("temperature") && `T = ${state.settings.temperature}`,
    ...others.filter(heeded).map((name) => stageText(name, state.settings[name])),
    heeded("seed") && `seed ${state.seed}`,
  ].filter(Boolean).map((fact) => ` · ${fact}`).join("");
};
const SHOWN = 200; // characters of the context

/** Without what first.js told Gradio. */
const clearAddress = () => {
  if (document.documentElement.dataset.themed === undefined) return;
  const address = new URL(window.location.href);
  address.searchParams.delete("__theme");
  window.history.replaceState(window.history.state, "", address);
};

// ---- light, dark, or as the system is: first.js reads the choice before the page is painted

/** @typedef {"light" | "system" | "dark"} Theme */

const KEY = "temperature-lab-theme";
/** @type {[Theme, string, string][]} Name, what it does, the icon's outline. */
const THEMES = [
  ["light", "Light", "M8 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 1 0 0-7M8 .5v2M8 13.5v2M.5 8h2M13.5 8h2"
    + "M2.7 2.7l1.4 1.4M11.9 11.9l1.4 1.4M2.7 13.3l1.4-1.4M11.9 4.1l1.4-1.4"],
  ["system", "As the system is", "M1.5 2.5h13v8.5h-13zM5.5 14h5M8 11v3"],
  ["dark", "Dark", "M13.5 9.8A6 6 0 1 1 6.2 2.5 4.8 4.8 0 0 0 13.5 9.8z"],
];

const system = () => window.matchMedia("(prefers-color-scheme: dark)");

/** @returns {Theme} */
const chosen = () => {
  try {
    const kept = window.localStorage.getItem(KEY);
    return kept === "light" || kept === "dark" ? kept : "system";
  } catch {
    return "system";
  }
};

const choose = (/** @type {Theme} */ theme) => {
  try {
    window.localStorage.setItem(KEY, theme);
  } catch {
    // a browser that keeps nothing: until the page is loaded anew
  }
  show(theme);
};

/** Paper is light. */
const show = (/** @type {Theme} */ theme, paper = false) => {
  const dark = !paper && (theme === "system" ? system().matches : theme === "dark");
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
  document.body.classList.toggle("dark", dark);
};

/** Three pictures, one of which is chosen. */
export const themeSwitch = (/** @type {() => void} */ redraw) => {
  const now = chosen();
  return h("div", { class: "theme-switch", role: "group", "aria-label": "Light or dark" },
    THEMES.map(([theme, title, outline]) => h("button", {
      type: "button", title, "aria-label": title, "aria-pressed": theme === now,
      onclick: () => {
        choose(theme);
        redraw();
      },
    }, h("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, h("path", { d: outline })))));
};
