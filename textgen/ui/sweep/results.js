// What was found: each metric against temperature as small charts with one legend, the numbers behind them,
// the table of the guides, two temperatures against each other, and the texts behind a point.
import { plot } from "../bars/chart.js";
import { h } from "../shell/dom.js";
import { about, term } from "../glossary/glossary.js";
import { ink, thermal, tone } from "../bars/theme.js";
import { counted } from "./form.js";

/** @typedef {{ name: string, title: string, unit: string, definition: string, source: string }} Metric */
/** @typedef {{ name: string, colour: string, dark: string, dash: string, symbol: string }} Line */
/** @typedef {{ value: number | null, text: string }} Mean */
/** @typedef {{ line: number, temperature: number }} Point a line of the charts, a place in `temperatures` */
/**
 * @typedef {object} Look what the server tells of a sweep, as far as it is
 * @property {any} facts
 * @property {Line[]} lines
 * @property {number[]} temperatures as the settings have them
 * @property {number[]} order their places, coldest first
 * @property {import("../bars/chart.js").Figure[]} charts one a metric
 * @property {string[]} missing why a chart is empty; "" where it is not
 * @property {string[][][]} numbers (metric, line, temperature)
 * @property {{ line: number, temperature: number, coherence: Mean, creativity: Mean, guide: string }[]} guide
 */

/** @type {Record<string, string>} */
const MARKS = {
  circle: "●", square: "■", diamond: "◆", "triangle-up": "▲", x: "✕", star: "★", "triangle-down": "▼",
};
const BORDERS = new Map([["solid", "solid"], ["dot", "dotted"]]); // and all others dashed

const isDark = () => document.body.classList.contains("dark");

/** The name of a line behind a piece of it. */
export const lineKey = (/** @type {Line} */ { name, colour, dark, dash, symbol }) => {
  const style = `color:${isDark() ? dark : colour};--dash:${BORDERS.get(dash) ?? "dashed"}`;
  return h("span", { class: "sweep-key" },
    h("i", { style, "data-mark": MARKS[symbol], "aria-hidden": true }), name);
};

/** A figure in the colours of the dark theme. @param {any} figure @param {Record<string, string>} colours */
const darkened = (figure, colours) => JSON.parse(JSON.stringify(figure), (_, value) =>
  (typeof value === "string" ? colours[value] ?? value : value));

/**
 * A ring around the point whose texts are read.
 * @param {any} figure @param {number} line @param {number} t
 */
const ring = (figure, line, t) => {
  const means = figure.data[2 * line + 1];
  const at = means?.x.indexOf(t) ?? -1;
  if (at < 0) return [];
  const marker = { size: 15, symbol: "circle-open", color: ink("--lab-text"), line: { width: 2 } };
  return [{
    type: "scatter", mode: "markers", x: [t], y: [means.y[at]], hoverinfo: "skip", showlegend: false, marker,
  }];
};

/** All metrics, those that tell most first. @param {any} config @returns {string[]} */
export const metricOrder = ({ firstMetrics, metrics }) =>
  [...new Set([...firstMetrics, ...metrics.map((/** @type {Metric} */ { name }) => name)])];

/**
 * The charts: `view` describes them, `draw` lets Plotly fill them once they are on the page.
 * @param {any} config
 * @param {(line: number, temperature: number) => void} onPoint
 */
