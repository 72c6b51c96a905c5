// Saving a sweep: numbers and receipt from the server, charts from the page, the report from both.
import { plotly } from "../bars/chart.js";
import { download, fetchFile } from "../saving/files.js";
import { clip, plainText } from "../shell/format.js";
import { saveMenu } from "../saving/save.js";
import { metricOrder } from "./results.js";

/** @typedef {import("./results.js").Look} Look */
/** @typedef {import("../saving/save.js").Making} Making */
/** @typedef {{ name: string, title: string, unit: string, figure: any, missing: string }} Chart */

const [WIDTH, HEIGHT, COLUMNS] = [460, 300, 3]; // px of one chart on a sheet
const HEAD = 58; // px for what was swept, in two lines
const ROW = 22; // px of a row of the legend
const [LETTER, KEY] = [9, 48]; // px of a letter of the legend at most, and of what stands before a name
const [INK, GRID] = ["#1b2130", "#e4e2da"];
const FONT = { family: "IBM Plex Sans, system-ui, sans-serif", size: 13, color: INK };
const PAPER = { template: "none", paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff", font: FONT };

/**
 * The width of an entry of the legend and the rows that all take: Plotly measures a name before its typeface
 * is there, so every entry gets room by its letters.
 * @param {string[]} names @param {number} width px of the sheet
 */
export const legendSize = (names, width) => {
  const entry = LETTER * Math.max(...names.map((name) => name.length));
  return { entry, rows: Math.ceil(names.length / Math.max(1, Math.floor(width / (entry + KEY)))) };
};

/**
 * Charts as one figure on white, in a grid, below what was swept and one legend.
 * @param {Chart[]} charts @param {string[]} lines of words above them
 */
const sheet = (charts, lines) => {
  const columns = Math.min(COLUMNS, charts.length);
  const width = columns * WIDTH;
  const names = charts[0].figure.data.flatMap((/** @type {any} */ { name }) => name ?? []);
  const legend = legendSize(names, width);
  const head = HEAD + legend.rows * ROW;
  const height = Math.ceil(charts.length / columns) * HEIGHT + head;
  const parts = charts.map((chart, i) => part(chart, i, {
    x: [((i % columns) * WIDTH + 56) / width, ((i % columns + 1) * WIDTH - 18) / width],
    y: [1 - (head + (Math.floor(i / columns) + 1) * HEIGHT - 50) / height,
      1 - (head + Math.floor(i / columns) * HEIGHT + 34) / height],
  }));
  const words = lines.map((text, i) => ({
    text: i ? plainText(clip(text, width / 7)) : `<b>${plainText(clip(text, width / 10))}</b>`,
    showarrow: false, x: 0, xref: "paper", xanchor: "left", xshift: 14, font: { size: i ? 13 : 17 },
    y: 1, yref: "paper", yanchor: "top", yshift: i ? -34 : -8,
  }));
  const layout = {
    ...PAPER, width, height, showlegend: true,
    legend: {
      orientation: "h", x: 0, y: 1 - HEAD / height, yanchor: "top", entrywidthmode: "pixels",
      entrywidth: legend.entry,
    },
    margin: { l: 0, r: 0, t: 0, b: 0, autoexpand: false },
    annotations: [...words, ...parts.map(({ title }) => title)],
    shapes: parts.flatMap(({ shapes }) => shapes),
    ...Object.assign({}, ...parts.map(({ axes }) => axes)),
  };
  return { data: parts.flatMap(({ data }) => data), layout, width, height };
};

/**
 * One chart in its place of the sheet.
 * @param {Chart} chart @param {number} i @param {Record<"x" | "y", number[]>} at
 */
const part = ({ title, unit, figure }, i, { x, y }) => {
  const name = i ? String(i + 1) : "";
  const axis = (/** @type {any} */ own, /** @type {number[]} */ domain, /** @type {string} */ anchor) =>
    ({ ...own, domain, anchor, color: INK, gridcolor: GRID, linecolor: GRID });
  const height = (/** @type {number} */ share) => y[0] + share * (y[1] - y[0]);
  return {
    axes: {
      [`xaxis${name}`]: axis(figure.layout.xaxis, x, `y${name}`),
      [`yaxis${name}`]: axis(figure.layout.yaxis, y, `x${name}`),
    },
    title: {
      text: `<b>${plainText(title)}</b>${unit ? ` ${plainText(unit)}` : ""}`, showarrow: false,
      x: x[0], y: y[1], xref: "paper", yref: "paper", xanchor: "left", yanchor: "bottom", yshift: 6,
      font: { size: 15 },
    },
    shapes: figure.layout.shapes.map((/** @type {any} */ shape) =>
      ({ ...shape, xref: `x${name}`, y0: height(shape.y0), y1: height(shape.y1) })),
    data: figure.data.map((/** @type {any} */ trace) => ({
      ...trace, xaxis: `x${name}`, yaxis: `y${name}`, legendgroup: trace.name,
      showlegend: i === 0 && trace.showlegend !== false,
    })),
  };
};

/**
 * A data address of charts as a picture.
 * @param {Chart[]} charts @param {string[]} lines @param {"svg" | "png"} format
 */
const picture = async (charts, lines, format) => {
  const { data, layout, width, height } = sheet(charts, lines);
  const scale = format === "png" ? 2 : 1;
  return (await plotly()).toImage({ data, layout }, { format, width, height, scale });
};
const content = (/** @type {string} */ address) => address.slice(address.indexOf(",") + 1);
const bytes = (/** @type {string} */ base64) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));

