// The bar chart of a distribution: a row a token, its label, its bar as long as it is probable, its number.
//
// The style sheet gives the chart its card's width; nothing is measured. Rows are written by hand, not by
// dom.js: all bars of a page follow a slider within its frame. A removed token keeps its length, hatched.
import { h, render } from "../shell/dom.js";
import { clip, count, graphemes, percent } from "../shell/format.js";
import { ink } from "./theme.js";
import { removerTitle } from "./tokens.js";

/**
 * @typedef {import("./decoding.js").Data} Data
 * @typedef {import("./decoding.js").Distribution} Distribution
 *
 * @typedef {object} Bar
 * @property {number | null} id of the token; null: all tokens that have no bar of their own
 * @property {string} label
 * @property {number} probability 0 to 1
 * @property {number} [former] of a removed token: its probability just before
 * @property {string} [note] what to say of the bar besides, such as "removed by top-p"
 * @property {boolean} [taken] whether it cannot be picked, since it has been
 * @property {number} [guess] what somebody predicted: an outline over the bar
 *
 * @typedef {object} Look
 * @property {string} name of the chart, for those who hear it
 * @property {string} colour of the bars, as a style sheet may say it
 * @property {number} [scale] the probability whose bar is as long as the chart is wide
 * @property {string} [hint] what a click on a bar does
 *
 * @typedef {object} Row
 * @property {HTMLElement} node
 * @property {HTMLElement} fill
 * @property {HTMLElement} number
 * @property {HTMLElement} spoken
 * @property {HTMLElement | null} guess
 * @property {{ length: string, gone: boolean, number: string, spoken: string, guess: string }} written
 */

const LONGEST_LABEL = 16; // characters
const AT_REST = 250; // ms without a change, after which bars glide to their next length

/**
 * @param {{ onPick?: (id: number) => void, slim?: boolean }} [options] `onPick` makes each bar a button;
 *   `slim` bars are small
 */
export const createBars = ({ onPick, slim = false } = {}) => {
  const node = document.createElement("div");
  node.className = slim ? "bars slim" : "bars";
  node.setAttribute("role", onPick ? "toolbar" : "group");
  if (onPick) node.setAttribute("aria-orientation", "vertical");
  /** @type {Bar[]} */
  let bars = [];
  /** @type {Look} */
  let look = { name: "", colour: "" };
  /** @type {Row[]} */
  let rows = [];
  let first = 0; // the bar that the keyboard comes to
  let changedAt = -Infinity;

  /** Show bars in their order; the same tokens as before keep their elements. @param {Bar[]} newBars */
  const update = (newBars, /** @type {Look} */ newLook) => {
    const same = newBars.length === bars.length && newBars.every(({ id, label, taken, guess }, i) =>
      id === bars[i].id && label === bars[i].label && taken === bars[i].taken
        && isGuess(guess) === isGuess(bars[i].guess));
    [bars, look] = [newBars, newLook];
    if (!same) build();
    glide();
    node.setAttribute("aria-label", look.name);
    node.style.setProperty("--bar", look.colour);
    for (let i = 0; i < rows.length; i++) write(rows[i], bars[i]);
  };

  const build = () => {
    const longest = Math.max(...bars.map(({ label }) => graphemes(label).length));
    node.style.setProperty("--label", `${Math.min(longest, LONGEST_LABEL)}ch`);
    first = bars.findIndex((bar) => !bar.taken);
    rows = bars.map(rowOf);
    node.classList.toggle("guessed", bars.some(({ guess }) => isGuess(guess)));
    node.replaceChildren(...rows.map((row) => row.node));
  };

  /** A single change glides where motion is wanted; what moves by itself, such as a slider, is followed. */
  const glide = () => {
    const now = performance.now();
    node.classList.toggle("glides", now - changedAt > AT_REST);
    changedAt = now;
  };

  const rowOf = (/** @type {Bar} */ bar, /** @type {number} */ place) => {
    const button = onPick && bar.id !== null && !bar.taken;
    const kind = bar.id === null ? "bar tail" : bar.taken ? "bar taken" : "bar";
    const row = element(button ? "button" : "div", kind);
    const [label, track, fill] = [element("span", "bar-label"), element("span", "bar-track"), element("i")];
    const [number, spoken] = [element("span", "bar-number"), element("span", "lab-spoken")];
    label.textContent = clip(bar.label, LONGEST_LABEL);
    const guess = isGuess(bar.guess) ? element("b", "bar-guess") : null;
    track.append(fill, ...(guess ? [guess] : []), number);
    row.append(label, " ", track, spoken);
    if (button) {
      row.setAttribute("type", "button");
      row.tabIndex = place === first ? 0 : -1;
      row.addEventListener("click", () => onPick(/** @type {number} */ (bars[place].id)));
    }
    const written = { length: "", gone: false, number: "", spoken: "", guess: "" };
    return { node: row, fill, number, spoken, guess, written };
  };

  /** Assigning the same again would still make the browser lay it out again. */
  const write = (/** @type {Row} */ drawn, /** @type {Bar} */ bar) => {
    const { node: row, fill, number, spoken, guess, written } = drawn;
    const gone = isGone(bar);
    const length = `${(100 * share(bar, look)).toFixed(3)}%`;
    if (length !== written.length) fill.style.width = written.length = length;
    if (gone !== written.gone) row.classList.toggle("gone", (written.gone = gone));
    if (guess) outline(drawn, bar.guess ?? 0);
    const shown = percent(shownOf(bar)) + (guess ? ` (${percent(bar.guess ?? 0)})` : "");
    if (shown !== written.number) number.textContent = written.number = shown;
    const hint = bar.id === null || bar.taken ? "" : look.hint;
    const said = [bar.note, hint].filter(Boolean).join("; ");
    if (said !== written.spoken) {
      written.spoken = said;
      spoken.textContent = said && `; ${said}`;
      row.title = bar.label.length > LONGEST_LABEL ? `${bar.label}: ${said}` : said;
    }
  };

  /** The number stands behind whichever is longer. @param {Row} drawn @param {number} guess */
  const outline = ({ node: row, written }, guess) => {
    const length = `${(100 * Math.min(1, guess / (look.scale ?? 1))).toFixed(3)}%`;
    if (`${length} ${written.length}` === written.guess) return;
    written.guess = `${length} ${written.length}`;
    row.style.setProperty("--guess", length);
    row.style.setProperty("--length", written.length);
  };

  oneTabStop(node);
  return { node, update, picture: () => picture(bars, { ...look, colour: paint(node) }) };
};

