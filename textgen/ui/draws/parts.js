// What the Draws tab is made of: a panel a temperature, the distance chart, the table, the explanations.
import { h } from "../shell/dom.js";
import { count, effectOf, temperatureText } from "../shell/format.js";
import { about, term } from "../glossary/glossary.js";
import { thermal } from "../bars/theme.js";

/** @typedef {import("../bars/chart.js").Figure} Figure */
/** @typedef {(changes: { at?: number, page?: number }) => void} Show asks for another part of the table */
/**
 * @typedef {object} Panel one temperature in words and numbers, as `view.py` makes it
 * @property {number} temperature
 * @property {string} distance to the truth
 * @property {string} test
 * @property {string} bins
 * @property {string} meaning
 * @property {number} removed tokens that the stages took
 * @property {Figure} figure
 *
 * @typedef {string[]} Row token, probability, expected, drawn, off by; and "far", "gone" or ""
 * @typedef {object} Table
 * @property {number} at which temperature
 * @property {number} page
 * @property {number} pages
 * @property {number} tokens
 * @property {Row[]} rows of this page
 *
 * @typedef {object} Answer
 * @property {number} n draws at each temperature
 * @property {string} [seed] digits; there once something is drawn
 * @property {Record<string, any>} [request] what it takes to draw these again; there once something is drawn
 * @property {number} rest tokens in the last bar
 * @property {string} note
 * @property {import("../bars/tokens.js").Piece[]} pieces of the context
 * @property {number} unseen how many of the first lie out of the model's sight
 * @property {Panel[]} panels
 * @property {Figure} distance
 * @property {Table} table
 */

const FEW = 12; // rows of the table at first
const PAGE = 200; // rows of a page, as view.py sends them
const COLUMNS = ["token", "probability", "expected", "drawn", "off by"];

/** `T = 0.5` beside a dot of its colour. */
const named = (/** @type {number} */ temperature, more = "") => [
  h("span", { class: "dot", style: `background:${thermal(temperature)}` }),
  h("span", {}, `T = ${temperatureText(temperature)}${more}`),
];

/**
 * The counts of one temperature.
 * @param {Panel} panel
 * @param {Answer} answer
 * @param {object} actions
 * @param {number} actions.key its place among the panels
 * @param {boolean} actions.live whether it follows the slider
 * @param {string} [actions.draft] what is being typed as its temperature
 * @param {(text: string) => void} actions.type
 * @param {(text: string) => void} actions.change
 * @param {() => void} actions.remove
 * @param {(place: HTMLElement) => void} actions.place where its chart is drawn
 * @param {ReturnType<typeof import("../messages/problem.js").createProblems>} actions.problems
 */
export const panelCard = (panel, answer, { key, live, draft, type, change, remove, place, problems }) => {
  const { temperature } = panel;
  const look = live ? "card panel draws-panel live" : "card panel draws-panel";
  return h("section", { class: look, key, style: `--t: ${thermal(temperature)}` },
    h("header", {},
      h("label", { class: "panel-title" }, "T = ", h("input", {
        class: "panel-t", type: "text", inputmode: "decimal", autocomplete: "off", readOnly: live,
        "aria-label": live ? "Temperature of the slider's panel" : `Temperature of panel ${key + 1}`,
        value: draft ?? temperatureText(temperature), ...problems.marks(`panel${key}`),
        oninput: (/** @type {any} */ event) => type(event.target.value),
        onchange: (/** @type {any} */ event) => change(event.target.value),
      })),
      h("span", { class: "grow" }),
      h("span", { class: "panel-word" }, live ? "live" : effectOf(temperature)),
      answer.panels.length > 1 && h("button", {
        class: "quiet", type: "button", onclick: remove,
        "aria-label": `Remove T = ${temperatureText(temperature)}`,
      }, h("span", { "aria-hidden": true }, "×"))),
    problems.of(`panel${key}`),
    h("div", { class: "panel-stats" },
      h("span", {}, term("total variation", "distance to the truth"), " ", h("b", {}, panel.distance))),
    h("div", {
      class: "panel-plot", role: "img", opaque: true, ref: place,
      "aria-label":
        `Counts of ${answer.n} draws at temperature ${temperature}; the table below holds the numbers`,
    }),
    h("div", { class: "panel-foot" }, footText(panel, answer)),
    h("div", { class: "draws-test" }, h("b", {}, panel.test), panel.test && about("χ²"),
      h("span", { class: "muted" }, panel.bins), panel.bins && about("degrees of freedom")),
    h("div", { class: "panel-foot" }, panel.meaning));
};

