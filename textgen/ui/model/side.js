// One model of two: what it read, what it expects next, and what it wrote.
import { barsOf, createBars, othersText, shownIds, statsOf } from "../bars/bars.js";
import { createViews } from "../bars/decoding.js";
import { h } from "../shell/dom.js";
import { clipStart, count, finePercent, temperatureText } from "../shell/format.js";
import { about } from "../glossary/glossary.js";
import { neutral } from "../shell/lab.js";
import { saveNumbers } from "../saving/files.js";
import { saveMenu } from "../saving/save.js";
import { tone } from "../bars/theme.js";
import { areWords, contextSpans, removerTitle } from "../bars/tokens.js";

/**
 * @typedef {import("../bars/decoding.js").Data} Data
 * @typedef {import("../bars/decoding.js").Distribution} Distribution
 *
 * @typedef {Data & { title: string, line: string, unit: string, context: string }} Expectation of a model
 * @typedef {{ text: string, tokens: number, done: boolean }} Text
 *
 * @typedef {object} Asked what both texts are written with
 * @property {string[]} models
 * @property {string} context
 * @property {import("../shell/store.js").Settings} settings
 * @property {number} length characters
 *
 * @typedef {{ asked: Asked, seed: string, texts: Text[] }} Written both texts
 */

const TAIL = 120; // pieces of the context that are shown
const TABLE = 15; // rows of the table
const DIVERGED = "The receipt was saved, but its text is not quite the one on the page: press Write both for "
  + "texts that repeat.";

/** @param {number} place 0: the sidebar's model; 1: the one beside it */
export const createSide = (place) => {
  const bars = createBars();
  const views = createViews(neutral);
  /** @type {{ data: Expectation, view: Distribution } | null} */
  let shown = null;
  /** @type {Written | null} */
  let written = null;
  /** @type {HTMLElement | null} */
  let area = null; // of the text

  // ---- saving
  const charts = () => {
    if (!shown) return [];
    const { data: { title, unit }, view } = shown;
    const line = `T = ${temperatureText(view.settings.temperature)} · `
      + `${view.summary.entropy.toFixed(2)} bits per ${unit}`;
    return [{ title, line, drawing: bars.picture() }];
  };
  const saveText = (/** @type {import("../saving/save.js").Making} */ making) => {
    if (!written) return "There is no text yet: press Write both.";
    const { asked: { models, context, settings }, seed, texts } = written;
    const own = texts[place];
    const spec = { settings, strategy: "sampling", length: own.tokens, picks: [] };
    const source = { model: models[place], prompt: context, seed };
    return saveNumbers({ kind: "text", ...source, texts: [spec] }, "receipt", making,
      (result) => (result.texts[0].text === own.text ? "" : DIVERGED));
  };
  const save = saveMenu({
    request: () => shown && {
      kind: "distribution", model: shown.data.model, context: shown.data.context,
      panels: [shown.view.settings],
    },
    charts,
    name: () => `next-token-${shown?.data.model}`,
    note: () => `after ${JSON.stringify(clipStart(shown?.data.context ?? "", 80))} · ${shown?.data.model}`,
    more: [{
      text: "Text’s receipt", title: "Model, settings and seed of the text below, and the text",
      save: saveText,
    }],
  });

  // ---- what is shown
  /** @param {Expectation} data @param {Distribution} view */
  const distribution = (data, view) => {
    const ids = shownIds(data.order);
    bars.update(barsOf(data, ids, view, (id) => `removed by ${removerTitle(view.removedBy[id] ?? "")}`), {
      name: `What ${data.title} expects next; the table below holds the numbers`,
      colour: tone(view.settings.temperature),
    });
    return [
      h("div", { class: "panel-stats" }, statsOf(view, ` bits per ${data.unit}`).map(
        ([before, value, after, key]) =>
          h("span", {}, before, h("b", {}, value), after, key && about(key)))),
      bars.node,
      h("div", { class: "panel-foot" }, othersText(data, ids, view)),
    ];
  };
  const text = (/** @type {string} */ title, /** @type {boolean} */ running) => {
    if (!written) return null;
    const { asked: { context, settings, length }, texts } = written;
    const own = texts[place];
    const ended = own.done && own.text.length < length ? " · it ended here of itself" : "";
    return [
      h("div", {
        class: running && !own.done ? "compare-text writing" : "compare-text", tabindex: 0, role: "region",
        "aria-label": `Text of ${title}`, key: "text",
        ref: (/** @type {HTMLElement} */ element) => (area = element),
      }, h("span", { class: "given" }, context), h("span", { class: "own" }, own.text)),
      h("div", { class: "panel-foot", key: "facts" },
        `${count(own.tokens)} tokens at T = ${temperatureText(settings.temperature)}${ended}`),
    ];
  };

  /**
   * The side's description, and the distribution that it shows.
   * @param {Expectation} data @param {import("../shell/store.js").Settings} settings
   * @param {Written | null} texts @param {boolean} running whether they are being written
   */
  const describe = (data, settings, texts, running) => {
    const [view] = views(data, settings, [settings.temperature]);
    [shown, written] = [{ data, view }, texts];
    const { title, line, pieces, unseen, note } = data;
    const node = h("section", {
      class: "compare-side panel", "aria-label": title, style: `--t: ${tone(settings.temperature)}`,
    },
    h("header", {},
      h("div", { class: "grow" }, h("h4", {}, title), h("span", { class: "muted" }, line)), save),
    h("div", { class: areWords(pieces) ? "tokens words" : "tokens" }, contextSpans(pieces, unseen, TAIL)),
    h("p", { class: "note" }, note),
    distribution(data, view),
    text(title, running));
    return { node, view };
  };
  /** Show the end of a text that grows. */
  const follow = () => {
    if (area) area.scrollTop = area.scrollHeight;
  };
  return { describe, follow };
};

/** Both models' likeliest tokens in numbers. @param {Expectation[]} data @param {Distribution[]} views */
export const numbersTable = (data, views) => {
  const cells = (/** @type {number} */ side, /** @type {number} */ rank) => {
    const [{ order, labels }, { probabilities, removedBy }] = [data[side], views[side]];
    const id = order[rank];
    if (id === undefined) return [h("td"), h("td")];
    const none = removedBy[id] ? "removed" : "0%";
    const p = probabilities[id] > 0 ? finePercent(probabilities[id]) : none;
    return [h("td", { class: "token" }, labels[id]), h("td", {}, p)];
  };
  const head = (/** @type {string} */ text) => h("th", { scope: "col" }, text);
  return h("details", { class: "fold" }, h("summary", {}, "The numbers"),
    h("div", { class: "scroll" }, h("table", {},
      h("thead", {}, h("tr", {}, head("rank"), data.map(({ title }) => [head(title), head("p")]))),
      h("tbody", {}, Array.from({ length: TABLE }, (_, rank) => h("tr", {},
        h("th", { scope: "row" }, rank + 1), data.map((_of, side) => cells(side, rank))))))));
};
