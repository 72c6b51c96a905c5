// The stages of textgen/stages.py for the browser, so that a slider needs no server, and distributions under
// them: logits (V) in, logits (V) out, float64, removed = −Infinity, the same order and the same ties.
// Python is the truth; tests/node holds the two against each other.

/** @import { Settings } from "../shell/store.js" */
/**
 * @typedef {object} Text what the stages read
 * @property {readonly number[]} ids of the text so far; none of them was written yet
 * @property {readonly number[]} [stops] the ids that end a text
 * @property {readonly string[]} [labels] (V), which tell a token that is named by its text
 */
/**
 * @typedef {(logits: Float64Array, value: any, text: Text, settings: Settings) => Float64Array} Stage
 * of all settings a stage reads its own further numbers, by name
 */
/**
 * @typedef {object} Step the distribution after a stage
 * @property {string} name of the stage; "raw" is the distribution as the model gave it
 * @property {Float64Array} probabilities (V)
 * @property {boolean[]} kept (V) tokens that can still be drawn
 * @property {boolean[]} removed (V) tokens that this stage removed
 * @property {number} removedMass their probability before it
 * @property {boolean} changed whether the stage did anything
 */
/**
 * @typedef {object} Summary
 * @property {number} entropy bits
 * @property {number} choices effective number of choices, 2^entropy
 * @property {number} top probability of the likeliest token
 * @property {number} kept tokens that can still be drawn
 */

const REMOVED = -Infinity;
// Probabilities this close are the same: rounding, not a stage.
const SAME = 1e-12;
// As in stages.py: the share by which a value may fall short of a bound that it meets.
const SLACK = 1e-6;
// As in stages.py: what dynamic temperature does not go below.
const LOWEST_TEMPERATURE = 0.01;
/** What labels show of tokens that cannot be seen. @type {Record<string, string>} */
const VISIBLE = { " ": "␣", "\n": "⏎", "\t": "⇥" };
/** @type {Text} */
const NOTHING = { ids: [] };

/** @param {number} bound that values must reach */
const lower = (bound) => bound * (1 - SLACK);

/**
 * Probabilities (V) that sum to 1.
 * @param {Float64Array} logits
 */
export const softmax = (logits) => {
  const top = maximum(logits);
  const weights = logits.map((z) => Math.exp(z - top));
  const total = sum(weights);
  return weights.map((w) => w / total);
};

/** @param {Float64Array} logits */
const logSoftmax = (logits) => {
  const top = maximum(logits);
  const scale = Math.log(sum(logits.map((z) => Math.exp(z - top))));
  return logits.map((z) => z - top - scale);
};

/**
 * Natural-log probabilities (V) → entropy in nats, with 0·ln 0 = 0.
 * @param {Float64Array} logs
 */
const entropyNats = (logs) => -sum(logs.map((l) => (l > REMOVED ? Math.exp(l) * l : 0)));

/** @param {Float64Array} values */
const sum = (values) => values.reduce((total, v) => total + v, 0);

/** @param {Float64Array} values */
const maximum = (values) => values.reduce((top, v) => (v > top ? v : top), REMOVED);

/**
 * @param {Float64Array} logits
 * @param {(id: number) => unknown} kept
 */
const keep = (logits, kept) => logits.map((z, id) => (kept(id) ? z : REMOVED));

/** @type {(a: number, b: number) => number} */
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Ids by value, lowest first; equal values in the order of their ids.
 * @param {Float64Array} values
 */
const ascending = (values) =>
  Uint32Array.from(values, (_, id) => id).sort((a, b) => compare(values[a], values[b]) || a - b);

/** @type {Stage} */
const temperature = (logits, t) => {
  if (t !== 0) return logits.map((z) => z / t);
  const best = logits.indexOf(maximum(logits));
  return logits.map((_, id) => (id === best ? 0 : REMOVED));
};

