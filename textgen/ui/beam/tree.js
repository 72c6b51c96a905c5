// The tree of a beam search: a column a step, a node a candidate, pruned ones dashed and pale.
import { h } from "../shell/dom.js";
import { clip, finePercent } from "../shell/format.js";

/**
 * @typedef {object} Candidate
 * @property {number} parent its row in the column before; −1: the start
 * @property {string} gap what stands between its parent's label and its own
 * @property {string} label
 * @property {number | null} local ln p; null is −∞
 * @property {number | null} total Σ ln p from the start
 * @property {"kept" | "pruned" | "finished"} state
 *
 * @typedef {Candidate[][]} Columns a step's candidates, best first
 * @typedef {{ step: number, row: number }} Place
 *
 * @typedef {object} Hypothesis a finished text
 * @property {string} text
 * @property {number} total
 * @property {number} length tokens
 * @property {boolean} ended by a stop
 * @property {number} order in which the search ranks it
 * @property {Place} end
 */

const ROW = 40;
const SHORT = 5; // characters of a token in the narrowest box
const LONG = 15; // and in the widest
const LETTER = 9.8; // px
const NARROW = 104; // px of the narrowest box
const BETWEEN = 46; // px between two columns
const FIRST = 90; // px left of the first column
const START = 56; // px from the left at which the first edges begin
const HEIGHT = 32; // of a box
const TOP = 26;
const STATES = { kept: "kept", pruned: "pruned: outside the best of its step", finished: "finished" };

/** A log-probability, `−1.23`. @param {number | null} value @returns {string} */
export const nats = (value) => (value === null ? "−∞" : value.toFixed(2).replace("-", "−"));

/** The path to a candidate, from the start on. @param {Columns} columns @param {Place} place */
const pathTo = (columns, place) => {
  /** @type {Place[]} */
  const path = [];
  let { step, row } = place;
  for (; columns[step]?.[row]; step -= 1) {
    path.push({ step, row });
    row = columns[step][row].parent;
  }
  return path.reverse();
};

/** The text that a candidate ends. @param {Columns} columns @param {Place} place */
export const textAt = (columns, place) => pathTo(columns, place)
  .map(({ step, row }) => columns[step][row].gap + columns[step][row].label).join("");

/** A candidate in numbers. @param {Columns} columns @param {Place} place */
export const sentenceOf = (columns, place) => {
  const { local, total, state } = columns[place.step][place.row];
  return `${textAt(columns, place)} · p ${finePercent(Math.exp(local ?? -Infinity))} · ln p ${nats(local)}`
    + ` · running ${nats(total)} · ${STATES[state]}`;
};

/**
 * Finished texts by score = Σ ln p ÷ length^penalty, best first; on ties in the order of the search.
 * @param {Hypothesis[]} hypotheses
 * @param {number} penalty
 */
export const ranked = (hypotheses, penalty) => hypotheses
  .map((hypothesis) => ({ ...hypothesis, score: hypothesis.total / hypothesis.length ** penalty }))
  .sort((a, b) => b.score - a.score || a.order - b.order);

/**
 * The drawing of the first `shown` columns.
 * @param {Columns} columns
 * @param {object} options
 * @param {number} options.shown
 * @param {boolean} options.pruned whether pruned candidates are shown
 * @param {Place[]} options.best whose paths are dark
 * @param {(place: Place) => void} options.onPoint
 */
export const tree = (columns, { shown, pruned, best, onPoint }) => {
  const wide = boxWidth(columns);
  const dark = new Set(best.flatMap((end) => pathTo(columns, end)).map(nameOf));
  const visible = columns.slice(0, shown).map((column, step) => column
    .map((candidate, row) => ({ candidate, place: { step, row } }))
    .filter(({ candidate }) => pruned || candidate.state !== "pruned"));
  /** @type {Map<string, { x: number, y: number }>} The middle of each box. */
  const spots = new Map(visible.flatMap((column, step) => column.map(({ place }, row) => [
    nameOf(place), { x: FIRST + wide / 2 + step * (wide + BETWEEN), y: TOP + row * ROW },
  ])));
  const all = visible.flat().map(({ candidate, place }) => ({
    candidate, place, spot: /** @type {{ x: number, y: number }} */ (spots.get(nameOf(place))),
    look: candidate.state + (dark.has(nameOf(place)) ? " best" : ""),
  }));
  const edges = all.map(({ candidate, place, spot, look }) => {
    const parent = spots.get(nameOf({ step: place.step - 1, row: candidate.parent }));
    const from = parent ? parent.x + wide / 2 : START;
    return edge({ x: from, y: parent?.y ?? TOP }, { x: spot.x - wide / 2, y: spot.y }, candidate, look);
  });
  const nodes = all.map(({ candidate, place, spot, look }) => node({
    candidate, look, wide, x: spot.x - wide / 2, y: spot.y - HEIGHT / 2,
    path: textAt(columns, place), point: () => onPoint(place),
  }));
  return h("svg", {
    class: "beam-tree", role: "img",
    width: 150 + (wide + BETWEEN) * Math.max(1, shown),
    height: 52 + ROW * Math.max(1, ...visible.map((column) => column.length)),
    "aria-label": `Tree of ${shown} steps; the ranking beside it holds the texts`,
  }, edges, h("text", { class: "root", x: 8, y: TOP + 5 }, "start"), nodes);
};

const nameOf = (/** @type {Place} */ { step, row }) => `${step}:${row}`;

/** The width of the boxes, such that the longest token has room. */
const boxWidth = (/** @type {Columns} */ columns) => {
  const longest = Math.max(SHORT, ...columns.flat().map(({ label }) => label.length));
  return NARROW + LETTER * (Math.min(longest, LONG) - SHORT);
};

/** @typedef {{ x: number, y: number }} Point */
const edge = (
  /** @type {Point} */ from, /** @type {Point} */ to,
  /** @type {Candidate} */ candidate, /** @type {string} */ look,
) => {
  const middle = (from.x + to.x) / 2;
  const width = 0.8 + 7 * Math.exp(candidate.local ?? -Infinity);
  const d = `M${from.x},${from.y} C${middle},${from.y} ${middle},${to.y} ${to.x},${to.y}`;
  return h("path", { class: `edge ${look}`, d, "stroke-width": width.toFixed(2) });
};

/**
 * @param {object} box
 * @param {Candidate} box.candidate
 * @param {string} box.look
 * @param {number} box.wide
 * @param {number} box.x
 * @param {number} box.y
 * @param {string} box.path the text that it ends
 * @param {() => void} box.point
 */
const node = ({ candidate, look, wide, x, y, path, point }) => {
  const { label, local, total, state } = candidate;
  const letters = Math.round(SHORT + (wide - NARROW) / LETTER);
  return h("g", {
    class: `node ${look}`, transform: `translate(${x},${y})`, tabindex: 0, role: "button",
    "aria-label": `${path} ${state}, log-probability ${nats(local)}, running ${nats(total)}`,
    onmouseenter: point, onfocus: point,
  },
  h("rect", { width: wide, height: HEIGHT, rx: 8 }),
  h("text", { class: "token", x: 9, y: 20 }, clip(label, letters)),
  h("text", { class: "numbers", x: wide - 8, y: 14, "text-anchor": "end" }, nats(local)),
  h("text", { class: "numbers total", x: wide - 8, y: 26, "text-anchor": "end" }, nats(total)));
};
