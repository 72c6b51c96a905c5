// The Save menu of a result. What makes the files is loaded when one is wanted.
import { h, render } from "../shell/dom.js";
import { problemText } from "../messages/problem.js";
import { Problem, whenBack } from "../server/server.js";

/**
 * @typedef {import("./files.js").Chart} Chart
 * @typedef {{ signal: AbortSignal, waits: (text: string) => void }} Making how a file is waited for, or not
 * @typedef {(making: Making) => unknown} Action saves a file; a sentence that it gives, at once or later, is
 *   shown
 * @typedef {{ text: string, title: string, save: Action }} Entry
 *
 * @typedef {object} Saved what a menu saves
 * @property {() => object | null | false | undefined} request for files of the server; none: nothing to save
 * @property {(() => Chart[]) | null} [charts] for pictures
 * @property {() => string} name of a picture's file
 * @property {() => string} [note] the line below a picture
 * @property {Record<string, Action | null>} [own] formats that the page makes itself
 * @property {Entry[]} [more] further entries
 * @property {Entry | null} [beside] a button of its own before the menu's
 * @property {(result: any) => string} [doubt] in what a receipt's result is not the one on the page, or ""
 */

const RECEIPT = "Model, settings, seed and result: what it takes to cite this and to repeat it";
/** @type {Record<string, [title: string, hint: string]>} */
const FORMATS = {
  csv: ["CSV", "The numbers as a table, for a spreadsheet"],
  json: ["JSON", "The numbers in full, for a program"],
  png: ["PNG", "The chart as a picture"],
  svg: ["SVG", "The chart as a drawing that stays sharp at any size"],
  receipt: ["Receipt", RECEIPT],
};
const PICTURES = ["png", "svg"];
const NOTHING = "There is nothing to save yet.";
const PATIENCE = 600; // ms until a file that is not there yet is told
const WIDEST = 170; // px that the entries take to the left of the button's right edge, at most

let menus = 0;

/**
 * A button that opens the formats of a result, and the place where it says what is made and what is wrong.
 * @param {Saved} saved @returns {HTMLElement}
 */
export const saveMenu = ({
  request, charts = null, name, note = () => "", own = {}, more = [], beside = null, doubt,
}) => {
  const [node, menu] = [document.createElement("div"), document.createElement("details")];
  [node.className, menu.className] = ["save", "save-menu"];
  const id = `problem-save-${(menus += 1)}`;
  let problem = "";
  /** @type {Map<AbortController, string>} Files that are made, and what is told of each. */
  const makings = new Map();
  const draw = () => render(node,
    beside && h("button", {
      class: "button", type: "button", title: beside.title, onclick: () => perform(beside.text, beside.save),
    }, beside.text),
    menu,
    [...makings].map(([making, text]) => text && h("span", { class: "save-status", role: "status" }, text,
      h("button", {
        class: "quiet", type: "button", "aria-label": `Stop: ${text}`, onclick: () => making.abort(),
      }, "Stop"))),
    problem && problemText(id, problem));
  const tell = (/** @type {string} */ sentence) => {
    problem = sentence;
    draw();
  };
  const close = () => menu.removeAttribute("open");

  /** Do it, telling what there is to wait for and what is wrong. @param {string} title @param {Action} act */
  const perform = async (title, act) => {
    const ending = new AbortController();
    const waits = (/** @type {string} */ text) => {
      clearTimeout(patience);
      makings.set(ending, `${title}: ${text}`);
      draw();
    };
    const patience = setTimeout(waits, PATIENCE, "the file is being made.");
    problem = "";
    try {
      const said = await act({ signal: ending.signal, waits });
      if (typeof said === "string") problem = said;
    } catch (error) {
      if (!(error instanceof Problem) && !ending.signal.aborted) throw error;
      if (!ending.signal.aborted) problem = /** @type {Problem} */ (error).message;
    } finally {
      clearTimeout(patience);
      makings.delete(ending);
      draw();
    }
  };
  const save = async (/** @type {string} */ format, /** @type {Making} */ making) => {
    const asked = request();
    if (!asked) return NOTHING;
    const self = own[format];
    if (self) return self(making);
    const files = await import("./files.js").catch(() => whenBack().then(() => import("./files.js")));
    if (!PICTURES.includes(format)) return files.saveNumbers(asked, format, making, doubt);
    return files.savePicture(charts?.() ?? [], { name: name(), note: note(), format });
  };
  /** @param {string} text @param {string} title @param {Action} act */
  const entry = (text, title, act) => {
    const onclick = () => {
      close();
      perform(text, act);
    };
    return h("button", { type: "button", title, onclick }, text);
  };
  const formats = Object.keys(FORMATS).filter((format) => charts || !PICTURES.includes(format));
  render(menu, h("summary", { class: "button" }, "Save"), h("div", { class: "save-entries" },
    formats.map((format) => entry(...FORMATS[format], (making) => save(format, making))),
    more.map(({ text, title, save: act }) =>
      entry(text, title, (making) => (request() ? act(making) : NOTHING)))));

  menu.addEventListener("toggle", () => {
    menu.classList.toggle("leftmost", menu.getBoundingClientRect().right < WIDEST);
    if (menu.open) {
      tell("");
      document.addEventListener("pointerdown", outside);
    } else document.removeEventListener("pointerdown", outside);
  });
  const outside = (/** @type {Event} */ { target }) => menu.contains(/** @type {Node} */ (target)) || close();
  menu.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !menu.open) return;
    close();
    menu.querySelector("summary")?.focus();
  });
  menu.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !menu.contains(/** @type {Node} */ (relatedTarget))) close();
  });
  tell("");
  return node;
};