/** @type {Stage} */
const dynamicTemperature = (logits, spread, _, { temperature: t, dynamic_exponent: exponent }) => {
  if (t === 0) return logits;
  const logs = logSoftmax(logits);
  const count = logits.filter((z) => z > REMOVED).length;
  const share = Math.min(1, Math.max(0, entropyNats(logs) / Math.log(Math.max(count, 2))));
  const [low, high] = [Math.max(t - spread, 0), t + spread];
  const chosen = Math.max(low + (high - low) * share ** exponent, LOWEST_TEMPERATURE);
  return logits.map((z) => z * (t / chosen));
};

/** @type {Stage} */
const smoothing = (logits, factor, _, { smoothing_curve: curve }) => {
  const top = maximum(logits);
  const [linear, cubic] = [(3 - curve) / 2, (curve - 1) / 2];
  return logits.map((z) => {
    const below = z - top;
    return z > REMOVED ? top + factor * below * below * (cubic * below - linear) : z;
  });
};

/** @type {Stage} */
const topK = (logits, k) => {
  if (k >= logits.length) return logits;
  const kth = logits.slice().sort()[logits.length - k];
  return keep(logits, (id) => logits[id] >= kth);
};

/** @type {Stage} */
const topP = (logits, p) => {
  const order = ascending(logits);
  const probabilities = softmax(Float64Array.from(order, (id) => logits[id]));
  const kept = new Uint8Array(logits.length);
  const outside = 1 - p + SLACK * Math.min(p, 1 - p);
  let cumulative = 0;
  order.forEach((id, rank) => {
    cumulative += probabilities[rank];
    kept[id] = cumulative > outside || rank === order.length - 1 ? 1 : 0;
  });
  return keep(logits, (id) => kept[id]);
};

/** @type {Stage} */
const minP = (logits, share) => {
  const probabilities = softmax(logits);
  const bound = lower(share * maximum(probabilities));
  return keep(logits, (id) => probabilities[id] >= bound);
};

/** @type {Stage} */
const typical = (logits, mass) => {
  const logs = logSoftmax(logits);
  const entropy = entropyNats(logs);
  const distance = logs.map((l) => Math.abs(-l - entropy));
  const order = ascending(distance);
  let cumulative = 0;
  const reached = (/** @type {number} */ id) => (cumulative += Math.exp(logs[id])) >= lower(mass);
  const crossing = order.find(reached) ?? order[order.length - 1];
  return keep(logits, (id) => distance[id] <= distance[crossing]);
};

/** @type {Stage} */
const epsilon = (logits, floor) => {
  const probabilities = softmax(logits);
  const top = maximum(logits);
  return keep(logits, (id) => probabilities[id] >= lower(floor) || logits[id] >= top);
};

/** @type {Stage} */
const eta = (logits, floor, text, settings) => {
  const entropy = entropyNats(logSoftmax(logits));
  return epsilon(logits, Math.min(floor, Math.sqrt(floor) * Math.exp(-entropy)), text, settings);
};

/** @type {Stage} */
const topNSigma = (logits, n) => {
  const there = logits.filter((z) => z > REMOVED);
  const mean = sum(there) / there.length;
  const variance = sum(there.map((z) => (z - mean) ** 2)) / there.length;
  const bound = maximum(logits) - n * Math.sqrt(variance) * (1 + SLACK);
  return keep(logits, (id) => logits[id] >= bound);
};

/** @type {Stage} */
const xtc = (logits, threshold) => {
  const probabilities = softmax(logits);
  const above = logits.filter((_, id) => probabilities[id] >= lower(threshold));
  const least = above.reduce((a, b) => Math.min(a, b), Infinity);
  return keep(logits, (id) => logits[id] <= least);
};

/** At the first token, whose limit is twice the target: what was read is not counted. @type {Stage} */
const mirostat = (logits, target, text, settings) => epsilon(logits, 2 ** -(2 * target), text, settings);

