// How a model learned: the loss curves, and a slider over the moments at which it was made to write.
// All of it is on the page already: nothing in this file asks the server.
import { painted, plot } from "../bars/chart.js";
import { isSeen } from "../shell/component.js";
import { h } from "../shell/dom.js";
import { count } from "../shell/format.js";
import { term } from "../glossary/glossary.js";
import { tone } from "../bars/theme.js";

/**
 * @typedef {import("../shell/dom.js").Description} Description
 *
 * @typedef {object} History of a training of N moments
 * @property {import("../bars/chart.js").Figure} figure the losses; its first shape marks the moment
 * @property {string} unit what one token is
 * @property {number | null} bits per character that a nat per token is; null: not known
 * @property {number | null} kept the moment whose weights were kept
 * @property {number[]} steps (N)
 * @property {number[]} tokens (N) learned from so far
 * @property {(number | null)[]} train (N) nats per token
 * @property {(number | null)[]} validation (N) nats per token
 * @property {{ title: string, temperature: number | null, texts: string[] }[]} columns N texts each
 */

const BEAT = 900; // ms a moment, while it plays
const CURVES = "Lower is better. The loss is the surprise, in nats, at the token that really came. Text it "
  + "learns from is measured with parts of the net switched off at random (dropout), so its line may lie "
  + "above that of new text.";
const TEXTS = "Every text starts the same way and has the same luck at every moment: what changes is what "
  + "the model has learned, and from pane to pane the temperature.";

const number = (/** @type {number | null} */ value) => (value === null ? "–" : value.toFixed(3));
/** Bits per character of a loss. @param {number | null} loss @param {number} bits of a nat */
const inBits = (loss, bits) => number(loss === null ? null : loss * bits);
/** A loss with its units. @param {number | null} loss @param {number | null} bits of a nat */
const lossText = (loss, bits) =>
  `${number(loss)} nats${bits && loss !== null ? ` (${inBits(loss, bits)} bits per character)` : ""}`;

/** The table's rows, none of them marked. @param {History} history */
const rowsOf = ({ steps, tokens, train, validation, kept, bits }) => steps.map((step, i) => h("tr", {},
  h("th", { scope: "row" }, count(step), i === kept && " (kept)"),
  [
    count(tokens[i]), number(train[i]), number(validation[i]),
    ...(bits ? [inBits(train[i], bits), inBits(validation[i], bits)] : []),
  ].map((text) => h("td", {}, text))));

/** What a line of the chart looks like, and its name. */
const sign = (/** @type {any} */ trace) => h("span", {}, h("i", {
  class: trace.line?.dash ? "dash" : trace.mode === "markers" ? "ring" : "line",
  style: `--c: ${(trace.line?.color ? trace.line : trace.marker).color}`,
}), trace.name);

/**
 * @param {object} options
 * @param {{ moment?: number | null }} options.memory null: the weights that are used
 * @param {() => void} options.redraw
 * @param {AbortSignal} options.signal
 */
