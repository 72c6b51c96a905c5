// Between two temperatures: the exact T of each flip, and the two tokens that lead there.
import { h } from "../shell/dom.js";
import { term } from "../glossary/glossary.js";
import { thermal } from "../bars/theme.js";

/**
 * @typedef {Record<"label" | "probability" | "logit" | "divided" | "noise" | "score", string>} Candidate
 * @typedef {{ t: number, temperature: string, exact: boolean, below: Candidate, above: Candidate }} Flip
 * @typedef {{ low: number, high: number, step: number | null, flips: Flip[], sentences: string[],
 *   texts?: { shared: string, below: string, above: string }, figure?: any }} Comparison
 */

/** @type {[candidate: keyof Candidate, title: string, term: string][]} */
const ROWS = [
  ["probability", "probability at the flip", ""],
  ["logit", "logit, as the model gave it", "logits"],
  ["divided", "logit ÷ T, after the stages", ""],
  ["noise", "luck (Gumbel noise)", "Gumbel noise"],
  ["score", "score = the two above together", ""],
];
const INVITATION = "Choose a row of the picture or a point of the chart, or type two temperatures.";

/** What there is between two temperatures. @param {Comparison | null} comparison */
export const flipsOf = (comparison) => {
  if (!comparison) return h("p", { class: "muted" }, INVITATION);
  const { texts, flips, sentences } = comparison;
  return [
    texts ? bothTexts(texts) : null,
    flips.map(oneFlip),
    sentences.map((sentence, i) => h("p", { class: i === 2 ? "muted" : "" }, sentence)),
  ];
};

const bothTexts = (/** @type {NonNullable<Comparison["texts"]>} */ { shared, ...ends }) =>
  h(
    "div",
    { class: "chaos-texts" },
    Object.entries(ends).map(([side, text]) =>
      h(
        "div",
        { class: side },
        h("span", { class: "chaos-side" }, side),
        h("span", { class: "shared" }, shared),
        h("span", { class: "new" }, text),
      ),
    ),
  );

const oneFlip = (/** @type {Flip} */ { t, temperature, exact, below, above }) => {
  const head = (/** @type {string} */ side, /** @type {Candidate} */ { label }) =>
    h("th", { scope: "col" }, `${side}: `, h("span", { class: "chaos-token" }, label));
  return h(
    "div",
    { class: "chaos-flip", style: `--t:${thermal(t)}` },
    h(
      "p",
      { class: "chaos-at" },
      h("span", { class: "muted" }, "flips at"),
      h("b", {}, `T = ${temperature}`),
      h("span", { class: "muted" }, exact ? "exact" : "bisected"),
    ),
    h(
      "div",
      { class: "scroll" },
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h("tr", {},
            h("th", { scope: "col" }, "at the flip"), head("just below", below), head("just above", above)),
        ),
        h(
          "tbody",
          {},
          ROWS.map(([name, title, key]) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, key ? term(key, title) : title),
              h("td", {}, below[name]),
              h("td", {}, above[name]),
            ),
          ),
        ),
      ),
    ),
  );
};

/** The tokens whose scores are drawn, in the order of the lines. @param {Comparison | null} comparison */
export const lineLabels = (comparison) => {
  const flips = comparison?.flips ?? [];
  return flips.length ? [flips[0].below.label, ...flips.map(({ above }) => above.label)] : [];
};

/** The names of the lines in the chart of scores. @param {Comparison} comparison */
export const lineNames = (comparison) => lineLabels(comparison).map((label, k) =>
  h("span", {}, h("i", { class: `line-${Math.min(k, 2)}` }), h("span", { class: "chaos-token" }, label)));
