// What is shown of a training as it goes: the losses, and what it writes.
import { h } from "../shell/dom.js";
import { count } from "../shell/format.js";
import { term } from "../glossary/glossary.js";
import { tone } from "../bars/theme.js";
import { best, scales, short } from "./run.js";

/** @import { Run } from "./run.js" */

const [HEIGHT, LEFT, RIGHT, BOTTOM, TOP] = [270, 40, 12, 40, 8];
const UNIT = /** @type {Record<string, string>} */ (
  { char: "characters", word: "words", subword: "subwords" });
const bitsText = (/** @type {number | null | undefined} */ bits) => (bits == null ? "–" : bits.toFixed(2));
const path = (/** @type {[number, number][]} */ places) =>
  places.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

/** The losses so far, as wide as their card. @param {Run} run @param {number} width */
export const chart = (run, width) => {
  const [inner, height] = [Math.max(120, width - LEFT - RIGHT), HEIGHT - TOP - BOTTOM];
  const { x, y, across, up } = scales(run, inner, height);
  const kept = best(run);
  const line = (/** @type {string} */ name, /** @type {[number, number][]} */ places) =>
    places.length > 1 && h("path", { class: `loss ${name}`, d: path(places) });
  const box = `0 0 ${inner + LEFT + RIGHT} ${HEIGHT}`;
  const [named, moved] = [{ role: "img", "aria-label": summary(run) }, `translate(${LEFT} ${TOP})`];
  return h("svg", { class: "loss-chart", viewBox: box, ...named }, h("g", { transform: moved },
    up.map((value) => [
      h("line", { class: "grid", x1: 0, x2: inner, y1: y(value), y2: y(value) }),
      h("text", { x: -8, y: y(value) + 4, "text-anchor": "end" }, String(value)),
    ]),
    across.map((value) => h("text", {
      x: x(value), y: height + 17, "text-anchor": value === 0 ? "start" : "middle",
    }, short(value))),
    h("line", { class: "axis", x1: 0, x2: inner, y1: height, y2: height }),
    h("text", { class: "title", x: inner, y: height + 35, "text-anchor": "end" },
      `${UNIT[run.text?.level] ?? "tokens"} learned from`),
    run.baseline && h("line", {
      class: "loss grams", x1: 0, x2: inner, y1: y(run.baseline.bits), y2: y(run.baseline.bits),
    }),
    line("train", run.points.map((point) => [x(point.tokens), y(point.bits)])),
    line("fresh", run.rows.map((row) => [x(row.tokens), y(row.validation)])),
    run.rows.map((row) =>
      h("circle", { class: "fresh-dot", cx: x(row.tokens), cy: y(row.validation), r: 2.5 })),
    kept && kept.step > 0 && h("circle", {
      class: "kept", cx: x(kept.tokens), cy: y(kept.validation), r: 7,
    })));
};

const summary = (/** @type {Run} */ run) => {
  const [last, kept] = [run.rows.at(-1), best(run)];
  if (!last || !kept) return "Losses, once there are some";
  const grams = run.baseline ? `; ${run.baseline.order}-grams reach ${bitsText(run.baseline.bits)}` : "";
  return `Losses in bits per character: new text ${bitsText(last.validation)} at step ${count(last.step)}, `
    + `best ${bitsText(kept.validation)} at step ${count(kept.step)}${grams}. The table has the numbers`;
};

/** What the lines of the chart are, with the newest number of each. @param {Run} run */
export const key = (run) => {
  const kept = best(run);
  /** @type {[string, any, string][]} */
  const lines = [
    ["fresh", term("validation loss", "new text"), bitsText(run.rows.at(-1)?.validation)],
    ["train", term("training loss", "text it learns from"), bitsText(run.points.at(-1)?.bits)],
    ["kept", "best so far", bitsText(kept?.step ? kept.validation : null)],
    ["grams", run.baseline ? `${run.baseline.order}-grams` : "n-grams", bitsText(run.baseline?.bits)],
  ];
  return h("ul", { class: "loss-key" }, lines.map(([name, title, value]) => h("li", {},
    h("i", { class: name }), h("span", {}, title), h("b", {}, value))));
};

/** The numbers of the rows. @param {Run} run */
export const table = (run) => h("details", { class: "fold" }, h("summary", {}, "The numbers"),
  h("div", { class: "scroll tall" }, h("table", {},
    h("thead", {}, h("tr", {}, ["step", "learned from", "text it learns from", "new text"].map((title) =>
      h("th", { scope: "col" }, title)))),
    h("tbody", {}, run.rows.map((row) => h("tr", {},
      h("th", { scope: "row" }, count(row.step)),
      [short(row.tokens), bitsText(row.train), bitsText(row.validation)].map((text) =>
        h("td", {}, text))))))));

/** What it wrote last, a text a temperature. @param {Run} run */
export const texts = (run) => {
  const row = run.rows.at(-1);
  return row && h("div", { class: "moments" }, row.temperatures.map((t, i) =>
    h("section", { class: "moment-pane", style: `--t: ${tone(t)}` }, h("h4", {}, `T = ${t}`),
      h("div", {
        class: "moment-text", tabindex: 0, role: "region", "aria-label": `What it writes at T = ${t}`,
      }, row.samples[i]))));
};