export const metricCharts = (config, onPoint) => {
  /** @type {Map<string, HTMLElement>} */
  const places = new Map();
  /** @type {Map<string, string>} What each place was last drawn for. */
  const drawn = new Map();
  /** @type {Set<string>} Metrics whose definition is open. */
  const open = new Set();
  let version = 0; // of the look
  /** @type {Look | null} */
  let last = null;

  const shown = (/** @type {boolean} */ all) => (all ? metricOrder(config) : config.firstMetrics);
  const placeOf = (/** @type {string} */ name) =>
    config.metrics.findIndex((/** @type {Metric} */ metric) => metric.name === name);

  /** @param {Look} look @param {boolean} all @param {{ toggle: () => void, redraw: () => void }} on */
  const view = (look, all, on) => h("div", { class: "sweep-measured" },
    h("div", { class: "sweep-legend" }, look.lines.map(lineKey), h("span", { class: "muted" },
      "band: ", term("95% interval"), " of the mean · a point, or a number below, opens its texts")),
    h("div", { class: "sweep-charts" }, shown(all).map((/** @type {string} */ name) =>
      small(config.metrics[placeOf(name)], look.missing[placeOf(name)], on.redraw))),
    h("button", { class: "quiet", type: "button", onclick: on.toggle },
      all ? `Show the first ${config.firstMetrics.length}` : `Show all ${config.metrics.length} metrics`));

  /** @param {Metric} metric @param {string} missing @param {() => void} redraw */
  const small = ({ name, title, unit, definition, source }, missing, redraw) => {
    const toggle = () => {
      if (!open.delete(name)) open.add(name);
      redraw();
    };
    return h("section", { class: "card sweep-chart", key: name, "data-metric": name },
      h("header", {}, h("h4", {}, title), unit ? h("span", { class: "muted" }, unit) : null,
        h("span", { class: "grow" }),
        h("button", {
          class: "sweep-ask", type: "button", "aria-label": `What ${title} measures`,
          "aria-expanded": open.has(name), onclick: toggle,
        })),
      h("p", { class: "sweep-definition", hidden: !open.has(name) }, `${definition}. ${source}.`),
      h("div", {
        class: "sweep-plot", role: "img", opaque: true, hidden: missing !== "",
        "aria-label": `${title} against temperature; the table below holds the numbers`,
        ref: (/** @type {HTMLElement} */ element) => {
          places.set(name, element);
          drawn.delete(name);
        },
      }),
      h("p", { class: "muted sweep-none", hidden: missing === "" }, missing));
  };

  /** Draw what has changed since. @param {Look} look @param {boolean} all @param {Point | null} point */
  const draw = (look, all, point) => {
    if (look !== last) version += 1;
    last = look;
    const state = JSON.stringify([version, isDark(), point]);
    for (const name of shown(all)) {
      const place = places.get(name);
      if (!place || look.missing[placeOf(name)] || drawn.get(name) === state) continue;
      drawn.set(name, state);
      drawOne(place, look, look.charts[placeOf(name)], point);
    }
  };
  const drawOne = async (
    /** @type {HTMLElement} */ place, /** @type {Look} */ look,
    /** @type {import("../bars/chart.js").Figure} */ figure, /** @type {Point | null} */ point,
  ) => {
    const { data, layout } = isDark() ? darkened(figure, config.colours) : figure;
    const marked = point ? ring(figure, point.line, look.temperatures[point.temperature]) : [];
    const drawing = await plot(place, { data: [...data, ...marked], layout });
    drawing.removeAllListeners("plotly_click");
    drawing.on("plotly_click", (/** @type {any} */ { points: [{ curveNumber, x }] }) =>
      onPoint(Math.floor(curveNumber / 2), look.temperatures.indexOf(x)));
  };
  return { view, draw, shown };
};

// ---- tables

/** @typedef {(line: number, temperature: number) => void} OnCell opens the texts of a setting */
/** @typedef {{ by: string, down: boolean, line: string, own: boolean, open: boolean }} GuideState
 *   what it is sorted by, in which direction, which line, whether guides name it alone, whether all of it */
/** @typedef {{ line: number, first: number, second: number }} Pair */
/** @typedef {{ text: string, pairs: number, enough: boolean, sure: number }} Difference of one metric */
/** @typedef {{ seed: number | null, text: string, tokens: number, ended: boolean,
 *   metrics: Record<string, string> }} SweepText */
