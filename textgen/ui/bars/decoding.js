// The stages of textgen/stages.py for the browser, so that a slider needs no server, and distributions under
// them: logits (V) in, logits (V) out, float64, removed = −Infinity, the same order and the same ties.
// Python is the truth; tests/node holds the two against each other.

/** @import { Settings } from "../shell/store.js" */
/**
 * @typedef {object} Text what the stages read
 * @property {readonly number[]} ids of the text so far; none of them was written yet
 * @property {readonly number[]} [stops] the ids that end a text
 * @property {readonly string[]} [labels] (V), which tell a token that is named by its text
 * @property {readonly number[]} [rising] (V) ids by what the model gave them, lowest first: an order that few
 *   stages change, so that sorting begins with it
 */
/**
 * @typedef {(logits: Float64Array, value: any, text: Text, settings: Settings) => Float64Array} Stage
 * of all settings a stage reads its own further numbers, by name
 */
/**
 * @typedef {object} Step the distribution after a stage
 * @property {string} name of the stage; "raw" is the distribution as the model gave it
 * @property {Float64Array} probabilities (V)
 * @property {Uint8Array} kept (V) 1: a token that can still be drawn
 * @property {Uint8Array} removed (V) 1: a token that this stage removed
 * @property {number} nKept how many can still be drawn
 * @property {number} nRemoved how many this stage removed
 * @property {number} removedMass their probability before it
 * @property {number} top probability of the likeliest token
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

// Plain loops where a slider's move passes: of 50,257 tokens, a callback for each takes ten times as long.

/**
 * Probabilities (V) that sum to 1.
 * @param {Float64Array} logits
 */
export const softmax = (logits) => {
  const top = maximum(logits);
  const shares = new Float64Array(logits.length);
  let total = 0;
  for (let id = 0; id < logits.length; id++) total += shares[id] = Math.exp(logits[id] - top);
  for (let id = 0; id < logits.length; id++) shares[id] /= total;
  return shares;
};

/** @param {Float64Array} logits */
const logSoftmax = (logits) => {
  const top = maximum(logits);
  let total = 0;
  for (let id = 0; id < logits.length; id++) total += Math.exp(logits[id] - top);
  const scale = Math.log(total);
  return mapped(logits, (z) => z - top - scale);
};

/**
 * Natural-log probabilities (V) → entropy in nats, with 0·ln 0 = 0.
 * @param {Float64Array} logs
 */
const entropyNats = (logs) => {
  let total = 0;
  for (let id = 0; id < logs.length; id++) if (logs[id] > REMOVED) total += Math.exp(logs[id]) * logs[id];
  return -total;
};

/** @param {Float64Array} values @param {(value: number) => number} of @returns {Float64Array} */
const mapped = (values, of) => {
  const result = new Float64Array(values.length);
  for (let id = 0; id < values.length; id++) result[id] = of(values[id]);
  return result;
};

/** @param {Float64Array} values */
const sum = (values) => {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
};

/** @param {Float64Array} values */
const maximum = (values) => {
  let top = REMOVED;
  for (let i = 0; i < values.length; i++) if (values[i] > top) top = values[i];
  return top;
};

/**
 * @param {Float64Array} logits
 * @param {(id: number) => unknown} kept
 */
const keep = (logits, kept) => {
  const result = new Float64Array(logits.length);
  for (let id = 0; id < logits.length; id++) result[id] = kept(id) ? logits[id] : REMOVED;
  return result;
};

// ---- orders

/** @type {(a: number, b: number) => number} */
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/**
 * By value, lowest first, then by id.
 * @param {Float64Array} values
 * @returns {(a: number, b: number) => number}
 */
const byValue = (values) => (a, b) => compare(values[a], values[b]) || a - b;

const IDS = 2 ** 21; // that fit behind the 32 bits of a float32 in a double's 53

/**
 * Ids by value, lowest first; equal values in the order of their ids. Float32 numbers, such as a model gives,
 * are sorted as plain numbers, which a browser does ten times as fast: the value's bits, then the id.
 * @param {Float64Array} values
 */
const sortedIds = (values) => {
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  const keys = new Float64Array(values.length);
  for (let id = 0; id < values.length; id++) {
    float[0] = values[id] + 0; // -0 is 0
    if (float[0] !== values[id] || id >= IDS) return idsOf(values).sort(byValue(values));
    keys[id] = (bits[0] >>> 31 ? ~bits[0] >>> 0 : bits[0] + 2 ** 31) * IDS + id;
  }
  return idsOf(keys.sort(), (key) => key % IDS);
};

