// What to rate, and one text to rate at a time: five buttons, the keys 1 to 5, back and on.
import { h } from "../shell/dom.js";
import { temperatureText } from "../shell/format.js";
import { thermal } from "../bars/theme.js";
import { amountOf, EACH, keyOf, ratedBy, scoreOf } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Cell} Cell */
/** @typedef {(changes: Partial<State>) => void} Set */
/** @typedef {ReturnType<typeof import("../messages/problem.js").createProblems>} Problems */

const LEAD =
  "Tick a few settings of the sweep. Few texts rated by many people tell more than many rated by one.";
const STILL_WRITTEN =
  "This sweep has not come to its end: a set begun now may differ from one that others begin later.";

export const dot = (/** @type {number} */ t) =>
  h("span", { class: "dot", style: `background:${thermal(t)}` });

/** Which settings of the sweep, how many texts of each, which question, who rates. */
export const choiceCard = (
  /** @type {State} */ state, /** @type {any} */ config,
  /** @type {{ set: Set, begin: () => void, problems: Problems }} */ on,
) => {
  const { text, possible } = amountOf(state, config);
  /** @param {"each" | "seed"} name @param {string} label */
  const number = (name, label) => h("input", {
    class: "count-field", type: "text", inputmode: "numeric", autocomplete: "off", "aria-label": label,
    value: String(state[name]), ...on.problems.marks(name === "each" ? EACH : name),
    oninput: (/** @type {any} */ { target }) => on.set({ [name]: target.value }),
  });
  const rater = h("input", {
    type: "text", maxlength: config.rater, "aria-label": "Your name", autocomplete: "off",
    value: state.rater, ...on.problems.marks("rater"),
    oninput: (/** @type {any} */ { target }) => on.set({ rater: target.value }),
  });
  const sentence = config.questions.find((/** @type {string[]} */ [name]) => name === state.question)[1];
  return h("section", { class: "card ratings-choice", key: "choose" },
    h("h3", {}, "What to rate"), h("p", { class: "muted small" }, LEAD),
    h("p", { class: "note", role: "status" }, state.choices?.complete ? "" : STILL_WRITTEN),
    h("div", { class: "ratings-cells" }, linesOf(state, on.set)),
    h("div", { class: "ratings-form" },
      field("Texts of each", "of the first seeds", number("each", "Texts of each setting")),
      field("Seed of the order", "one seed, one set", number("seed", "Seed of the order")),
      field("Your name", "any name will do", rater),
      [EACH, "seed", "rater"].map(on.problems.of)),
    h("div", { class: "segments", role: "group", "aria-label": "Question" },
      config.questions.map((/** @type {string[]} */ [name]) => h("button", {
        type: "button", "aria-pressed": name === state.question, onclick: () => on.set({ question: name }),
      }, name))),
    h("p", { class: "muted small" }, sentence),
    h("div", { class: "ratings-row" },
      h("button", {
        class: "button primary", type: "button", disabled: !possible, onclick: on.begin,
      }, "Begin"),
      h("span", { class: "muted", role: "status" }, text)), on.problems.of("begin"));
};

/** @param {string} label @param {string} hint @param {import("../shell/dom.js").Child} input */
const field = (label, hint, input) =>
  h("label", { class: "ratings-field" }, h("span", {}, label), input, h("small", {}, hint));

/** A line a strategy, with its temperatures to tick. @param {State} state @param {Set} set */
const linesOf = ({ choices, picked }, set) => {
  const cells = choices?.cells ?? [];
  const chip = (/** @type {Cell} */ cell) => {
    const [key, t] = [keyOf(cell), cell.key[3]];
    const on = picked.includes(key);
    return h("button", {
      class: "chip", type: "button", key, "aria-pressed": on,
      "aria-label": `${cell.label} at T = ${temperatureText(t)}`,
      onclick: () => set({ picked: on ? picked.filter((other) => other !== key) : [...picked, key] }),
    }, dot(t), temperatureText(t));
  };
  return [...new Set(cells.map(({ label }) => label))].map((label) =>
    h("div", { class: "ratings-line" }, h("span", { class: "ratings-label" }, label),
      h("div", { class: "chips" }, cells.filter((cell) => cell.label === label).map(chip))));
};

/** One text. */
export const textCard = (
  /** @type {State} */ state, /** @type {any} */ config,
  /** @type {{ rate: (score: number) => void, go: (by: number) => void, done: () => void,
   *   ref: (text: HTMLElement) => void }} */ on,
) => {
  const { sheet, sentence } = /** @type {import("./state.js").RatingSet} */ (state.set);
  const [code, prompt, text] = sheet[state.at];
  const [asked, scale = ""] = sentence.split("? ");
  const [low, high] = scale.split(", 5 = ");
  const score = scoreOf(state, code);
  /** @param {string} label @param {string} title @param {boolean} disabled @param {number} by */
  const step = (label, title, disabled, by) =>
    h("button", { class: "button", type: "button", title, disabled, onclick: () => on.go(by) }, label);
  return h("section", { class: "card ratings-card", key: "rate" },
    h("header", {}, h("b", {}, `Text ${state.at + 1} of ${sheet.length}`),
      h("span", { class: "muted" }, `code ${code}`), h("span", { class: "grow" }),
      h("progress", { max: sheet.length, value: ratedBy(state), "aria-label": "Texts rated" })),
    h("div", {
      class: "ratings-text", tabindex: 0, role: "region", "aria-label": "The text to rate",
      "aria-live": "polite", ref: on.ref,
    }, h("span", { class: "given" }, prompt), h("span", {}, text || "(an empty text)")),
    h("p", { class: "ratings-question" }, `${asked}?`),
    h("div", { class: "ratings-scores", role: "group", "aria-label": "Score" },
      config.scores.map((/** @type {number} */ one) => h("button", {
        class: "button ratings-score", type: "button", title: `Key ${one}`, "aria-pressed": one === score,
        onclick: () => on.rate(one),
      }, one))),
    h("div", { class: "ratings-ends muted small" }, h("span", {}, low), h("span", {}, `5 = ${high}`)),
    h("div", { class: "ratings-row" },
      step("‹ Back", "Key ←", state.at === 0, -1),
      step(score === undefined ? "Skip ›" : "Next ›", "Key →", state.at === sheet.length - 1, 1),
      h("span", { class: "grow" }),
      h("span", { class: "muted small wide-only" }, "keys 1 to 5, ← and →"),
      h("button", { class: "button", type: "button", onclick: on.done }, "I am done")));
};
