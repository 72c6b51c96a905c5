// A lesson on paper: a worksheet, the distribution as dice, and on a page of its own the key.
import { h } from "../shell/dom.js";
import { percent } from "../shell/format.js";
import { language, say } from "../words/words.js";

/**
 * @typedef {{ temperatures: number[], labels: string[], shares: number[][], throws: string[] }} Sheet
 * @typedef {{ value: number, right: string }} Key
 */

const number = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });

/**
 * @param {import("./view.js").Lesson} lesson @param {{ sheet: Sheet | null, key: Key[] }} paper
 */
export const handout = (lesson, { sheet, key }) => {
  const words = (/** @type {string} */ name) => say(`learn.${lesson.name}.${name}`);
  const boxes = (/** @type {string} */ question, /** @type {string[]} */ options) => (options.length
    ? h("ul", { class: "paper-options" },
      options.map((name) => h("li", {}, `☐ ${words(`${question}.${name}`)}`)))
    : h("p", {}, say("learn.paper.mine"), " ______________"));
  const right = (/** @type {string} */ question, /** @type {Key} */ found) =>
    (found.right ? words(`${question}.${found.right}`) : number.format(found.value));
  return h("div", { class: "learn-paper", key: "paper", "aria-hidden": true },
    h("h2", {}, words("title")),
    h("p", {}, words("life")),
    lesson.context && h("p", {}, say("learn.paper.context"), " ", h("code", {}, lesson.context)),
    h("h3", {}, `1. ${words("ask")}`), boxes("predict", lesson.predict.options),
    h("h3", {}, `2. ${words("why")}`), boxes("explain", lesson.explain.options),
    h("p", {}, say("learn.paper.own"), " ____________________________________________"),
    sheet && dice(sheet),
    h("div", { class: "paper-key" },
      h("h2", {}, say("learn.paper.key")),
      h("p", {}, `1. ${lesson.predict.kind === "bars" ? say("learn.paper.bars") : right("predict", key[0])}`),
      h("p", {}, `2. ${right("explain", key[1])}`),
      sheet && exact(sheet),
      h("p", {}, words("limits"))));
};

/** The distribution at T = 1 as throws of two dice. @param {Sheet} sheet */
const dice = ({ labels, throws }) => [
  h("h3", {}, say("learn.paper.dice")),
  h("p", {}, say("learn.paper.throw")),
  h("table", {}, h("tbody", {}, labels.map((label, i) => h("tr", {},
    h("th", { scope: "row" }, h("code", {}, label)), h("td", {}, throws[i]))))),
];

/** The exact softmax at each temperature. @param {Sheet} sheet */
const exact = ({ temperatures, labels, shares }) => h("table", {},
  h("caption", {}, say("learn.paper.exact")),
  h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("learn.paper.token")),
    temperatures.map((t) => h("th", { scope: "col" }, `T = ${t}`)))),
  h("tbody", {}, labels.map((label, i) => h("tr", {}, h("th", { scope: "row" }, h("code", {}, label)),
    shares.map((column) => h("td", {}, percent(column[i])))))));
