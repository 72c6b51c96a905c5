// One panel: a temperature, its four numbers and its bars. The live one follows the slider.
import { createBars } from "../shell/bars.js";
import { h } from "../shell/dom.js";
import { count, effectOf, numberFrom, percent, temperatureText } from "../shell/format.js";
import { thermal } from "../shell/theme.js";
import { removerTitle } from "../shell/tokens.js";
import { barsOf, massOf, removals, shownIds } from "./distribution.js";

/**
 * @typedef {import("./distribution.js").Data} Data
 * @typedef {import("./distribution.js").Distribution} Distribution
 *
 * @typedef {object} Actions
 * @property {(id: number) => void} onPick
 * @property {(temperature: number, text: string) => void} onTemperature NaN for what is no number
 * @property {(() => void) | null} onRemove
 */

const STEP = { live: 0.01, fixed: 0.05, key: 0.1 };

/** @param {number | null} place from 1; null: the live panel @param {Actions} actions */
export const createPanel = (place, { onPick, onTemperature, onRemove }) => {
  const live = place === null;
  const label = live ? "Temperature of the live panel" : `Temperature of panel ${place}`;
  const bars = createBars({ onPick });
  /** @type {string | null} A temperature being typed. */
  let draft = null;
  /** @type {{ of: any[], node: import("../shell/dom.js").Description } | null} */
  let last = null;
  /** @type {{ temperature: number, line: string }} */
  let shown = { temperature: 1, line: "" };

  const commit = (/** @type {any} */ { target }) => {
    if (draft === null) return;
    draft = last = null; // a refused number gives way to that of the bars
    onTemperature(numberFrom(target.value), target.value);
  };
  const keys = (/** @type {KeyboardEvent} */ event) => {
    const turn = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (event.key === "Enter") /** @type {any} */ (event.target).blur();
    if (!turn) return;
    event.preventDefault();
    draft = last = null;
    const next = Math.max(0, Number((shown.temperature + turn * (live ? STEP.live : STEP.key)).toFixed(2)));
    onTemperature(next, String(next));
  };

  const header = (/** @type {number} */ t, /** @type {string} */ name) => h("header", {},
    h("label", { class: "panel-title" }, "T = ", h("input", {
      class: "panel-t", type: "text", inputmode: "decimal", autocomplete: "off",
      "aria-label": label, value: draft ?? temperatureText(t),
      onkeydown: keys, onchange: commit, onblur: commit,
      oninput: (/** @type {any} */ event) => (draft = event.target.value),
    })),
    h("span", { class: "grow" }),
    h("span", { class: "panel-word" }, live ? `live · ${effectOf(t)}` : effectOf(t)),
    onRemove && h("button", {
      class: "quiet", type: "button", title: "Remove this panel", "aria-label": `Remove the panel ${name}`,
      onclick: onRemove,
    }, "×"));
  const slider = (/** @type {number} */ t) => h("input", {
    class: "thermal-range", type: "range", min: 0, max: 3, step: live ? STEP.live : STEP.fixed,
    value: String(t),
    "aria-label": `${label}, slider`,
    oninput: (/** @type {any} */ { target }) => onTemperature(target.valueAsNumber, target.value),
  });

  /**
   * The panel's description; its bars are brought up to date at once, unless nothing has changed.
   * @param {Data} data @param {Distribution} view
   */
  const describe = (data, view, scale = 1, hint = "") => {
    const of = [data, view, scale, hint, draft];
    if (last && of.every((part, i) => part === last?.of[i])) return last.node;
    last = { of, node: made(data, view, scale, hint) };
    return last.node;
  };
  /** @param {Data} data @param {Distribution} view */
  const made = (data, view, scale = 1, hint = "") => {
    const { temperature } = view.settings;
    const [name, colour] = [`T = ${temperatureText(temperature)}`, thermal(temperature)];
    const stats = statsOf(view);
    const ids = shownIds(data.order);
    shown = { temperature, line: stats.map(([before, value, after]) => before + value + after).join(" · ") };
    bars.update(barsOf(data, ids, view, (id) => `removed by ${removerTitle(view.removedBy[id] ?? "")}`),
      { name: `Probabilities at ${name}`, colour, scale, hint });
    return h("section", {
      class: live ? "card panel live" : "card panel", "aria-label": name, style: `--t: ${colour}`,
    }, header(temperature, name), slider(temperature),
    h("div", { class: "panel-stats" }, stats.map(([before, value, after, title]) =>
      h("span", { title }, before, h("b", {}, value), after))),
    bars.node,
    h("div", { class: "panel-foot" }, othersText(data, ids, view)),
    h("div", { class: "panel-foot" }, removedText(view)));
  };
  const picture = () =>
    ({ title: `T = ${temperatureText(shown.temperature)}`, line: shown.line, drawing: bars.picture() });
  return { describe, picture };
};

/** @typedef {ReturnType<typeof createPanel>} Panel */

/** 4.3, and 2,761 beside the whole numbers of tokens. */
const choicesText = (/** @type {number} */ n) => (n < 100 ? n.toFixed(1) : count(Math.round(n)));

/** @returns {[before: string, value: string, after: string, title: string][]} */
export const statsOf = (/** @type {Distribution} */ { summary }, bits = " bits") => [
  ["", summary.entropy.toFixed(2), bits, "Entropy: how uncertain the choice is"],
  ["", choicesText(summary.choices), " choices",
    "Effective number of choices: 2 to the power of the entropy"],
  ["top ", `${(100 * summary.top).toFixed(0)}%`, "", "Probability of the likeliest token"],
  ["", count(summary.kept), " kept", "Tokens that can still be drawn"],
];

/** What has no bar of its own. @param {Data} data @param {number[]} ids @param {Distribution} view */
export const othersText = (data, ids, view) => {
  const others = data.order.slice(ids.length);
  const more = others.length
    ? `… ${count(others.length)} more tokens: ${percent(massOf(others, view.probabilities))}`
    : `all ${ids.length} tokens`;
  return [more, ...neverWritten(data)].join(" · ");
};

/** A model scores what it must not write, such as the word for all rare words: it comes as −∞. */
const neverWritten = (/** @type {Data} */ data) => {
  const never = data.model ? data.order.filter((id) => data.raw[id] === -Infinity) : [];
  return never.length ? [`${never.map((id) => data.labels[id]).join(", ")} is never written`] : [];
};

const removedText = (/** @type {Distribution} */ { removedBy }) => removals(removedBy)
  .map(([name, n]) => `${count(n)} removed by ${removerTitle(name).replaceAll("-", "\u2011")}`).join(", ");
