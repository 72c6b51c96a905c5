// What a lesson shows beside its answer, on the Learn tab and in front of a class: distributions with the
// prediction over them, texts, and the best paths of a search.
import { h } from "../shell/dom.js";
import { percent, temperatureText } from "../shell/format.js";
import { language, say } from "../words/words.js";

/**
 * @typedef {{ temperature: number, top_p: number, labels: string[], shares: number[], rest: number }} Panel
 * @typedef {{ facts?: Record<string, number>, panels?: Panel[],
 *   texts?: { temperature: number, texts: string[] }[],
 *   paths?: { width: number, text: string, total: number }[] }} Revealed
 */

const TEXTS = 10; // shown of each temperature
const LONGEST = 300; // characters of a text

const number = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
/** A number as the language writes it: 2.15, 2,15. */
export const numberText = (/** @type {number} */ n) => number.format(n);

/** T = 0.5, top-p 0.9 */
export const panelTitle = (/** @type {Panel} */ { temperature, top_p: topP }) =>
  `T = ${temperatureText(temperature)}${topP < 1 ? `, top-p ${numberText(topP)}` : ""}`;

/** Two distributions, or one where a lesson changes nothing. @param {Revealed} revealed */
export const panelsOf = ({ panels = [] }) =>
  panels.filter((panel, i) => i === 0 || JSON.stringify(panel) !== JSON.stringify(panels[0]));

/** The first shares, and all others as one. @param {number[]} shares @param {number} n */
export const folded = (shares, n) => {
  const rest = shares.slice(n).reduce((sum, share) => sum + share, 0);
  return shares.length > n ? [...shares.slice(0, n), rest] : shares;
};

/** Dragged bars as a distribution: scaled down where they are more than all, the rest left to the others. */
export const predicted = (/** @type {number[]} */ shares) => {
  const sum = shares.reduce((all, share) => all + share, 0);
  return [...shares.map((share) => share / Math.max(1, sum)), Math.max(0, 1 - sum)];
};

/**
 * Bars of tokens and of all others.
 * @param {string[]} labels @param {number[]} shares one more where there are others
 * @param {number[]} [guess] what was predicted of each
 * @returns {import("../bars/bars.js").Bar[]}
 */
export const barsOf = (labels, shares, guess) => shares.map((probability, i) => ({
  id: i < labels.length ? i : null, label: labels[i] ?? "…", probability, guess: guess?.[i],
  note: guess && i in guess ? say("learn.guess", { share: percent(guess[i]) }) : "",
}));

/** What outline and bar mean. @param {string} whose */
export const guessKey = (whose) =>
  h("p", { class: "guess-key" }, h("i", { "aria-hidden": true }), whose);

/** The numbers in a lesson's sentences, as they are written there. */
export const factsText = (
  /** @type {Record<string, string>} */ kinds, /** @type {Record<string, number>} */ facts = {},
) => Object.fromEntries(Object.entries(facts).map(([name, value]) => [
  name, kinds[name] === "share" ? percent(value) : numberText(value)]));

/** Texts written at each temperature. @param {Revealed} revealed */
export const textsOf = ({ texts = [] }) => texts.map(({ temperature, texts: all }) => ({
  temperature, title: `T = ${temperatureText(temperature)}`,
  body: all.slice(0, TEXTS).map((text) => h("p", { class: "learn-text" }, text.slice(0, LONGEST))),
}));

/** The best text of each search. @param {Revealed} revealed */
export const pathsOf = ({ paths = [] }) => paths.length > 0 && h("table", {},
  h("thead", {}, h("tr", {}, [say("learn.width"), say("learn.text"), "Σ ln p"].map((name) =>
    h("th", { scope: "col" }, name)))),
  h("tbody", {}, paths.map(({ width, text, total }) => h("tr", {},
    h("th", { scope: "row" }, width === 1 ? say("learn.greedy") : String(width)),
    h("td", { class: "tok" }, text), h("td", {}, numberText(total))))));