/** @typedef {{ note: string, prompt: string, written: number, of: number, texts: SweepText[] }} Texts */

const FEW = 12; // rows of the guide's table at first
/** @type {[string, string][]} */
const HEADS = [
  ["temperature", "T"], ["line", "strategy"], ["coherence", "coherence (proxy)"],
  ["creativity", "creativity (proxy)"],
];
const SHOWN = [
  "surprise", "coherence", "creativity", "repetition", "distinct_2", "novelty", "real_words", "entropy",
];
const DASH = "–"; // stands for what was not measured
const DIFFERENCE =
  "The mean difference between texts of the same seed, with its 95% interval. What the luck of a seed does " +
  "to both cancels, so this is narrower than two bands side by side. “Not clear”: the interval holds 0; " +
  "below five pairs it says too little.";

const dot = (/** @type {number} */ t) => h("span", { class: "dot", style: `background:${thermal(t)}` });
const opener = (/** @type {string} */ text, /** @type {string} */ label, /** @type {() => void} */ onclick) =>
  h("button", {
    class: "sweep-open", type: "button", title: "Read the texts", "aria-label": label, onclick,
  }, text);
/** @param {string} label @param {string | number} value @param {[string | number, string][]} options */
const select = (label, value, options, /** @type {(value: string) => void} */ choose) => h("select", {
  "aria-label": label, value: String(value),
  onchange: (/** @type {any} */ { target }) => choose(target.value),
}, options.map(([key, text]) => h("option", { value: String(key) }, text)));
/** @param {(string | number)[]} texts @returns {[number, string][]} */
const numbered = (texts) => texts.map((text, i) => [i, String(text)]);

/** One metric: a row a temperature, a column a line; a number opens its texts. */
export const numbersCard = (
  /** @type {Look} */ look, /** @type {Metric[]} */ metrics, /** @type {string} */ chosen,
  /** @type {{ choose: (metric: string) => void, cell: OnCell }} */ on,
) => {
  const place = metrics.findIndex(({ name }) => name === chosen);
  const { definition, unit } = metrics[place];
  const cell = (/** @type {number} */ l, /** @type {number} */ t) => {
    const text = look.numbers[place][l][t];
    const label = `${look.lines[l].name} at T = ${look.temperatures[t]}: ${text}`;
    return h("td", {}, text ? opener(text, label, () => on.cell(l, t)) : null);
  };
  return h("section", { class: "card sweep-numbers-card" },
    h("h3", {}, "Numbers: ", select("Metric of the table", place, numbered(metrics.map(({ title }) => title)),
      (value) => on.choose(metrics[Number(value)].name))),
    h("p", { class: "muted" },
      `${definition}${unit ? `, in ${unit}` : ""}. Mean and 95% interval over seeds.`),
    h("div", { class: "scroll tall" }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "T"),
        look.lines.map((line) => h("th", { scope: "col" }, lineKey(line))))),
      h("tbody", {}, look.order.map((t) => h("tr", {},
        h("th", { scope: "row" }, dot(look.temperatures[t]), look.temperatures[t]),
        look.lines.map((_, l) => cell(l, t))))))));
};