/** @typedef {ReturnType<typeof createBars>} Bars */

/** Make the buttons in an element one stop of the Tab key, with arrow keys between them. */
export const oneTabStop = (/** @type {HTMLElement} */ node) => {
  const buttons = () => [...node.querySelectorAll("button")];
  node.addEventListener("keydown", (event) => {
    const all = buttons();
    const at = all.indexOf(/** @type {HTMLButtonElement} */ (event.target));
    const next = all[{ ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key] ?? -1];
    if (at < 0 || !next) return;
    event.preventDefault();
    next.focus();
  });
  node.addEventListener("focusin", ({ target }) => {
    for (const button of buttons()) button.tabIndex = button === target ? 0 : -1;
  });
};

/** The colour that a bar has on the page, as a picture may say it: rgb(27, 33, 48). */
const paint = (/** @type {HTMLElement} */ node) => {
  const colour = getComputedStyle(node).accentColor; // the style sheet says it of all bars
  const mixed = /^color\(srgb ([\d.e-]+) ([\d.e-]+) ([\d.e-]+)/.exec(colour);
  const channels = mixed?.slice(1).map((channel) => Math.round(255 * Number(channel)));
  return channels ? `rgb(${channels.join(", ")})` : colour;
};

const element = (/** @type {string} */ tag, name = "") => {
  const node = document.createElement(tag);
  node.className = name;
  return node;
};

const isGuess = (/** @type {number | undefined} */ guess) => guess !== undefined;
const isGone = (/** @type {Bar} */ bar) => bar.probability === 0 && (bar.former ?? 0) > 0;
const shownOf = (/** @type {Bar} */ bar) => (isGone(bar) ? bar.former ?? 0 : bar.probability);
/** The length of a bar, 0 to 1. @param {Bar} bar @param {Look} look */
const share = (bar, { scale = 1 }) => Math.min(1, shownOf(bar) / scale);

const PICTURE = { narrow: 300, row: 25, letter: 9.2, room: 62 }; // px; room for the numbers

const hatch = (/** @type {string} */ colour) => h("defs", {}, h("pattern", {
  id: "gone", width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)",
}, h("rect", { width: 1.5, height: 5, fill: colour })));

