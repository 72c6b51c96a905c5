// On paper: a lesson's worksheet, or what comes next in any state of the page; its distribution as dice and
// as a spinner, and on a page of its own the key.
import { h } from "../shell/dom.js";
import { percent, temperatureText } from "../shell/format.js";
import { addWords, say } from "../words/words.js";
import { numberText } from "./reveal.js";

/**
 * @typedef {{ temperatures: number[], played: number, labels: string[], shares: number[][],
 *   throws: string[] }} Sheet `played`: the place of the temperature whose throws those are
 * @typedef {{ value: number, right: string }} Key
 */

await addWords(import.meta.url);

const RADIUS = 90; // of the spinner
const LABELLED = 0.03; // the smallest share whose sector has room for its label

/**
 * @param {import("./view.js").Lesson} lesson @param {{ sheet: Sheet | null, key: Key[] }} paper
 */
export const handout = (lesson, { sheet, key }) => {
  const words = (/** @type {string} */ name) => say(`learn.${lesson.name}.${name}`);
  const boxes = (/** @type {string} */ question, /** @type {string[]} */ options) => (options.length
    ? h("ul", { class: "paper-options" },
      options.map((name) => h("li", {}, `☐ ${words(`${question}.${name}`)}`)))
    : h("p", {}, say("learn.paper.mine"), LINE));
  const right = (/** @type {string} */ question, /** @type {Key} */ found) =>
    (found.right ? words(`${question}.${found.right}`) : numberText(found.value));
  return h("div", { class: "paper", key: "paper", "aria-hidden": true },
    h("h2", {}, words("title")),
    h("p", {}, words("life")),
    lesson.context && h("p", {}, say("learn.paper.context"), " ", h("code", {}, lesson.context)),
    h("h3", {}, `1. ${words("ask")}`), boxes("predict", lesson.predict.options),
    h("h3", {}, `2. ${words("why")}`), boxes("explain", lesson.explain.options),
    h("p", {}, say("learn.paper.own"), LINE, LINE),
    sheet && dice(sheet),
    h("div", { class: "paper-key" },
      h("h2", {}, say("learn.paper.key")),
      h("p", {}, `1. ${lesson.predict.kind === "bars" ? say("learn.paper.bars") : right("predict", key[0])}`),
      h("p", {}, `2. ${right("explain", key[1])}`),
      sheet && exact(sheet),
      h("p", {}, words("limits"))));
};

const LINE = " ______________________";

/**
 * What comes next, to be guessed and played.
 * @param {{ context: string, sheet: Sheet }} paper
 * @param {import("../shell/dom.js").Child} code the QR code of the same state on the page
 */
export const stateSheet = ({ context, sheet }, code) => h("div", { class: "paper", "aria-hidden": true },
  h("div", { class: "paper-code" }, code),
  h("h2", {}, say("learn.paper.next")),
  context && h("p", {}, say("learn.paper.context"), " ", h("code", {}, context)),
  h("h3", {}, `1. ${say("learn.paper.likeliest")}`), h("p", {}, say("learn.paper.mine"), LINE),
  h("h3", {}, `2. ${say("learn.paper.hotter", { t: playedAt(sheet) })}`),
  h("p", {}, say("learn.paper.mine"), LINE, LINE),
  dice(sheet), spinner(sheet),
  h("div", { class: "paper-key" },
    h("h2", {}, say("learn.paper.key")),
    h("p", {}, `1. ${sheet.labels[0]}`), h("p", {}, `2. ${say("learn.paper.hotter.key")}`), exact(sheet)));

/** @param {Sheet} sheet */
const playedAt = ({ temperatures, played }) => temperatureText(temperatures[played]);

/** The distribution as throws of two dice, with room for what came. @param {Sheet} sheet */
const dice = (sheet) => [
  h("h3", {}, say("learn.paper.dice")),
  h("p", {}, say("learn.paper.throw", { t: playedAt(sheet) })),
  h("table", {}, h("thead", {}, h("tr", {}, ["token", "throws", "guess", "tally"].map((name) =>
    h("th", { scope: "col" }, say(`learn.paper.${name}`))))),
  h("tbody", {}, sheet.labels.map((label, i) => h("tr", {},
    h("th", { scope: "row" }, h("code", {}, label)), h("td", {}, sheet.throws[i]),
    h("td", { class: "paper-room" }), h("td", { class: "paper-room wide" }))))),
];

/** The sectors of a spinner: from and to in turns, clockwise from the top. @param {number[]} shares */
export const sectorsOf = (shares) => {
  const sum = shares.reduce((all, share) => all + share, 0);
  let at = 0;
  return shares.map((share) => ({ from: at / sum, to: (at += share) / sum }));
};

const onCircle = (/** @type {number} */ turn, /** @type {number} */ radius) => {
  const angle = 2 * Math.PI * turn;
  return [Math.sin(angle) * radius, -Math.cos(angle) * radius].map((x) => Number(x.toFixed(2)));
};

/** The same as a wheel to spin a paper clip on. @param {Sheet} sheet */
const spinner = ({ labels, shares, played }) => h("div", { class: "paper-spinner" },
  h("h3", {}, say("learn.paper.spinner")),
  h("p", {}, say("learn.paper.spin")),
  h("svg", { viewBox: "-100 -100 200 200", width: 300, height: 300 },
    h("circle", { r: RADIUS, fill: "none", stroke: "#000" }),
    sectorsOf(shares[played]).filter(({ from, to }) => to > from).map(({ from }) => {
      const [x, y] = onCircle(from, RADIUS);
      return h("line", { x1: 0, y1: 0, x2: x, y2: y, stroke: "#000" });
    }),
    sectorsOf(shares[played]).map(({ from, to }, i) => {
      const [x, y] = onCircle((from + to) / 2, 0.72 * RADIUS);
      return to - from >= LABELLED && h("text", {
        x, y, "text-anchor": "middle", "dominant-baseline": "central", "font-size": 12,
        "font-family": "monospace",
      }, labels[i]);
    }), h("circle", { r: 2.5 })));

/** The exact softmax at each temperature. @param {Sheet} sheet */
const exact = ({ temperatures, labels, shares }) => h("table", {},
  h("caption", {}, say("learn.paper.exact")),
  h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("learn.paper.token")),
    temperatures.map((t) => h("th", { scope: "col" }, `T = ${temperatureText(t)}`)))),
  h("tbody", {}, labels.map((label, i) => h("tr", {}, h("th", { scope: "row" }, h("code", {}, label)),
    shares.map((column) => h("td", {}, percent(column[i])))))));
