// The numbers beside the bars: every token at every temperature, and two tokens against each other.
import { h } from "../shell/dom.js";
import { count, finePercent, temperatureText } from "../shell/format.js";
import { thermal } from "../shell/theme.js";

/**
 * @typedef {import("../shell/decoding.js").Data} Data
 * @typedef {import("../shell/decoding.js").Distribution} Distribution
 * @typedef {import("../shell/dom.js").Description} Description
 */

const FIRST = 10; // rows
const STEP = 200; // rows added by "more"
const MANY = 60; // rows from which on the table waits until what moves has come to rest
const REST = 150; // ms
const CHOICES = 500; // tokens to choose two from
const LAW = "Temperature changes how far apart two tokens are, never their order. Truncation removes tokens; "
  + "between two that stay the ratio is the same.";

/** @param {{ onPick: (id: number) => void, redraw: () => void }} actions */
export const createNumbers = ({ onPick, redraw }) => {
  let shown = FIRST;
  /** @type {string} The vocabulary whose rows are shown. */
  let vocabulary = "";
  /** @type {Description | null} */
  let last = null;
  let askedAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /** Whether a long table should stay as it is for now: it is drawn again soon. */
  const waits = () => {
    const now = performance.now();
    const moving = shown > MANY && now - askedAt < REST;
    askedAt = now;
    clearTimeout(timer);
    if (moving) timer = setTimeout(redraw, REST);
    return moving;
  };
  const grow = (/** @type {number} */ all) => {
    shown = shown >= all ? FIRST : Math.min(all, shown + STEP);
    askedAt = -Infinity;
    redraw();
  };
  const moreText = (/** @type {number} */ all) => {
    if (shown >= all) return `show ${FIRST}`;
    return shown + STEP >= all ? `show all ${count(all)}` : `show ${STEP} more of ${count(all)}`;
  };
  const head = (/** @type {number} */ t, /** @type {boolean} */ live) => h("th", { scope: "col" },
    h("span", { class: "dot", style: `background: ${thermal(t)}` }),
    `T=${temperatureText(t)}${live ? " live" : ""}`);
  /** @param {Data} data @param {Distribution[]} views @param {number} id */
  const row = (data, views, id, hint = "") =>
    h("tr", {},
      h("th", { scope: "row" }, h("button", {
        class: "token", type: "button", title: hint, "aria-label": `token ${data.labels[id]}: ${hint}`,
        onclick: () => onPick(id),
      }, data.labels[id])),
      views.map(({ probabilities, removedBy }) => {
        const p = probabilities[id];
        const none = removedBy[id] ? "removed" : "0%";
        return h("td", { class: p > 0 ? "" : "gone" }, p > 0 ? finePercent(p) : none);
      }));

  /** The card's description; the last view is the live one. */
  return (/** @type {Data} */ data, /** @type {Distribution[]} */ views, hint = "") => {
    if (data.vocabulary !== vocabulary) [vocabulary, shown] = [data.vocabulary, FIRST];
    if (last && waits()) return last;
    const all = data.order.length;
    const table = h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "token"), views.map(({ settings }, i) =>
        head(settings.temperature, i === views.length - 1)))),
      h("tbody", {}, data.order.slice(0, shown).map((id) => row(data, views, id, hint))));
    const more = { class: "quiet", type: "button", hidden: all <= FIRST, onclick: () => grow(all) };
    last = h("section", { class: "card numbers" },
      h("h3", {}, "Numbers"), h("div", { class: "scroll" }, table), h("button", more, moreText(all)));
    return last;
  };
};

/** p(a) / p(b) at each temperature, and the law that connects them. @param {() => void} redraw */
export const createRatio = (redraw) => {
  /** @typedef {{ vocabulary: string, ids: number[] }} Picked */
  /** @typedef {{ ids: number[], pair: number[] }} Pair */
  /** @type {Picked | null} What somebody picked; until then it is the two likeliest. */
  let picked = null;
  /** @typedef {{ data: Data, picked: Picked | null, pair: number[], title: Description }} Made */
  /** @type {Made | null} */
  let made = null;

  const pairOf = (/** @type {Data} */ data) => {
    const ids = data.order.slice(0, CHOICES).filter((id, i) => i < 2 || data.raw[id] > -Infinity);
    const wanted = picked?.vocabulary === data.vocabulary ? picked.ids : [];
    const pair = [0, 1].map((i) => (ids.includes(wanted[i]) ? wanted[i] : ids[Math.min(i, ids.length - 1)]));
    return { ids, pair };
  };
  /** @param {Data} data @param {Pair} found @param {number} place @param {string} name */
  const choice = (data, { ids, pair }, place, name) =>
    h("select", {
      "aria-label": name, value: String(pair[place]),
      onchange: (/** @type {any} */ { target }) => {
        picked = { vocabulary: data.vocabulary, ids: pair.with(place, Number(target.value)) };
        redraw();
      },
    }, ids.map((id) => h("option", { value: String(id) }, data.labels[id])));
  /** Hundreds of options, described once for each choice. */
  const choices = (/** @type {Data} */ data) => {
    if (made && data === made.data && picked === made.picked) return made;
    const found = pairOf(data);
    const title = h("h3", {}, "Two tokens ",
      choice(data, found, 0, "first token"), " against ", choice(data, found, 1, "second token"));
    return (made = { data, picked, pair: found.pair, title });
  };

  /** The card's description. */
  return (/** @type {Data} */ data, /** @type {number[]} */ temperatures) => {
    const { pair: [a, b], title } = choices(data);
    const gap = data.raw[a] - data.raw[b];
    const pair = `${data.labels[a]} : ${data.labels[b]}`;
    const example = temperatures.find((t) => t !== 1 && t !== 0);
    return h("section", { class: "card ratio" }, title,
      h("p", { class: "law" }, "ratio(T) = ratio(1)", h("sup", {}, "1/T"), example === undefined ? null : [
        `, here ${ratioText(ratioAt(gap, 1))}`, h("sup", {}, `1/${Number(example.toFixed(2))}`),
        ` = ${ratioText(ratioAt(gap, example))}`,
      ]),
      h("div", { class: "scroll" }, h("table", {},
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "T"),
          temperatures.map((t) => h("th", { scope: "col" }, temperatureText(t))))),
        h("tbody", {}, h("tr", {}, h("th", { class: "token", scope: "row" }, pair),
          temperatures.map((t) => h("td", { class: "strong" }, ratioText(ratioAt(gap, t)))))))),
      h("p", { class: "muted" }, LAW));
  };
};

/** p(a) / p(b) at a temperature, from the gap of their logits. @param {number} gap @param {number} t */
export const ratioAt = (gap, t) => {
  if (t !== 0) return Math.exp(gap / t);
  return gap > 0 ? Infinity : gap < 0 ? 0 : 1;
};

/** 23.4, 0.048, ∞ @param {number} ratio */
export const ratioText = (ratio) => {
  if (ratio === Infinity) return "∞";
  if (ratio >= 1e5 || (ratio < 1e-3 && ratio > 0)) return ratio.toExponential(1);
  return ratio.toFixed(ratio >= 100 ? 0 : ratio >= 0.095 ? 1 : 3);
};
