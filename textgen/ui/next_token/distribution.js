// A distribution as the tab shows it: what each stage did, rows for bars, ratios of two tokens. No DOM.
import { ranking, floats, summary, trace } from "../shell/decoding.js";

/**
 * @typedef {import("../shell/bars.js").Bar} Bar
 * @typedef {import("../shell/tokens.js").Piece} Piece
 *
 * @typedef {object} Answer what the server says about a source
 * @property {string} model "" for typed-in numbers
 * @property {string} logits base64 of little-endian float32 (V)
 * @property {string[] | null} labels (V); null where the page has them
 * @property {string} vocabulary names the labels
 * @property {Piece[]} pieces the context
 * @property {number} unseen how many of its first pieces the model does not see
 * @property {number[]} history ids that the model read
 * @property {string} note what the reader should know of the context
 *
 * @typedef {object} Drawn
 * @property {string[]} labels (V)
 * @property {Float64Array} raw logits (V)
 * @property {number[]} order ids, likeliest at T = 1 first
 * @typedef {Omit<Answer, "logits" | "labels"> & Drawn} Data
 */

/** What the server sent, ready to be drawn. @param {Answer} answer @returns {Data} */
export const dataOf = (answer, /** @type {Data | null} */ before = null) => {
  const raw = floats(answer.logits);
  return { ...answer, labels: answer.labels ?? before?.labels ?? [], raw, order: ranking(raw) };
};

/**
 * A distribution under settings.
 * @param {{ raw: Float64Array, history: number[] }} data
 * @param {any} settings
 * @param {any} neutral the value of each stage that turns it off
 */
export const distribution = ({ raw, history }, settings, neutral) => {
  const steps = trace(raw, settings, neutral, history);
  const { probabilities } = steps[steps.length - 1];
  const former = new Float64Array(raw.length); // of a removed token: what it had just before
  /** @type {(string | null)[]} */
  const removedBy = new Array(raw.length).fill(null);
  for (let s = 1; s < steps.length; s++) {
    steps[s].removed.forEach((gone, id) => {
      if (!gone) return;
      former[id] = steps[s - 1].probabilities[id];
      removedBy[id] = steps[s].name;
    });
  }
  return { settings, steps, probabilities, former, removedBy, summary: summary(probabilities) };
};

/** @typedef {ReturnType<typeof distribution>} Distribution */

/**
 * The distributions at several temperatures, each computed once for as long as all else stays.
 * @param {any} neutral
 */
export const createViews = (neutral) => {
  /** @type {{ data: Data | null, others: string, views: Map<number, Distribution> }} */
  let made = { data: null, others: "", views: new Map() };
  /** @param {Data} data @param {any} settings @param {number[]} temperatures */
  const viewsAt = (data, settings, temperatures) => {
    const others = JSON.stringify({ ...settings, temperature: null });
    const kept = made.data === data && made.others === others ? made.views : new Map();
    const all = temperatures.map((temperature) =>
      kept.get(temperature) ?? distribution(data, { ...settings, temperature }, neutral));
    made = { data, others, views: new Map(all.map((view) => [view.settings.temperature, view])) };
    return all;
  };
  return viewsAt;
};

/** Those that have a bar: all of a small vocabulary, else the likeliest. @param {number[]} order */
export const shownIds = (order, most = 10) => (order.length <= most + 2 ? order : order.slice(0, most));

/**
 * The bars of some tokens, and one for all others.
 * @param {Data} data
 * @param {number[]} ids
 * @param {{ probabilities: ArrayLike<number>, former: ArrayLike<number> }} view
 * @param {(id: number) => string} noteOf what to say of a removed token
 * @returns {Bar[]}
 */
export const barsOf = (data, ids, { probabilities, former }, noteOf = () => "") => {
  /** @type {Bar[]} */
  const bars = ids.map((id) => {
    const gone = probabilities[id] === 0 && former[id] > 0;
    const note = gone ? noteOf(id) : "";
    return { id, label: data.labels[id], probability: probabilities[id], former: former[id], note };
  });
  const others = data.order.slice(ids.length);
  if (others.length) bars.push({ id: null, label: "…", probability: massOf(others, probabilities) });
  return bars;
};

/** @param {number[]} ids @param {ArrayLike<number>} probabilities */
export const massOf = (ids, probabilities) => ids.reduce((sum, id) => sum + probabilities[id], 0);

/** How many tokens each stage removed, by its name. @param {(string | null)[]} removedBy */
export const removals = (removedBy) => {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const name of removedBy) if (name) counts[name] = (counts[name] ?? 0) + 1;
  return Object.entries(counts);
};

/** p(a) / p(b) at a temperature, from the gap of their logits. @param {number} gap @param {number} t */
export const ratioAt = (gap, t) => {
  if (t !== 0) return Math.exp(gap / t);
  return gap > 0 ? Infinity : gap < 0 ? 0 : 1;
};

/** 23.4, 0.048, ∞ @param {number} ratio */
export const ratioText = (ratio) => {
  if (ratio === Infinity) return "∞";
  if (ratio >= 1e5 || (ratio < 1e-3 && ratio > 0)) return ratio.toExponential(1);
  return ratio.toFixed(ratio >= 100 ? 0 : ratio >= 0.095 ? 1 : 3);
};

/**
 * A stage moved beside a neighbour that is on; those that are off keep their places.
 * @param {string[]} order @param {string} name @param {string} target @param {boolean} after
 */
export const moved = (order, name, target, after) => {
  const rest = order.filter((other) => other !== name);
  rest.splice(rest.indexOf(target) + (after ? 1 : 0), 0, name);
  return rest;
};