/** Temperature, strategy, coherence, creativity: as guides print it, here measured. */
export const guideCard = (
  /** @type {Look} */ look, /** @type {Metric[]} */ metrics, /** @type {GuideState} */ state,
  /** @type {{ set: (changes: Partial<GuideState>) => void, cell: OnCell }} */ on,
) => {
  const rows = guideRows(look, state);
  const proxies = ["coherence", "creativity"].map((name) => metrics.find((metric) => metric.name === name));
  const words = proxies.map((metric) => `${metric?.title}: ${metric?.definition}.`).join(" ");
  const named = look.guide.some(({ guide }) => guide);
  /** @type {[string, string][]} */
  const lines = look.lines.map(({ name }, i) => [String(i), name]);
  const head = ([name, title] = HEADS[0]) => {
    const sorted = state.by === name;
    return h("th", { scope: "col", "aria-sort": sorted ? (state.down ? "descending" : "ascending") : "none" },
      h("button", {
        class: "sweep-sort", type: "button", onclick: () => on.set({ by: name, down: sorted && !state.down }),
      }, `${title}${sorted ? (state.down ? " ↓" : " ↑") : ""}`));
  };
  const row = (/** @type {Look["guide"][0]} */ { line, temperature, coherence, creativity, guide }) => {
    const [t, own] = [look.temperatures[temperature], look.lines[line]];
    return h("tr", { class: guide ? "named" : "" },
      h("th", { scope: "row" }, dot(t),
        opener(String(t), `${own.name} at T = ${t}`, () => on.cell(line, temperature))),
      h("td", {}, lineKey(own), guide ? h("div", { class: "expected" }, `Guides: ${guide}`) : null),
      h("td", {}, coherence.text), h("td", {}, creativity.text));
  };
  return h("section", { class: "card sweep-guide" },
    h("h3", {}, "Temperature, strategy, coherence, creativity ", about("proxy", "a proxy")),
    h("p", { class: "muted" },
      `Guides to text generation print this table with words such as “high”. Here it is measured. ${words}`),
    h("div", { class: "sweep-filters" },
      select("Which lines", state.line, [["all", "all lines"], ...lines], (line) => on.set({ line })),
      h("label", { class: "sweep-check", hidden: !named }, h("input", {
        type: "checkbox", checked: state.own,
        onchange: (/** @type {any} */ { target }) => on.set({ own: target.checked }),
      }), " only settings that guides name")),
    h("div", { class: "scroll tall" }, h("table", {}, h("thead", {}, h("tr", {}, HEADS.map(head))),
      h("tbody", {}, rows.slice(0, state.open ? rows.length : FEW).map(row)))),
    h("button", {
      class: "quiet", type: "button", hidden: rows.length <= FEW,
      onclick: () => on.set({ open: !state.open }),
    }, state.open ? `show ${FEW}` : `show all ${rows.length}`));
};

/** The rows that are asked for, sorted. @param {Look} look @param {GuideState} state */
export const guideRows = (look, { by, down, line, own }) => {
  const value = (/** @type {Look["guide"][0]} */ row) => {
    if (by === "temperature") return look.temperatures[row.temperature];
    if (by === "line") return row.line;
    return row[/** @type {"coherence" | "creativity"} */ (by)].value ?? -Infinity;
  };
  const compare = (/** @type {number} */ a, /** @type {number} */ b) => (a === b ? 0 : a < b ? -1 : 1);
  return look.guide
    .filter((row) => (line === "all" || String(row.line) === line) && (!own || row.guide))
    .sort((a, b) => compare(value(a), value(b)) * (down ? -1 : 1) || a.line - b.line);
};

/** Two temperatures to begin with: near 1 and near 0.5, or the ends. @param {Look} look @returns {Pair} */
export const firstPair = ({ lines, order, temperatures }) => {
  const nearest = (/** @type {number} */ t) => order.reduce((best, at) =>
    (Math.abs(temperatures[at] - t) < Math.abs(temperatures[best] - t) ? at : best));
  const [hot, cold] = [nearest(1), nearest(0.5)];
  const ends = { first: order[order.length - 1], second: order[0] };
  return { line: Math.min(1, lines.length - 1), ...(hot === cold ? ends : { first: hot, second: cold }) };
};

