// What the bars say in words and numbers: a sentence, the arithmetic behind them, every token at every
// temperature, and two tokens against each other.
import { oneTabStop } from "../bars/bars.js";
import { softmax } from "../bars/decoding.js";
import { h } from "../shell/dom.js";
import { count, finePercent, temperatureText } from "../shell/format.js";
import { term } from "../glossary/glossary.js";
import { tone } from "../bars/theme.js";
import { removerTitle } from "../bars/tokens.js";

/**
 * @typedef {import("../bars/decoding.js").Data} Data
 * @typedef {import("../bars/decoding.js").Distribution} Distribution
 * @typedef {import("../shell/dom.js").Description} Description
 */

const FIRST = 10; // rows
const STEP = 200; // rows added by "more"
const MANY = 60; // rows from which on the table waits until what moves has come to rest
const REST = 150; // ms
const CHOICES = 500; // tokens to choose two from
const LAW = "Temperature changes how far apart two tokens are, never their order. Truncation removes tokens; "
  + "between two that stay the ratio is the same.";

// ---- one sentence

/**
 * What temperature and stages did to a distribution, against what the model learned: text, and tokens.
 * @param {Data} data @param {Distribution} view @returns {(string | { token: string })[]}
 */
export const sentence = (data, view) => {
  const { settings: { temperature }, steps, probabilities, summary: now, learned: before } = view;
  const learned = steps[0].probabilities;
  const [a, b] = data.order;
  const [first, second] = [a, b].map((id) => ({ token: data.labels[id] }));
  const at = `T = ${Number(temperature.toFixed(6))}`;
  if (b === undefined) return [`${at}: `, first, " is the only token there is."];
  if (temperature === 0) return greedy(data, view);
  if (steps.length === 1) {
    return [`${at}, as the model learned it: `, ...gapText(first, second, learned[a] / learned[b]), "; ",
      `${choicesOf(before)}.`];
  }
  const change = gapChange(first, second, learned[a] / learned[b], probabilities[a] / probabilities[b]);
  const choices = choicesChange(choicesOf(before), choicesOf(now));
  return [`${at}: `, ...change, `; ${choices}${removedWords(data, view)}.`];
};

/** @typedef {{ token: string }} Token */

/** @param {Token} first @param {Token} second @param {number} ratio of their probabilities */
const gapText = (first, second, ratio) => {
  if (ratioText(ratio) === "1.0") return [first, " and ", second, " are as likely as each other"];
  if (ratio < 1) return gapText(second, first, 1 / ratio);
  return [first, ` is ${ratioText(ratio)}× as likely as `, second];
};

/** NaN is the ratio of two that were removed. @param {Token} a @param {Token} b */
const gapChange = (a, b, /** @type {number} */ before, /** @type {number} */ after) => {
  if (Number.isNaN(after)) return [a, " and ", b, " are removed"];
  if (after === 0 || after === Infinity) return [after ? b : a, " is removed"];
  const [from, to] = [ratioText(before), ratioText(after)];
  if (after < 1 && to !== "1.0") return [b, ` is now ${ratioText(1 / after)}× as likely as `, a];
  if (from === to) return ["the gap between ", a, " and ", b, ` stays ${to}×`];
  const moved = after < before ? "shrank" : "grew";
  return ["the gap between ", a, " and ", b, ` ${moved} from ${from}× to ${to}×`];
};

const choicesOf = (/** @type {import("../bars/decoding.js").Summary} */ { choices: n }) => {
  const text = n < 9.95 ? n.toFixed(1).replace(".0", "") : count(Math.round(n));
  return `${text} ${text === "1" ? "choice" : "choices"}`;
};
const choicesChange = (/** @type {string} */ before, /** @type {string} */ after) =>
  (before === after ? `${after}, as before` : `${after} instead of ${before.split(" ")[0]}`);

/** @param {Data} data @param {Distribution} view */
const removedWords = (data, { removals, summary: { kept } }) => {
  const names = removals.map(([name]) => removerTitle(name));
  const left = `${count(kept)} of ${count(data.order.length)} tokens`;
  return names.length ? `; ${names.join(" and ")} left ${left}` : "";
};

/** @param {Data} data @param {Distribution} view @returns {(string | Token)[]} */
const greedy = (data, { probabilities, learned }) => {
  const token = { token: data.labels[probabilities.indexOf(1)] };
  const before = choicesOf(learned).split(" ")[0];
  return ["T = 0: ", token, `, the likeliest, is always taken; 1 choice instead of ${before}.`];
};

// ---- the arithmetic

const TERMS = 5; // tokens with a row of their own

/** p = softmax(z / T), with the numbers of this context, folded. */
export const createArithmetic = (/** @type {() => void} */ redraw) => {
  let open = false;
  const ontoggle = (/** @type {any} */ { target }) => {
    if (target.open === open) return;
    open = target.open;
    redraw();
  };
  return (/** @type {Data} */ data, /** @type {Distribution} */ view) =>
    h("details", { class: "card fold arithmetic", open, ontoggle },
      h("summary", {}, "softmax(z / T), with these numbers"), open && arithmetic(data, view),
      open && h("p", { class: "muted small" }, term("softmax", "softmax in two sentences")));
};