/** @type {Stage} */
const logitBias = (logits, bias, { labels = [] }) => {
  /** @type {Map<number, number>} */
  const added = new Map(Object.entries(bias).map(([token, number]) =>
    [idOf(token, labels), number === null ? REMOVED : number]));
  const result = logits.map((z, id) => z + (added.get(id) ?? 0));
  return maximum(result) > REMOVED
    ? result
    : logits.map((z, id) => z + ([undefined, REMOVED].includes(added.get(id)) ? 0 : added.get(id) ?? 0));
};

/** The id of a token named by its text, its label or as #17; -1 for none. */
const idOf = (/** @type {string} */ token, /** @type {readonly string[]} */ labels) => {
  if (/^#\d+$/.test(token)) return Number(token.slice(1));
  const place = labels.indexOf(token);
  return place >= 0 ? place : labels.indexOf(token.replace(/[ \n\t]/g, (char) => VISIBLE[char]));
};

/** @type {Stage} */
const presencePenalty = (logits, penalty, { ids }) => {
  const seen = new Set(ids);
  return logits.map((z, id) => (seen.has(id) ? z - penalty : z));
};

/** @type {Stage} */
const frequencyPenalty = (logits, penalty, { ids }) => {
  const result = logits.slice();
  const counts = new Map();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  for (const [id, count] of counts) result[id] -= penalty * count;
  return result;
};

/** @type {Stage} */
const minLength = (logits, _, { stops = [] }) => {
  const result = keep(logits, (id) => !stops.includes(id));
  return maximum(result) > REMOVED ? result : logits;
};

/** @type {Stage} */
const repetitionPenalty = (logits, penalty, { ids }) => {
  const seen = new Set(ids);
  return logits.map((z, id) => (!seen.has(id) ? z : z < 0 ? z * penalty : z / penalty));
};

/** @type {Stage} */
const noRepeatNgram = (logits, size, { ids }) => {
  const banned = completions(ids, size);
  const result = keep(logits, (id) => !banned.has(id));
  return maximum(result) > REMOVED ? result : logits;
};

/**
 * The ids that would complete an n-gram of this size that is already in the history.
 * @param {readonly number[]} history
 * @param {number} size
 */
const completions = (history, size) => {
  const tail = history.slice(history.length - size + 1).join();
  /** @type {Set<number>} */
  const banned = new Set();
  for (let i = 0; i + size <= history.length; i++) {
    if (size === 1 || history.slice(i, i + size - 1).join() === tail) banned.add(history[i + size - 1]);
  }
  return banned;
};

/** @type {Record<string, Stage>} */
const STAGES = {
  temperature,
  top_k: topK,
  top_p: topP,
  min_p: minP,
  typical,
  epsilon,
  eta,
  top_n_sigma: topNSigma,
  xtc,
  mirostat,
  dynamic_temperature: dynamicTemperature,
  smoothing,
  repetition_penalty: repetitionPenalty,
  presence_penalty: presencePenalty,
  frequency_penalty: frequencyPenalty,
  no_repeat_ngram: noRepeatNgram,
  min_length: minLength,
  logit_bias: logitBias,
};

/**
 * Whether a stage with this value is on; one of tokens is, where it names any.
 * @param {any} value @param {any} off
 */
export const isOn = (value, off) =>
  typeof value === "object" ? Object.keys(value ?? {}).length > 0 : value !== undefined && value !== off;

/**
 * The stages that are on, in their order. `neutral` (the values that turn one off) comes from Python.
 * @param {Settings} settings
 * @param {Record<string, any>} neutral
 */
export const activeStages = (settings, neutral) =>
  settings.order.filter((name) => isOn(settings[name], neutral[name]));

/**
 * Raw logits (V) → logits (V) after all stages that are on.
 * @param {Float64Array} raw
 * @param {Settings} settings
 * @param {Record<string, any>} neutral
 * @param {Text} [text]
 */
export const decode = (raw, settings, neutral, text = NOTHING) =>
  activeStages(settings, neutral).reduce(
    (logits, name) => STAGES[name](logits, settings[name], text, settings),
    raw,
  );

/**
 * The distribution as the model gave it, then after each stage that is on.
 * @param {Float64Array} raw logits (V)
 * @param {Settings} settings
 * @param {Record<string, any>} neutral
 * @param {Text} [text]
 */
export const trace = (raw, settings, neutral, text = NOTHING) => {
  const steps = [firstStep(raw)];
  let logits = raw;
  for (const name of activeStages(settings, neutral)) {
    logits = STAGES[name](logits, settings[name], text, settings);
    steps.push(nextStep(name, logits, steps[steps.length - 1]));
  }
  return steps;
};

/**
 * @param {Float64Array} logits
 * @returns {Step}
 */
const firstStep = (logits) => ({
  name: "raw",
  probabilities: softmax(logits),
  kept: Array.from(logits, (z) => z > REMOVED),
  removed: Array(logits.length).fill(false),
  removedMass: 0,
  changed: false,
});

/**
 * @param {string} name
 * @param {Float64Array} logits
 * @param {Step} before
 * @returns {Step}
 */
const nextStep = (name, logits, before) => {
  const probabilities = softmax(logits);
  const kept = Array.from(logits, (z) => z > REMOVED);
  const removed = kept.map((stays, id) => before.kept[id] && !stays);
  const removedMass = sum(before.probabilities.filter((_, id) => removed[id]));
  const moved = probabilities.some((p, id) => Math.abs(p - before.probabilities[id]) > SAME);
  return { name, probabilities, kept, removed, removedMass, changed: moved || removed.includes(true) };
};

/**
 * A distribution (V) in four numbers.
 * @param {Float64Array} probabilities
 * @returns {Summary}
 */
export const summary = (probabilities) => {
  const entropy = Math.max(0, -sum(probabilities.map((p) => (p > 0 ? p * Math.log2(p) : 0))));
  const kept = probabilities.filter((p) => p > 0).length;
  return { entropy, choices: 2 ** entropy, top: maximum(probabilities), kept };
};

/**
 * Token ids by probability at T = 1, likeliest first, lowest id first on ties.
 * @param {Float64Array} raw logits (V)
 */
export const ranking = (raw) =>
  Array.from(raw, (_, id) => id).sort((a, b) => compare(raw[b], raw[a]) || a - b);

/**
 * Numbers as the server sends them: base64 of little-endian float32.
 * @param {string} base64
 */
export const floats = (base64) => {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  return Float64Array.from(new Float32Array(bytes.buffer));
};

// ---- a distribution as the page shows it

/**
 * @typedef {import("./tokens.js").Piece} Piece
 *
 * @typedef {object} Answer what the server says about a source
 * @property {string} model "" for typed-in numbers
 * @property {string} logits base64 of little-endian float32 (V)
 * @property {string[] | null} labels (V); null where the page has them
 * @property {string} vocabulary names the labels
 * @property {Piece[]} pieces the context
 * @property {number} unseen how many of its first pieces the model does not see
 * @property {number[]} history ids that the model read
 * @property {number[]} stops ids that end a text
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
 * @param {{ raw: Float64Array, history: number[], stops?: number[], labels?: string[] }} data
 * @param {any} settings
 * @param {any} neutral the value of each stage that turns it off
 */
export const distribution = ({ raw, history, stops, labels }, settings, neutral) => {
  const steps = trace(raw, settings, neutral, { ids: history, stops, labels });
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
    const all = temperatures.map((t) =>
      kept.get(t) ?? distribution(data, { ...settings, temperature: t }, neutral));
    made = { data, others, views: new Map(all.map((view) => [view.settings.temperature, view])) };
    return all;
  };
  return viewsAt;
};

/** @param {number[]} ids @param {ArrayLike<number>} probabilities */
export const massOf = (ids, probabilities) => ids.reduce((mass, id) => mass + probabilities[id], 0);

/** How many tokens each stage removed, by its name. @param {(string | null)[]} removedBy */
export const removals = (removedBy) => {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const name of removedBy) if (name) counts[name] = (counts[name] ?? 0) + 1;
  return Object.entries(counts);
};
