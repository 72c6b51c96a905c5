// Colours: one scale for temperature everywhere, and the page's ink in light and dark.
import { config } from "../shell/config.js";

const channels = (/** @type {string} */ colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));

/** A colour over another one, `share` (0 to 1) of it. */
export const mixed = (
  /** @type {string} */ over,
  /** @type {string} */ under,
  /** @type {number} */ share,
) => {
  const [top, ground] = [channels(over), channels(under)];
  return `rgb(${top.map((channel, i) => Math.round(channel * share + ground[i] * (1 - share))).join(",")})`;
};

/** The colour of a temperature: cold blue to hot red. @param {number} t @returns {string} #rrggbb */
export const thermal = (t, stops = config.thermal) => {
  const clamped = Math.min(Math.max(t, stops[0][0]), stops[stops.length - 1][0]);
  const next = Math.max(
    1,
    stops.findIndex(([at]) => clamped <= at),
  );
  const [[low, cold], [high, hot]] = [stops[next - 1], stops[next]];
  const share = (clamped - low) / (high - low);
  const [from, to] = [channels(cold), channels(hot)];
  const blend = from.map((channel, i) => Math.round(channel + (to[i] - channel) * share));
  return `#${blend.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
};

const NEAR = 0.3; // of T = 1: the learned distribution is drawn in ink, what lies near it in some of it

/** The colour of a temperature's bars and headings, for a style sheet: thermal, but ink at T = 1. */
export const tone = (/** @type {number} */ t) => {
  const share = Math.max(0, 1 - Math.abs(t - 1) / NEAR);
  const inked = `color-mix(in srgb, var(--lab-text) ${(100 * share).toFixed(0)}%, ${thermal(t)})`;
  return share ? inked : thermal(t);
};

/** A colour of the style sheet, such as --lab-text, in the theme as it is. */
export const ink = (/** @type {string} */ name) =>
  getComputedStyle(document.body).getPropertyValue(name).trim();

/** Call back when light turns dark or back. */
export const onTheme = (/** @type {() => void} */ callback, /** @type {AbortSignal} */ signal) => {
  const observer = new MutationObserver(callback);
  observer.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  signal.addEventListener("abort", () => observer.disconnect());
};