/** @param {Float64Array} values @param {(value: number, i: number) => number} id @returns {number[]} */
const idsOf = (values, id = (_, i) => i) => {
  const ids = new Array(values.length);
  for (let i = 0; i < values.length; i++) ids[i] = id(values[i], i);
  return ids;
};

/**
 * Ids by logit, lowest first, removed ones before all; equal ones in the order of their ids. `rising` is an
 * order of all ids that is looked through first: they are sorted only where a stage before has changed it.
 * @param {Float64Array} logits
 * @param {readonly number[]} rising
 */
const ascending = (logits, rising = sortedIds(logits)) => {
  /** @type {number[]} */
  const order = [];
  for (let id = 0; id < logits.length; id++) if (logits[id] === REMOVED) order.push(id);
  for (const id of rising) if (logits[id] !== REMOVED) order.push(id);
  const before = byValue(logits);
  for (let i = 1; i < order.length; i++) if (before(order[i - 1], order[i]) > 0) return order.sort(before);
  return order;
};

/** @type {Stage} */
const temperature = (logits, t) => {
  if (t !== 0) return mapped(logits, (z) => z / t);
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
  return mapped(logits, (z) => z * (t / chosen));
};

/** @type {Stage} */
const smoothing = (logits, factor, _, { smoothing_curve: curve }) => {
  const top = maximum(logits);
  const [linear, cubic] = [(3 - curve) / 2, (curve - 1) / 2];
  return mapped(logits, (z) => {
    const below = z - top;
    return z > REMOVED ? top + factor * below * below * (cubic * below - linear) : z;
  });
};

/** @type {Stage} */
const topK = (logits, k, { rising }) => {
  if (k >= logits.length) return logits;
  const kth = logits[ascending(logits, rising)[logits.length - k]];
  return keep(logits, (id) => logits[id] >= kth);
};

/** @type {Stage} */
const topP = (logits, p, { rising }) => {
  const order = ascending(logits, rising);
  const sorted = new Float64Array(order.length);
  for (let rank = 0; rank < order.length; rank++) sorted[rank] = logits[order[rank]];
  const probabilities = softmax(sorted);
  const kept = new Uint8Array(logits.length);
  const outside = 1 - p + SLACK * Math.min(p, 1 - p);
  let cumulative = 0;
  for (let rank = 0; rank < order.length; rank++) {
    cumulative += probabilities[rank];
    kept[order[rank]] = cumulative > outside || rank === order.length - 1 ? 1 : 0;
  }
  return keep(logits, (id) => kept[id]);
};

/** @type {Stage} */
const minP = (logits, share) => {
  const probabilities = softmax(logits);
  const bound = lower(share * maximum(probabilities));
  return keep(logits, (id) => probabilities[id] >= bound);
};

/** @type {Stage} */
const typical = (logits, mass, { rising }) => {
  const logs = logSoftmax(logits);
  const entropy = entropyNats(logs);
  const distance = mapped(logs, (l) => Math.abs(-l - entropy));
  // by logit the distances fall, then rise: two runs, which sort() merges
  const there = ascending(logits, rising).filter((id) => logits[id] > REMOVED);
  const order = there.sort(byValue(distance));
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
  const added = Object.entries(bias).map(([token, number]) => ({ id: idOf(token, labels), number }));
  const result = logits.slice();
  for (const { id, number } of added) result[id] = number === null ? REMOVED : logits[id] + number;
  if (maximum(result) > REMOVED) return result;
  for (const { id, number } of added) if (number === null) result[id] = logits[id];
  return result;
};