const footText = (/** @type {Panel} */ { removed }, /** @type {Answer} */ { rest, n }) => [
  rest ? `… ${count(rest)} more tokens in the last bar` : "every token has its bar",
  removed ? `${count(removed)} removed by the stages` : "",
  n ? "" : "nothing drawn yet",
].filter(Boolean).join(" · ");

/** How the counts settle. @param {Answer} answer @param {(place: HTMLElement) => void} place */
export const distanceCard = ({ panels }, place) => h("section", { class: "card" },
  h("h3", {}, "Distance to the truth"),
  h("div", { class: "draws-key" }, panels.map(({ temperature }) =>
    h("span", {}, named(temperature, temperature === 0 ? ": always 0" : "")))),
  h("div", {
    role: "img", opaque: true, ref: place, class: "draws-distance",
    "aria-label": "Distance to the truth against the number of draws, on logarithmic axes",
  }),
  h("p", { class: "muted" },
    "Half the summed difference between the drawn shares and the probabilities (total variation): 0 is a "
    + "perfect match, 1 nothing in common. It comes to shrink like 1/√N (dashed): ten times closer takes a "
    + "hundred times the draws."));

/**
 * Every token's numbers at one temperature, 200 at a time.
 * @param {Answer} answer
 * @param {object} actions
 * @param {boolean} actions.open whether more than the first rows are shown
 * @param {() => void} actions.toggle
 * @param {Show} actions.show
 */
export const tableCard = ({ panels, table }, { open, toggle, show }) => {
  const rows = open ? table.rows : table.rows.slice(0, FEW);
  return h("section", { class: "card numbers draws-numbers" }, h("h3", {}, "Numbers"),
    h("div", { class: "segments", role: "group", "aria-label": "Temperature of the table" },
      panels.map(({ temperature }, at) => h("button", {
        type: "button", key: at, "aria-pressed": at === table.at, onclick: () => show({ at }),
      }, named(temperature)))),
    h("div", { class: "scroll" }, h("table", {},
      h("thead", {}, h("tr", {}, COLUMNS.map((title) => h("th", { scope: "col" }, title)))),
      h("tbody", {}, rows.map(([token, probability, expected, drawn, off, kind]) =>
        h("tr", { class: kind || null }, h("th", { scope: "row", class: "token", title: token }, token),
          [probability, expected, drawn, off].map((text) => h("td", {}, text))))))),
    pager(table, { open, toggle, show }));
};

const pager = (
  /** @type {Table} */ table,
  /** @type {{ open: boolean, toggle: () => void, show: Show }} */ { open, toggle, show },
) => {
  const first = table.page * PAGE;
  const all = table.pages > 1 ? `show ${PAGE} of ${count(table.tokens)}` : `show all ${table.tokens}`;
  const quiet = (/** @type {string} */ text, /** @type {number} */ page, disabled = false) =>
    h("button", { class: "quiet", type: "button", key: text, disabled, onclick: () => show({ page }) }, text);
  return h("div", { class: "pager" },
    table.rows.length > FEW && h("button", { class: "quiet", type: "button", key: "more", onclick: toggle },
      open ? `show ${FEW}` : all),
    h("span", { class: "grow" }),
    open && table.pages > 1 && [
      quiet("‹ previous", table.page - 1, table.page === 0),
      h("span", { class: "muted" }, `${count(first + 1)} to ${count(first + table.rows.length)}`),
      quiet("next ›", table.page + 1, table.page === table.pages - 1),
    ]);
};

/** What the marks of the charts mean. @param {boolean} removed whether a stage took tokens */
export const legend = (removed) => h("div", { class: "draws-legend" },
  h("span", {}, h("i", { class: "bar" }), "drawn"),
  h("span", {}, h("i", { class: "mark" }), "expected"),
  h("span", {}, h("i", { class: "shade" }), "±2σ",
    h("span", { class: "more" }, ": about 95 of 100 runs end in it"), about("±2σ")),
  removed && h("span", { key: "removed" }, h("s", { class: "token" }, "token"), " removed by a stage"),
  h("span", { class: "muted more" },
    "Counts need not equal probabilities: in 100 draws a 45% token can come 35 to 55 times."));

export const chanceCard = () => h("section", { class: "card" },
  h("h3", {}, "Is it chance? The chi-squared test"),
  h("p", {},
    term("p-value", "p"), " is the share of fair runs whose counts would stray at least as far from the "
    + "expected ones as these did."),
  h("p", { class: "muted" },
    "A small p makes one look twice, yet one fair run in 20 falls below 0.05, and who watches while draws "
    + "are added will see it dip there sooner or later. A large p does not make the model right: the test "
    + "asks only whether these counts fit these probabilities. Rare tokens are pooled until every bin "
    + "expects 5 draws."));