/** The bars as a drawing that stands alone. @param {Bar[]} bars @param {Look} look */
const picture = (bars, look) => {
  const { narrow, row, letter, room } = PICTURE;
  const labels = bars.map(({ label }) => clip(label, LONGEST_LABEL));
  const from = 12 + letter * Math.max(...labels.map((label) => graphemes(label).length));
  const width = Math.max(narrow, from + room + 90);
  const longest = width - from - room;
  const [text, muted, tail] = [ink("--lab-text"), ink("--lab-muted"), ink("--lab-tail")];
  const svg = /** @type {SVGSVGElement} */ (document.createElementNS("http://www.w3.org/2000/svg", "svg"));
  svg.setAttribute("width", String(width));
  svg.setAttribute("height", String(row * bars.length + 4));
  const number = { "font-size": 14, fill: muted };
  const letters = { "text-anchor": "end", "font-size": 15, "font-family": "IBM Plex Mono, monospace" };
  render(svg, hatch(muted), bars.map((bar, i) => {
    const [middle, gone] = [i * row + row / 2 + 2, isGone(bar)];
    const struck = gone ? "line-through" : null;
    const line = { y: middle, "dominant-baseline": "central", "text-decoration": struck };
    const fill = gone ? "url(#gone)" : bar.id === null ? tail : look.colour;
    const long = Math.max(1, longest * share(bar, look));
    return [
      h("text", { x: from - 8, ...letters, ...line, fill: gone ? muted : text }, labels[i]),
      h("rect", {
        x: from, y: middle - 8, width: long, height: 16, rx: 2, fill, stroke: gone ? muted : null,
      }),
      h("text", { x: from + long + 7, ...number, ...line }, percent(shownOf(bar))),
    ];
  }));
  return svg;
};

// ---- from a distribution

/** Those that have a bar: all of a small vocabulary, else the likeliest. @param {number[]} order */
export const shownIds = (order, most = 10) => (order.length <= most + 2 ? order : order.slice(0, most));

/** @typedef {{ n: number, probability: number }} Others all tokens but some */
/** @type {WeakMap<ArrayLike<number>, Map<string, Others>>} By the probabilities and those that have a bar. */
const othersKnown = new WeakMap();

/**
 * How many tokens have no bar, and how likely they are together.
 * @param {{ order: number[] }} data @param {number[]} ids of those that have
 * @param {ArrayLike<number>} probabilities
 */
export const othersOf = ({ order }, ids, probabilities) => {
  const key = ids.join();
  const known = othersKnown.get(probabilities) ?? new Map();
  if (known.has(key)) return /** @type {Others} */ (known.get(key));
  const shown = new Set(ids);
  let probability = 0;
  for (const id of order) if (!shown.has(id)) probability += probabilities[id];
  const others = { n: order.length - ids.length, probability };
  othersKnown.set(probabilities, known.set(key, others));
  return others;
};

/**
 * The bars of some tokens, and one for all others.
 * @param {Data} data
 * @param {number[]} ids
 * @param {{ probabilities: ArrayLike<number>, former: Record<number, number> | ArrayLike<number> }} view
 * @param {(id: number) => string} noteOf what to say of a removed token
 * @returns {Bar[]}
 */
export const barsOf = (data, ids, { probabilities, former }, noteOf = () => "") => {
  /** @type {Bar[]} */
  const bars = ids.map((id) => {
    const gone = probabilities[id] === 0 && former[id] > 0;
    const note = gone ? noteOf(id) : "";
    return { id, label: data.labels[id], probability: probabilities[id], former: former[id], note };
  });
  const others = othersOf(data, ids, probabilities);
  if (others.n) bars.push({ id: null, label: "…", probability: others.probability });
  return bars;
};

/** 4.3, and 2,761 beside the whole numbers of tokens. */
const choicesText = (/** @type {number} */ n) => (n < 99.95 ? n.toFixed(1) : count(Math.round(n)));

/** @returns {[before: string, value: string, after: string, key: string][]} `key` of the glossary */
export const statsOf = (/** @type {Distribution} */ { summary }, bits = " bits") => [
  ["", summary.entropy.toFixed(2), bits, "entropy"],
  ["", choicesText(summary.choices), " choices", "effective choices"],
  ["top ", `${(100 * summary.top).toFixed(0)}%`, "", ""],
  ["", count(summary.kept), " kept", "kept"],
];

/** What has no bar of its own. @param {Data} data @param {number[]} ids @param {Distribution} view */
export const othersText = (data, ids, view) => {
  const others = othersOf(data, ids, view.probabilities);
  const more = others.n
    ? `… ${count(others.n)} more tokens: ${percent(others.probability)}`
    : `all ${ids.length} tokens`;
  return [more, ...neverWritten(data)].join(" · ");
};

/**
 * A model scores what it must not write, such as the word for all rare words: it comes as −∞.
 * @param {Data} data
 */
const neverWritten = ({ model, order, raw, labels }) => {
  const last = model ? order.findLastIndex((id) => raw[id] > -Infinity) : order.length;
  const never = order.slice(last + 1);
  return never.length ? [`${never.map((id) => labels[id]).join(", ")} is never written`] : [];
};

/** How many tokens each stage removed. */
export const removedText = (/** @type {Distribution} */ { removals }) => removals
  .map(([name, n]) => `${count(n)} removed by ${removerTitle(name).replaceAll("-", "\u2011")}`).join(", ");
