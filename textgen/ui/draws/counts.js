// What counts of draws belong to, and what of it has changed: all of this tab that needs no page.
import { temperatureText } from "../shell/format.js";

/** @typedef {import("../shell/store.js").Settings} Settings */
/** @typedef {number | string} Temperature a number, SLIDER, or what somebody typed instead */
/** @typedef {Record<string, any>} Basis what is drawn from: a source, settings at T = 1, temperatures */

/** Among the temperatures: the one that the sidebar's slider has. */
export const SLIDER = "slider";

const CANDIDATES = [1, 2, 0.5, 1.5, 0.2, 3, 0.8, 0];
/** @type {Record<string, string>} */
const WORDS = {
  context: "the context",
  numbers: "your numbers",
  numbers_kind: "the kind of your numbers",
  settings: "the stages",
  temperatures: "the temperatures",
};

/**
 * What counts belong to: they say nothing about any other distribution.
 * @param {Record<string, string>} source
 * @param {Settings} settings
 * @param {Temperature[]} temperatures
 * @returns {Basis}
 */
export const basisOf = (source, settings, temperatures) => ({
  ...source,
  settings: { ...settings, temperature: 1 },
  temperatures: temperatures.map((t) => (t === SLIDER ? settings.temperature : t)),
});

export const sameBasis = (/** @type {Basis} */ one, /** @type {Basis} */ other) =>
  JSON.stringify(one) === JSON.stringify(other);

/** Why there are no counts any more. @param {Basis} now @param {Basis} before @returns {string} */
export const clearedBecause = (now, before) =>
  `Counts cleared, since ${changed(now, before)} changed: counts of one distribution say nothing about `
  + "another.";

/** `the context and the temperatures`; what else differs with a model comes with it. */
const changed = (/** @type {Basis} */ now, /** @type {Basis} */ before) => {
  if (now.model !== before.model) return "the model";
  const differs = (/** @type {string} */ name) => JSON.stringify(now[name]) !== JSON.stringify(before[name]);
  return Object.keys(WORDS).filter(differs).map((name) => WORDS[name]).join(" and ");
};

/** The temperatures and one more, before that of the slider. @param {Temperature[]} temperatures */
export const oneMore = (temperatures) => {
  const next = CANDIDATES.find((t) => !temperatures.includes(t)) ?? 1;
  const fixed = temperatures.filter((t) => t !== SLIDER);
  return [...fixed, next, ...temperatures.filter((t) => t === SLIDER)];
};

/**
 * With the slider's temperature where it was not among them, else without.
 * @param {Temperature[]} temperatures
 */
export const sliderToggled = (temperatures) =>
  temperatures.includes(SLIDER) ? temperatures.filter((t) => t !== SLIDER) : [...temperatures, SLIDER];

/**
 * The sentence for a temperature that is there twice; "" where none is.
 * @param {Temperature[]} temperatures
 */
export const repeated = (temperatures) => {
  const twice = temperatures.find((t, i) => typeof t === "number" && temperatures.indexOf(t) < i);
  if (twice === undefined) return "";
  const got = temperatureText(Number(twice));
  return `each temperature must be there once, got ${got} twice; change or remove one`;
};