export const createTimeline = ({ memory, redraw, signal }) => {
  /** @type {History | null} */
  let past = null;
  /** @type {Description[]} */
  let rows = [];
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let playing;
  /** @type {Description | null} What was described last, while nothing has changed. */
  let last = null;
  /** @type {HTMLElement | null} */
  let place = null; // of the chart
  /** @type {HTMLElement | null} */
  let panes = null;

  // ---- moving
  const end = () => (past ? past.steps.length - 1 : 0);
  const trained = () => past?.kept ?? end();
  const moment = () => Math.min(Math.max(memory.moment ?? trained(), 0), end());
  const changed = () => {
    last = null;
    redraw();
    paint();
  };
  const show = (/** @type {number} */ to) => {
    memory.moment = to;
    changed();
    for (const text of panes?.querySelectorAll(".moment-text") ?? []) text.scrollTop = 0;
  };
  const goTo = (/** @type {number} */ to) => {
    pause();
    show(to);
  };
  const play = () => {
    playing = setInterval(advance, BEAT);
    show([trained(), end()].includes(moment()) ? 0 : moment());
  };
  const advance = () => {
    if (moment() === end() || !place || !isSeen(place)) goTo(moment());
    else show(moment() + 1);
  };
  const pause = () => {
    clearInterval(playing);
    playing = undefined;
  };
  signal.addEventListener("abort", pause);

  // ---- the chart
  /** @type {WeakSet<object>} */
  const listening = new WeakSet();
  const paint = async () => {
    if (!past || !place || !isSeen(place)) return;
    const { data, layout } = past.figure;
    const [x, [line, ...others]] = [past.tokens[moment()], layout.shapes];
    const shapes = [{ ...line, x0: x, x1: x }, ...others];
    const drawing = await plot(place, { data, layout: { ...layout, shapes } });
    if (listening.has(drawing)) return;
    listening.add(drawing);
    drawing.on("plotly_click", (/** @type {any} */ { points }) => goTo(points[0].pointNumber));
  };
  const repaint = () => {
    last = null;
    redraw();
    paint();
  };

  // ---- what is shown
  const curves = (/** @type {History} */ { unit, ...history }) => {
    const shown = painted(history.figure).data.filter((trace) => trace.x.length);
    const learned = term("training loss", "text it learns from");
    const fresh = term("validation loss", "new text");
    const heads = ["step", `${unit}s learned from`, [learned, `, nats per ${unit}`],
      [fresh, `, nats per ${unit}`], ...(history.bits
        ? ["text it learns from, bits per character", "new text, bits per character"] : [])];
    const marked = rows.with(moment(), { ...rows[moment()], props: { class: "at" } });
    return h("section", { class: "card model-curves" },
      h("h3", {}, "How the loss fell"),
      h("div", { class: "model-key" }, shown.map(sign)),
      h("div", {
        opaque: true, role: "img",
        "aria-label": "Losses while the model learned; the table below holds the numbers",
        ref: (/** @type {HTMLElement} */ element) => (place = element),
      }),
      h("p", { class: "muted small" }, CURVES),
      h("details", { class: "fold" }, h("summary", {}, "The numbers"),
        h("div", { class: "scroll tall" }, h("table", {},
          h("thead", {}, h("tr", {}, heads.map((text) => h("th", { scope: "col" }, text)))),
          h("tbody", {}, marked)))));
  };
  const player = (/** @type {string} */ now) => {
    const i = moment();
    /** @param {string} text @param {string} label @param {number} by */
    const turn = (text, label, by) => h("button", {
      class: "button", type: "button", "aria-label": label, disabled: i + by < 0 || i + by > end(),
      onclick: () => goTo(i + by),
    }, text);
    return h("div", { class: "moment-player" },
      h("button", {
        class: "button", type: "button", title: "From the first moment to the last",
        onclick: () => (playing === undefined ? play() : goTo(i)),
      }, playing === undefined ? "▶ Play" : "■ Pause"),
      turn("‹", "Moment before", -1),
      h("input", {
        type: "range", class: "moment", min: 0, max: end(), step: 1, value: String(i),
        "aria-label": "Moment of the training", "aria-valuetext": now,
        oninput: (/** @type {any} */ { target }) => goTo(target.valueAsNumber),
      }),
      turn("›", "Moment after", 1));
  };
  const pane = (/** @type {History["columns"][number]} */ { title, temperature, texts }) => {
    const colour = temperature === null ? "var(--lab-muted)" : tone(temperature);
    return h("section", { class: "moment-pane", style: `--t: ${colour}` }, h("h4", {}, title), h("div", {
      class: "moment-text", tabindex: 0, role: "region", "aria-label": `Text at ${title}`,
    }, texts[moment()]));
  };
  const texts = (/** @type {History} */ { steps, tokens, unit, train, validation, kept, bits, columns }) => {
    const [i, step] = [moment(), `Step ${count(steps[moment()])}`];
    const losses = `new text ${lossText(validation[i], bits)} · learned text ${lossText(train[i], bits)}`;
    return h("section", { class: "card model-timeline" },
      h("h3", {}, "What it wrote on the way"),
      player(`${step}, loss ${lossText(validation[i], bits)}`),
      h("div", { class: "moment-facts" },
        h("output", { class: "moment-when" }, `${step} of ${count(steps[end()])}`),
        h("span", { class: "moment-loss" },
          `${count(tokens[i])} ${unit}s learned from · ${losses}${i === kept ? " · kept" : ""}`)),
      h("p", { class: "muted small" }, TEXTS),
      h("div", { class: "moments", ref: (/** @type {HTMLElement} */ element) => (panes = element) },
        columns.map(pane)));
  };

  /** Another model's history; null for none. @param {History | null} history */
  const update = (history) => {
    pause();
    [past, last] = [history, null];
    rows = history ? rowsOf(history) : [];
  };
  const describe = () => past && (last ??= h("div", { class: "model-past" },
    curves(past), past.columns.length > 0 && texts(past)));
  return { update, describe, paint, repaint };
};
