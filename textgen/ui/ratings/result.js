// When the rating has ended: the scores as a file, those of others, the next rater, in the end the result.
import { h } from "../shell/dom.js";
import { textOf } from "../shell/files.js";
import { temperatureText } from "../shell/format.js";
import { about, term } from "../glossary/glossary.js";
import { dot } from "./rate.js";
import { countsOf } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Result} Result */
/** @typedef {import("../shell/dom.js").Child} Child */

/** @param {string} text @param {string} title @param {() => void} onclick @param {string} [look] */
const button = (text, title, onclick, look = "button") =>
  h("button", { class: look, type: "button", title: title || null, onclick }, text);
const PRIMARY = "button primary";
const REVEAL = "Tells which text was which: from then on nobody rates blind";

/**
 * The scores so far.
 * @param {State} state
 * @param {any} config
 * @param {{ set: (changes: Partial<State>) => void, add: (files: string[]) => void, reveal: () => void,
 *   save: () => void, back: () => void, next: () => void, refuse: (field: string, sentence: string) => void,
 *   problems: import("./rate.js").Problems }} on
 */
export const doneCard = (state, config, on) => {
  const set = /** @type {import("./state.js").RatingSet} */ (state.set);
  const raters = [...countsOf(state.ratings)].map(([rater, n]) =>
    h("li", {}, h("b", {}, rater), ` ${n} of ${set.sheet.length} texts`));
  return h("section", { class: "card ratings-done", key: "done" },
    h("h3", {}, "Scores so far"),
    h("ul", { class: "ratings-raters" },
      raters.length ? raters : h("li", { class: "muted" }, "nothing rated yet")),
    h("div", { class: "ratings-row" },
      button("Show the result", REVEAL, on.reveal, PRIMARY),
      button("Save the scores", "A CSV file, to be put together with those of others", on.save),
      button("‹ Back to the texts", "Change a score", on.back)),
    h("p", { class: "muted small" }, `${REVEAL}.`),
    on.problems.of("reveal"),
    h("div", { class: "ratings-more" }, h("div", {},
      h("h4", {}, "Somebody else on this device"),
      h("p", { class: "muted small" }, "The same texts, and your scores hidden."),
      h("div", { class: "ratings-row" }, h("input", {
        type: "text", maxlength: config.rater, "aria-label": "Name of the next rater",
        placeholder: "name of the next rater", value: state.next, ...on.problems.marks("next"),
        oninput: (/** @type {any} */ { target }) => on.set({ next: target.value }),
      }), button("Hand over", "The next person rates", on.next)), on.problems.of("next")),
    others(state, config, on)));
};

/** Scores from other devices. @param {State} state @param {any} config @param {any} on */
const others = (state, config, on) => h("div", {},
  h("h4", {}, "Scores from other devices"),
  h("p", { class: "muted small" }, "Files that others saved of the same set, ", h("code", {}, state.set?.set),
    "."),
  h("input", {
    type: "file", accept: ".csv,text/csv,text/plain", multiple: true, "aria-label": "Files of scores",
    ...on.problems.marks("add_scores"),
    onchange: (/** @type {any} */ { target }) => open(target, config.bytes, on),
  }),
  h("details", { class: "fold" }, h("summary", {}, "or paste them"),
    h("textarea", {
      rows: 4, "aria-label": "Scores of others, as CSV", placeholder: "set,item,rater,score",
      spellcheck: "false", value: state.pasted,
      oninput: (/** @type {any} */ { target }) => on.set({ pasted: target.value }),
    }),
    h("div", { class: "ratings-row" }, button("Add these scores", "", () => on.add([state.pasted])))),
  on.problems.of("add_scores"));

/**
 * Read files as texts: those that are some are added.
 * @param {HTMLInputElement} input @param {number} most bytes
 */
const open = async (input, most, /** @type {any} */ on) => {
  const files = [...(input.files ?? [])];
  const read = await Promise.allSettled(files.map((file) => textOf(file, most)));
  input.value = "";
  on.add(read.flatMap((one) => (one.status === "fulfilled" ? [one.value.text] : [])));
  const wrong = read.flatMap((one) => (one.status === "rejected" ? [one.reason.message] : []));
  if (wrong.length) on.refuse("add_scores", wrong.join(". "));
};

/** What a result is about. */
export const titleOf = (/** @type {Result} */ { question, raters }) => {
  const people = raters.length === 1 ? "one person sees it" : `${raters.length} people see it`;
  return `${question[0].toUpperCase()}${question.slice(1)}, as ${people}`;
};

/**
 * What came of it, and which text was which.
 * @param {Result} result
 * @param {{ save: () => void, json: () => void, picture: (format: string) => void, again: () => void,
 *   ref: (place: HTMLElement) => void }} on
 */
export const resultCards = (result, on) => h("div", { class: "pair ratings-result", key: "result" },
  h("section", { class: "card" }, h("h3", {}, titleOf(result)),
    h("div", {
      role: "img", opaque: true, ref: on.ref,
      "aria-label": "Scores against temperature; the table holds the numbers",
    }),
    h("div", { class: "ratings-row" },
      button("Scores (CSV)", "All scores, as others can load them", on.save),
      button("All (JSON)", "Scores, means, agreement and key", on.json),
      button("PNG", "The chart as a picture", () => on.picture("png")),
      button("SVG", "The chart as a drawing", () => on.picture("svg")),
      h("span", { class: "grow" }), button("Rate another set", "Choose anew", on.again, PRIMARY))),
  h("section", { class: "card" }, h("h3", {}, "The numbers"),
    h("div", { class: "scroll" }, table(
      ["setting", "T", "score", term("95% interval", "95%"), "texts", "ratings", term("proxy")],
      result.rows.map(({ label, t, mean, between, texts, ratings, proxy }) => [
        h("th", { scope: "row" }, label), temperatureCell(t), h("td", { class: "strong" }, mean),
        ...cells(between, texts, ratings, proxy),
      ]))),
    h("p", { class: "muted small" },
      `The proxy is a computer's measure of the same texts, which people need not share. ${result.caution}`),
    h("div", { class: "ratings-heading" }, h("h3", {}, "How far people agree"), about("agreement")),
    h("div", { class: "ratings-agreement" }, result.agreement.map((text) => h("p", {}, text))),
    h("details", { class: "fold" }, h("summary", {}, "Which text was which"),
      h("div", { class: "scroll tall" }, table(["code", "setting", "T", "seed", "scores"],
        result.key.map(({ code, label, t, seed, scores }) => [
          h("th", { scope: "row" }, code), ...cells(label), temperatureCell(t), ...cells(seed, scores),
        ]))))));

const temperatureCell = (/** @type {number} */ t) => h("td", {}, dot(t), temperatureText(t));
const cells = (/** @type {(string | number)[]} */ ...texts) => texts.map((text) => h("td", {}, text));
/** @param {Child[]} head @param {Child[][]} rows */
const table = (head, rows) => h("table", {},
  h("thead", {}, h("tr", {}, head.map((text) => h("th", { scope: "col" }, text)))),
  h("tbody", {}, rows.map((row) => h("tr", {}, row))));