/** The id of a token named by its text, its label or as #17; -1 for none. */
const idOf = (/** @type {string} */ token, /** @type {readonly string[]} */ labels) => {
  if (/^#\d+$/.test(token)) return Number(token.slice(1));
  const ids = idsByLabel(labels);
  return ids.get(token) ?? ids.get(token.replace(/[ \n\t]/g, (char) => VISIBLE[char])) ?? -1;
};

/** @type {WeakMap<readonly string[], Map<string, number>>} */
const indexes = new WeakMap();

/** The ids of all tokens by their labels, put together once. @param {readonly string[]} labels */
export const idsByLabel = (labels) => {
  const known = indexes.get(labels) ?? new Map(labels.map((label, id) => [label, id]));
  indexes.set(labels, known);
  return known;
};

/** @type {Stage} */
const presencePenalty = (logits, penalty, { ids }) => {
  const result = logits.slice();
  for (const id of new Set(ids)) result[id] -= penalty;
  return result;
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
  const result = logits.slice();
  for (const id of new Set(ids)) result[id] = logits[id] < 0 ? logits[id] * penalty : logits[id] / penalty;
  return result;
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
    (logits, name) => STAGES[name](logits, settings[name], withOrder(text, raw), settings),
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
  const steps = [startOf(raw).step];
  let logits = raw;
  for (const name of activeStages(settings, neutral)) {
    logits = STAGES[name](logits, settings[name], withOrder(text, raw), settings);
    steps.push(nextStep(name, logits, steps[steps.length - 1]));
  }
  return steps;
};

/**
 * @typedef {object} Start what is the same for all settings
 * @property {Step} step the distribution as the model gave it
 * @property {Summary} summary of it
 * @property {number[] | null} rising once it was asked for
 */
/** @type {WeakMap<Float64Array, Start>} */
const starts = new WeakMap();

/** What of raw logits (V) is the same for all settings, worked out once. @param {Float64Array} raw */
const startOf = (raw) => {
  const known = starts.get(raw);
  if (known) return known;
  const step = firstStep(raw);
  const start = { step, summary: summary(step.probabilities), rising: null };
  starts.set(raw, start);
  return start;
};

/** @param {Text} text @param {Float64Array} raw @returns {Text} */
const withOrder = (text, raw) => ({
  ...text,
  get rising() {
    return (startOf(raw).rising ??= sortedIds(raw));
  },
});

/**
 * @param {Float64Array} logits
 * @returns {Step}
 */
const firstStep = (logits) => {
  const kept = new Uint8Array(logits.length);
  const removed = new Uint8Array(logits.length);
  const probabilities = softmax(logits);
  let nKept = 0;
  for (let id = 0; id < logits.length; id++) nKept += kept[id] = logits[id] > REMOVED ? 1 : 0;
  const nothing = { nRemoved: 0, removedMass: 0, changed: false };
  return { name: "raw", probabilities, kept, removed, nKept, top: maximum(probabilities), ...nothing };
};

/**
 * @param {string} name
 * @param {Float64Array} logits
 * @param {Step} before
 * @returns {Step}
 */
const nextStep = (name, logits, before) => {
  const probabilities = softmax(logits);
  const [kept, removed] = [new Uint8Array(logits.length), new Uint8Array(logits.length)];
  let [nKept, nRemoved, removedMass, top, moved] = [0, 0, 0, 0, false];
  for (let id = 0; id < logits.length; id++) {
    const [p, former] = [probabilities[id], before.probabilities[id]];
    if (p > top) top = p;
    if (Math.abs(p - former) > SAME) moved = true;
    if (logits[id] > REMOVED) {
      nKept += kept[id] = 1;
    } else if (before.kept[id]) {
      nRemoved += removed[id] = 1;
      removedMass += former;
    }
  }
  const changed = moved || nRemoved > 0;
  return { name, probabilities, kept, removed, nKept, nRemoved, removedMass, top, changed };
};

/**
 * A distribution (V) in four numbers.
 * @param {Float64Array} probabilities
 * @returns {Summary}
 */
export const summary = (probabilities) => {
  let [bits, top, kept] = [0, REMOVED, 0];
  for (let id = 0; id < probabilities.length; id++) {
    const p = probabilities[id];
    if (p > top) top = p;
    if (p > 0) {
      bits += p * Math.log2(p);
      kept += 1;
    }
  }
  const entropy = Math.max(0, -bits);
  return { entropy, choices: 2 ** entropy, top, kept };
};

/**
 * Token ids by probability at T = 1, likeliest first, lowest id first on ties.
 * @param {Float64Array} raw logits (V)
 */
export const ranking = (raw) => sortedIds(mapped(raw, (z) => -z));

/**
 * Numbers as the server sends them: base64 of little-endian float32.
 * @param {string} base64
 */
export const floats = (base64) => {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new Float64Array(new Float32Array(bytes.buffer));
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
export const dataOf = ({ logits, labels, ...answer }, /** @type {Data | null} */ before = null) => {
  const raw = floats(logits);
  return { ...answer, labels: labels ?? before?.labels ?? [], raw, order: ranking(raw) };
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
  /** @type {[string, number][]} How many tokens each stage removed. */
  const removals = [];
  steps.forEach(({ name, removed, nRemoved }, s) => {
    if (!nRemoved) return;
    removals.push([name, nRemoved]);
    for (let id = 0; id < raw.length; id++) {
      if (removed[id]) [former[id], removedBy[id]] = [steps[s - 1].probabilities[id], name];
    }
  });
  const [all, learned] = [summary(probabilities), startOf(raw).summary];
  return { settings, steps, probabilities, former, removedBy, removals, summary: all, learned };
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
