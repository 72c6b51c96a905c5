// Statistical charts: one persistent Plotly drawing a place, which follows its card's width.
import { config } from "../shell/config.js";
import { ink } from "./theme.js";

/** @typedef {{ data: any[], layout: any }} Figure as `plots/` in Python makes it */

const OPTIONS = { displayModeBar: false, displaylogo: false };

/** @type {Promise<any> | null} */
let library = null;

/** Plotly itself, fetched when the first chart is drawn. @returns {Promise<any>} */
export const plotly = () =>
  (library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(config.plotly, import.meta.url).href;
    script.onload = () => resolve(/** @type {any} */ (globalThis).Plotly);
    script.onerror = () => {
      library = null; // the next chart tries again
      reject(new Error("plotly.js could not be loaded"));
    };
    document.head.append(script);
  }));

/**
 * A figure whose ink and paper are those of the theme as it is: Python draws in those of the light one.
 * @template T @param {T} figure @returns {T}
 */
export const painted = (figure) =>
  JSON.parse(JSON.stringify(figure), (_, value) =>
    typeof value === "string" && value in config.inks ? ink(config.inks[value]) : value,
  );

/** A layout in the ink of the theme. */
export const inked = (/** @type {any} */ layout) => {
  const [text, line] = [ink("--lab-text"), ink("--lab-line")];
  const axes = Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key));
  const colours = { color: text, gridcolor: line, zerolinecolor: line, linecolor: line };
  const coloured = axes.map((key) => [key, { ...layout[key], ...colours }]);
  return { ...layout, ...Object.fromEntries(coloured), font: { ...layout.font, color: text } };
};

/**
 * Draw a figure in an element, or draw it anew there; it keeps the element's width from then on.
 * @param {HTMLElement} place whose width the style sheet decides
 * @param {Figure} figure
 * @returns {Promise<any>} the drawing, with Plotly's own methods
 */
export const plot = async (place, figure) => {
  const Plotly = await plotly();
  const { data, layout } = painted(figure);
  const size = { autosize: false, width: widthOf(place) };
  const drawing = await Plotly.react(place, data, { ...inked(layout), ...size }, OPTIONS);
  follow(place);
  return drawing;
};

/** A hidden card has no width: Plotly's own until it is seen. */
const widthOf = (/** @type {HTMLElement} */ place) => place.clientWidth || undefined;

/** @type {WeakSet<HTMLElement>} */
const followed = new WeakSet();

/** Redraw when the element's width changes: windows are resized, phones turned, sidebars folded. */
const follow = (/** @type {HTMLElement} */ place) => {
  if (followed.has(place)) return;
  followed.add(place);
  new ResizeObserver(async () => {
    const drawing = /** @type {any} */ (place);
    const width = widthOf(place);
    if (!width || !place.isConnected || drawing._fullLayout?.width === width) return;
    (await plotly()).relayout(place, { width });
  }).observe(place);
};
