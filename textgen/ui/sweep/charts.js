// Each metric against temperature, as small charts with one legend.
import { plot } from "../shell/chart.js";
import { h } from "../shell/dom.js";
import { ink } from "../shell/theme.js";

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
 * @property {import("../shell/chart.js").Figure[]} charts one a metric
 * @property {string[]} missing why a chart is empty; "" where it is not
 * @property {string[][][]} numbers (metric, line, temperature)
 * @property {{ line: number, temperature: number, coherence: Mean, creativity: Mean, guide: string }[]} guide
 */

/** @type {Record<string, string>} */
const MARKS = {
  circle: "●", square: "■", diamond: "◆", "triangle-up": "▲", x: "✕", star: "★", "triangle-down": "▼",
};
const BORDERS = new Map([["solid", "solid"], ["dot", "dotted"]]); // and all others dashed
const BAND = "band: 95% interval of the mean · click a point for its texts";

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
    h("div", { class: "sweep-legend" }, look.lines.map(lineKey), h("span", { class: "muted" }, BAND)),
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
          class: "sweep-ask", type: "button", title: "What this measures",
          "aria-label": `What ${title} measures`, "aria-expanded": open.has(name), onclick: toggle,
        }, "?")),
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
    /** @type {import("../shell/chart.js").Figure} */ figure, /** @type {Point | null} */ point,
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
