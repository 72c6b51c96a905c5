// What the Blind ratings part knows: who rates what, and what was given so far; without the page.
import { typedCount } from "../shell/format.js";

/** @typedef {[code: string, rater: string, score: number]} Rating */
/** @typedef {[code: string, prompt: string, text: string]} SheetRow */
/** @typedef {{ set: string, question: string, sentence: string, sheet: SheetRow[] }} RatingSet */
/** @typedef {[model: string, prompt: string, strategy: string, temperature: number]} CellKey */
/** @typedef {{ key: CellKey, label: string, texts: number, usual: boolean }} Cell */
/** @typedef {{ cells: Cell[], complete: boolean }} Choices */
/** @typedef {{ label: string, t: number, mean: string, between: string, texts: number, ratings: number,
 *   proxy: string }} ResultRow */
/** @typedef {{ code: string, label: string, t: number, seed: string, scores: string }} KeyRow */
/** @typedef {{ set: string, question: string, rows: ResultRow[], figure: any, agreement: string[],
 *   caution: string, key: KeyRow[], raters: string[] }} Result */
/** @typedef {"choose" | "rate" | "done" | "result"} Phase */
/**
 * @typedef {object} State
 * @property {Phase} phase
 * @property {string | null} run the sweep to choose from
 * @property {Choices | null} choices
 * @property {string} note why there is nothing to choose
 * @property {string[]} picked keys of cells, as JSON
 * @property {string | number} each texts of each setting, as typed
 * @property {string} question
 * @property {string | number} seed of the order, as typed
 * @property {string} rater as typed
 * @property {string} who rates now
 * @property {object | null} selection what the set was made of
 * @property {RatingSet | null} set
 * @property {number} at the text that is shown
 * @property {Rating[]} ratings of all
 * @property {Result | null} result
 * @property {string} pasted scores of others
 * @property {string} next name of the next rater
 */

/** How a refusal names the number of texts. */
export const EACH = "texts of each setting";
const SECONDS = 20; // that one text takes, about

/** @param {any} config @returns {State} */
export const firstState = (config) => ({
  phase: "choose", run: null, choices: null, note: "", picked: [], each: config.each,
  question: config.questions[0][0], seed: config.seed, rater: "", who: "", selection: null, set: null, at: 0,
  ratings: [], result: null, pasted: "", next: "",
});

export const keyOf = (/** @type {Cell} */ cell) => JSON.stringify(cell.key);
/** The cells that are ticked. @param {State} state */
export const pickedCells = ({ choices, picked }) =>
  (choices?.cells ?? []).filter((cell) => picked.includes(keyOf(cell)));

/** Those that were ticked as far as the sweep has them, else the usual ones. */
export const pickedOf = (/** @type {Choices} */ { cells }, /** @type {string[]} */ picked) => {
  const stays = picked.filter((key) => cells.some((cell) => keyOf(cell) === key));
  return stays.length ? stays : cells.filter((cell) => cell.usual).map(keyOf);
};

/** What makes a set, for a request. @param {State} state */
export const selectionOf = (state) => ({
  run: state.run, cells: pickedCells(state).map(({ key }) => key), each: typedCount(String(state.each)),
  question: state.question, seed: typedCount(String(state.seed)),
});

/** How much there is to rate, or why that cannot be. @param {State} state @param {any} limits */
export const amountOf = (state, { cells, items }) => {
  const chosen = pickedCells(state);
  const each = Number(typedCount(String(state.each))) || 0;
  const n = chosen.reduce((sum, cell) => sum + Math.min(cell.texts, each), 0);
  if (chosen.length > cells) return { text: `${chosen.length} settings: ${cells} at most`, possible: false };
  if (n > items) return { text: `${n} texts: ${items} at most`, possible: false };
  if (n < 2) return { text: "Tick two texts or more", possible: false };
  const minutes = Math.max(1, Math.round((n * SECONDS) / 60));
  const time = `${minutes} ${minutes === 1 ? "minute" : "minutes"}`;
  return { text: `${n} texts to rate, about ${time}`, possible: true };
};

/** The score that who rates now gave to a text. @param {State} state @param {string} code */
export const scoreOf = ({ ratings, who }, code) =>
  ratings.find(([item, rater]) => item === code && rater === who)?.[2];

/** How many texts who rates now has rated. @param {State} state */
export const ratedBy = (state) =>
  (state.set?.sheet ?? []).filter(([code]) => scoreOf(state, code) !== undefined).length;

/** All ratings with one more of who rates now, those in the order of the texts. @param {State} state */
export const rated = (state, /** @type {string} */ code, /** @type {number} */ score) => {
  const { ratings, who, set } = state;
  const others = ratings.filter(([, rater]) => rater !== who);
  const own = (set?.sheet ?? []).flatMap(([item]) => {
    const given = item === code ? score : scoreOf(state, item);
    return given === undefined ? [] : [/** @type {Rating} */ ([item, who, given])];
  });
  return [...others, ...own];
};

/** How many texts each rater has rated. @param {Rating[]} ratings @returns {Map<string, number>} */
export const countsOf = (ratings) => {
  const counts = new Map();
  for (const [, rater] of ratings) counts.set(rater, (counts.get(rater) ?? 0) + 1);
  return counts;
};