/** Two temperatures of one line, seed by seed. */
export const differenceCard = (
  /** @type {Look} */ look, /** @type {Metric[]} */ metrics, /** @type {Pair} */ pair,
  /** @type {Difference[] | null} */ rows,
  /** @type {{ set: (changes: Partial<Pair>) => void, problem: import("../shell/dom.js").Child }} */
  { set, problem },
) => {
  const names = numbered(look.temperatures);
  const most = Math.max(...(rows ?? []).map(({ pairs }) => pairs));
  const [a, b] = [look.temperatures[pair.first], look.temperatures[pair.second]];
  const row = (/** @type {Difference} */ { text, enough, sure }, /** @type {number} */ i) => {
    const words = sure ? `at ${sure > 0 ? a : b}` : enough ? "not clear" : "few pairs";
    return text === DASH ? null : h("tr", {}, h("th", { scope: "row" }, metrics[i].title),
      h("td", { class: sure ? "strong" : "" }, text), h("td", { class: sure ? "" : "muted" }, words));
  };
  return h("section", { class: "card sweep-difference", hidden: look.order.length < 2 },
    h("h3", {}, "Two temperatures, the ", term("same luck")),
    h("div", { class: "sweep-filters" },
      select("Line", pair.line, numbered(look.lines.map(({ name }) => name)), (line) => set({ line: +line })),
      " T = ", select("First temperature", pair.first, names, (first) => set({ first: +first })),
      " minus T = ", select("Second temperature", pair.second, names, (second) => set({ second: +second })),
      h("span", { class: "muted" }, rows ? counted(most, "pair") : ""), problem),
    h("div", { class: "scroll", role: "group", "aria-label": "Differences", tabindex: 0 }, h("table", {},
      h("thead", {}, h("tr", {},
        ["metric", "difference", "which is higher"].map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, rows?.map(row)))),
    h("p", { class: "muted" }, DIFFERENCE));
};

/** The texts behind a point, by seed. */
export const textsCard = (
  /** @type {Texts} */ { note, prompt, written, of, texts }, /** @type {Metric[]} */ metrics,
  /** @type {{ name: string, t: number, first: boolean, last: boolean }} */ { name, t, first, last },
  /** @type {{ move: (step: number) => void, close: () => void, ref: (card: HTMLElement) => void }} */ on,
) => {
  const title = `T = ${t}, ${name}: ${written < of ? `${written} of ` : ""}${counted(of, "text")}`;
  const step = (/** @type {string} */ text, /** @type {boolean} */ disabled, /** @type {number} */ by) =>
    h("button", { class: "button small", type: "button", disabled, onclick: () => on.move(by) }, text);
  return h("section", {
    class: "card sweep-reader", key: "reader", "aria-label": "Texts of the chosen point",
    style: `--t:${tone(t)}`, ref: on.ref,
  },
  h("header", {}, h("h3", { tabindex: -1 }, title), h("span", { class: "grow" }),
    step("‹ cooler", first, -1), step("hotter ›", last, 1),
    h("button", { class: "quiet", type: "button", "aria-label": "Close the texts", onclick: on.close }, "×")),
  h("p", { class: "note" }, note || (written ? "" : "Nothing is written here yet.")),
  h("div", { class: "sweep-texts" }, texts.map((text) => oneText(text, prompt, metrics))));
};

const oneText = (
  /** @type {SweepText} */ { seed, text, tokens, ended, metrics: measured }, /** @type {string} */ prompt,
  /** @type {Metric[]} */ metrics,
) => {
  const known = SHOWN.flatMap((name) => metrics.filter((metric) => metric.name === name))
    .filter(({ name }) => measured[name] !== DASH);
  return h("article", { class: "sweep-text" },
    h("header", {}, h("b", {}, seed === null ? "every seed" : `seed ${seed}`),
      h("span", { class: "muted" }, `${counted(tokens, "token")}${ended ? ", ended by itself" : ""}`)),
    h("div", { class: "sweep-words", tabindex: 0 },
      prompt ? h("span", { class: "muted" }, prompt) : null, h("span", { class: "written" }, text)),
    h("dl", {}, known.map(({ name, title, definition }) =>
      h("div", { title: definition }, h("dt", {}, title), h("dd", {}, measured[name])))));
};