/**
 * The Save menu, with a button for the report.
 * @param {object} of
 * @param {any} of.config
 * @param {() => Look | null} of.look what is shown
 * @param {() => string[]} of.words what was swept, in two lines
 * @param {() => string[]} of.shown the metrics whose charts are shown
 * @param {() => string | null} of.run whose files these are
 */
export const sweepFiles = ({ config, look, words, shown, run }) => {
  /** @param {string[]} names @returns {Chart[]} */
  const charts = (names) => {
    const [figures, missing] = [look()?.charts ?? [], look()?.missing ?? []];
    const all = config.metrics.map((/** @type {any} */ metric, /** @type {number} */ i) =>
      ({ ...metric, figure: figures[i], missing: missing[i] }));
    return names.map((wanted) => all.find((/** @type {Chart} */ { name }) => name === wanted))
      .filter((chart) => !chart.missing);
  };
  const savePicture = async (/** @type {"svg" | "png"} */ format) => {
    const data = content(await picture(charts(shown()), words(), format));
    if (format === "svg") download("sweep-charts.svg", "image/svg+xml", decodeURIComponent(data));
    else download("sweep-charts.png", "image/png", bytes(data));
  };
  /** @param {string} kind @param {Making} making @param {Record<string, string>} [drawings] */
  const save = async (kind, making, drawings = {}) => {
    const file = await fetchFile("sweep/file", { run: run(), kind, charts: drawings }, making);
    download(file.name, file.type, file.binary ? bytes(file.content) : file.content);
  };
  const saver = (/** @type {string} */ kind) => (/** @type {Making} */ making) => save(kind, making);
  const report = async (/** @type {Making} */ making) => {
    /** @type {Record<string, string>} */
    const drawings = {};
    for (const chart of charts(metricOrder(config))) {
      drawings[chart.name] = decodeURIComponent(content(await picture([chart], words(), "svg")));
    }
    await save("report", making, drawings);
  };
  return saveMenu({
    request: look,
    charts: () => [],
    name: () => "sweep",
    own: {
      csv: saver("cells"), json: saver("json"), receipt: saver("receipt"),
      png: () => savePicture("png"), svg: () => savePicture("svg"),
    },
    more: [{
      text: "Texts (CSV)", title: "Every text with what was measured of it", save: saver("texts"),
    }],
    beside: {
      text: "Report", title: "A Markdown report with charts, tables and receipt, as one zip", save: report,
    },
  });
};