/** @param {Data} data @param {Distribution} view */
const arithmetic = (data, { settings: { temperature: t }, steps }) => {
  if (t === 0) {
    const token = h("b", { class: "token" }, data.labels[data.order[0]]);
    return h("p", {}, "Nothing can be divided by T = 0. The smaller T is, the further the largest z / T "
      + "stands above all others; at 0 it takes everything: ", token, ".");
  }
  const { rows, others, total } = terms(data, t);
  const at = Number(t.toFixed(6));
  const head = ["token", "z", `z / ${at}`, "exp", "p"];
  const further = steps.some(({ name }) => !["raw", "temperature"].includes(name));
  return [
    h("p", {}, "The model gives every token a number, its ", term("logits", "logit"), " z. Divide it by T, "
      + "raise e to it, and divide by the sum of all: p = exp(z / T) ÷ Σ. Here the largest z / T is taken "
      + `off first, which leaves p as it is: Σ = ${fixed(total)}.`),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "The arithmetic in numbers" },
      h("table", {},
        h("thead", {}, h("tr", {}, head.map((text) => h("th", { scope: "col" }, text)))),
        h("tbody", {}, rows.map((row) => h("tr", {}, h("th", { class: "token", scope: "row" }, row.label),
          [fixed(row.z), fixed(row.scaled), fixed(row.exp), finePercent(row.p)].map((text) =>
            h("td", {}, text)))),
        others && h("tr", {}, h("th", { scope: "row" }, `${count(others.n)} others`), h("td"), h("td"),
          h("td", {}, fixed(others.exp)), h("td", {}, finePercent(others.p))),
        h("tr", {}, h("th", { scope: "row" }, "Σ"), h("td"), h("td"), h("td", {}, fixed(total)),
          h("td", {}, "100%"))))),
    further && h("p", { class: "muted" },
      "This is temperature alone; the pipeline below shows the other stages."),
  ];
};

/** The first terms of softmax(z / t), and what all others come to. @param {Data} data @param {number} t */
export const terms = ({ order, labels, raw }, t) => {
  const scaled = raw.map((z) => z / t);
  const [top, shares] = [scaled[order[0]], softmax(scaled)];
  const exp = (/** @type {number} */ id) => Math.exp(scaled[id] - top);
  const rows = order.slice(0, TERMS).map((id) =>
    ({ label: labels[id], z: raw[id], scaled: scaled[id], exp: exp(id), p: shares[id] }));
  const rest = order.slice(TERMS);
  const sum = (/** @type {(id: number) => number} */ of) => rest.reduce((all, id) => all + of(id), 0);
  const others = rest.length ? { n: rest.length, exp: sum(exp), p: sum((id) => shares[id]) } : null;
  return { rows, others, total: rows.reduce((all, row) => all + row.exp, others?.exp ?? 0) };
};

/** 5.213, −∞ */
const fixed = (/** @type {number} */ value) => {
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  return (Math.abs(value) >= 1e6 ? value.toExponential(2) : value.toFixed(3)).replace("-", "−");
};

// ---- every token

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
    h("span", { class: "dot", style: `background: ${tone(t)}` }),
    `T=${temperatureText(t)}${live ? " live" : ""}`);
  /** @param {Data} data @param {Distribution[]} views @param {number} id @param {number} place */
  const row = (data, views, id, place, hint = "") =>
    h("tr", {},
      h("th", { scope: "row" }, h("button", {
        class: "token", type: "button", title: hint, "aria-label": `${data.labels[id]}: ${hint}`,
        tabindex: place ? -1 : 0, onclick: () => onPick(id),
      }, data.labels[id])),
      views.map(({ probabilities, removedBy }) => {
        const p = probabilities[id];
        const none = removedBy[id] ? "removed" : "0%";
        return h("td", { class: p > 0 ? "" : "gone" }, p > 0 ? finePercent(p) : none);
      }));

  /** The card's description; the first view is the live one. */
  return (/** @type {Data} */ data, /** @type {Distribution[]} */ views, hint = "") => {
    if (data.vocabulary !== vocabulary) [vocabulary, shown] = [data.vocabulary, FIRST];
    if (last && waits()) return last;
    const all = data.order.length;
    const table = h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "token"), views.map(({ settings }, i) =>
        head(settings.temperature, i === 0)))),
      h("tbody", { ref: oneTabStop },
        data.order.slice(0, shown).map((id, i) => row(data, views, id, i, hint))));
    const more = { class: "quiet", type: "button", hidden: all <= FIRST, onclick: () => grow(all) };
    last = h("section", { class: "card numbers" },
      h("h3", {}, "Numbers"), h("div", { class: "scroll" }, table), h("button", more, moreText(all)));
    return last;
  };
};

// ---- two tokens

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
    const title = h("div", { class: "ratio-head" }, h("h3", {}, "Two tokens"),
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
      h("table", {},
        h("thead", {}, h("tr", {},
          h("th", { scope: "col" }, "T"), h("th", { class: "token", scope: "col" }, pair))),
        h("tbody", {}, temperatures.map((t) => h("tr", {},
          h("th", { scope: "row" },
            h("span", { class: "dot", style: `background: ${tone(t)}` }), temperatureText(t)),
          h("td", { class: "strong" }, ratioText(ratioAt(gap, t))))))),
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
