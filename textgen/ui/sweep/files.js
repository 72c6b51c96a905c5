// Saving a sweep: numbers and receipt from the server, charts from the page, the report from both.
import { plotly } from "../shell/chart.js";
import { plainText } from "../shell/format.js";
import { download, saveMenu } from "../shell/save.js";
import { Problem } from "../shell/server.js";
import { toast } from "../shell/toast.js";
import { metricOrder } from "./results.js";

/** @typedef {import("./results.js").Look} Look */
/** @typedef {{ name: string, title: string, unit: string, figure: any, missing: string }} Chart */

const [WIDTH, HEIGHT, COLUMNS] = [460, 300, 3]; // px of one chart on a sheet
const HEAD = 36; // px for the legend
const [INK, GRID] = ["#1b2130", "#e4e2da"];
const FONT = { family: "IBM Plex Sans, system-ui, sans-serif", size: 13, color: INK };
const PAPER = { template: "none", paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff", font: FONT };

/** Plotly measures a name before its typeface is there: every entry gets room by its letters. */
const legendOf = (/** @type {any} */ figure) => ({
  orientation: "h", x: 0.01, y: 1, yanchor: "top", entrywidthmode: "pixels",
  entrywidth: 9 * Math.max(...figure.data.map((/** @type {any} */ { name }) => name?.length ?? 0)),
});

/** Charts as one figure on white, in a grid, with one legend. @param {Chart[]} charts */
const sheet = (charts) => {
  const columns = Math.min(COLUMNS, charts.length);
  const [width, height] = [columns * WIDTH, Math.ceil(charts.length / columns) * HEIGHT + HEAD];
  const parts = charts.map((chart, i) => part(chart, i, {
    x: [((i % columns) * WIDTH + 56) / width, ((i % columns + 1) * WIDTH - 18) / width],
    y: [1 - (HEAD + (Math.floor(i / columns) + 1) * HEIGHT - 50) / height,
      1 - (HEAD + Math.floor(i / columns) * HEIGHT + 34) / height],
  }));
  const layout = {
    ...PAPER, width, height, showlegend: true, legend: legendOf(charts[0].figure),
    margin: { l: 0, r: 0, t: 8, b: 0, autoexpand: false },
    annotations: parts.map(({ title }) => title),
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

/** A data address of charts as a picture. @param {Chart[]} charts @param {"svg" | "png"} format */
const picture = async (charts, format) => {
  const { data, layout, width, height } = sheet(charts);
  const scale = format === "png" ? 2 : 1;
  return (await plotly()).toImage({ data, layout }, { format, width, height, scale });
};
const content = (/** @type {string} */ address) => address.slice(address.indexOf(",") + 1);
const bytes = (/** @type {string} */ base64) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));

/**
 * The Report button's action and the Save menu.
 * @param {object} of
 * @param {any} of.config
 * @param {() => Look | null} of.look what is shown
 * @param {() => string[]} of.shown the metrics whose charts are shown
 * @param {(kind: string, charts: Record<string, string>) => Promise<any>} of.ask for a file of the server
 */
export const sweepFiles = ({ config, look, shown, ask }) => {
  /** @param {string[]} names @returns {Chart[]} */
  const charts = (names) => {
    const [figures, missing] = [look()?.charts ?? [], look()?.missing ?? []];
    const all = config.metrics.map((/** @type {any} */ metric, /** @type {number} */ i) =>
      ({ ...metric, figure: figures[i], missing: missing[i] }));
    return names.map((wanted) => all.find((/** @type {Chart} */ { name }) => name === wanted))
      .filter((chart) => !chart.missing);
  };
  const savePicture = async (/** @type {"svg" | "png"} */ format) => {
    const data = content(await picture(charts(shown()), format));
    if (format === "svg") download("sweep-charts.svg", "image/svg+xml", decodeURIComponent(data));
    else download("sweep-charts.png", "image/png", bytes(data));
  };
  /** @param {string} kind @param {Record<string, string>} [drawings] */
  const fetchFile = async (kind, drawings = {}) => {
    try {
      const file = await ask(kind, drawings);
      download(file.name, file.type, file.binary ? bytes(file.content) : file.content);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      toast(problem.message);
    }
  };
  const report = async () => {
    /** @type {Record<string, string>} */
    const drawings = {};
    for (const chart of charts(metricOrder(config))) {
      drawings[chart.name] = decodeURIComponent(content(await picture([chart], "svg")));
    }
    await fetchFile("report", drawings);
  };
  const menu = saveMenu({
    request: look,
    charts: () => [],
    name: () => "sweep",
    own: {
      csv: () => fetchFile("cells"), json: () => fetchFile("json"), receipt: () => fetchFile("receipt"),
      png: () => savePicture("png"), svg: () => savePicture("svg"),
    },
    more: [{
      text: "Texts (CSV)", title: "Every text with what was measured of it", save: () => fetchFile("texts"),
    }],
  });
  return { menu, report };
};
