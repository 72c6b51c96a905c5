// A training as the page knows it: what its events say so far, in the units that are shown. No DOM here.

/**
 * @typedef {{ step: number, tokens: number, bits: number }} Point bits per character
 * @typedef {object} Row what was measured at one moment
 * @property {number} step
 * @property {number} tokens learned from so far
 * @property {number | null} train bits per character, with dropout; null before the first step
 * @property {number} validation bits per character
 * @property {boolean} byHeart
 * @property {number[]} temperatures
 * @property {string[]} samples a text each
 *
 * @typedef {object} Run
 * @property {any} text the event of this name: level, tokens, vocabulary, parameters, steps, bits, changes
 * @property {{ order: number, bits: number } | null} baseline
 * @property {Point[]} points of the training loss, one a second
 * @property {Row[]} rows
 * @property {number} left seconds, by the speed so far
 * @property {"begun" | "learns" | "ending" | "measuring" | "done" | "failed" | "ended"} phase
 * @property {string} why it was ended early: asked, time, or ""
 * @property {string} problem
 */

/** @returns {Run} */
export const newRun = () => ({
  text: null, baseline: null, points: [], rows: [], left: NaN, phase: "begun", why: "", problem: "",
});

/** A run after one more event. @param {Run} run @param {any} event @returns {Run} */
export const after = (run, event) => {
  const bits = (/** @type {number} */ nats) => nats * (run.text?.bits ?? 1 / Math.LN2);
  switch (event.event) {
    case "turn": return { ...run, phase: "begun", why: "", problem: "" };
    case "text": return { ...run, text: event, phase: "learns" };
    case "baseline": return { ...run, baseline: { order: event.order, bits: bits(event.nats) } };
    case "step": return {
      ...run, left: event.left, points: [...before(run.points, event.step), pointOf(event, bits)],
    };
    case "row": return { ...run, rows: [...before(run.rows, event.step), rowOf(event, bits)] };
    case "ending": return { ...run, phase: "ending", why: event.why };
    case "measuring": return { ...run, phase: "measuring" };
    case "done": return { ...run, phase: "done" };
    case "failed": return { ...run, phase: "failed", problem: event.problem };
    case "ended": return run.phase === "done" || run.phase === "failed" ? run : { ...run, phase: "ended" };
    default: return run;
  }
};

/** Without what a run that was killed had done after its last checkpoint, which is done again. */
const before = (/** @type {any[]} */ list, /** @type {number} */ step) =>
  (list.length && list[list.length - 1].step >= step ? list.filter((one) => one.step < step) : list);

const pointOf = (/** @type {any} */ event, /** @type {(nats: number) => number} */ bits) =>
  ({ step: event.step, tokens: event.tokens, bits: bits(event.loss) });

/** @returns {Row} */
const rowOf = (/** @type {any} */ event, /** @type {(nats: number) => number} */ bits) => ({
  step: event.step,
  tokens: event.tokens,
  train: event.train === null ? null : bits(event.train),
  validation: bits(event.validation),
  byHeart: event.by_heart,
  temperatures: event.temperatures,
  samples: event.samples,
});

/** The row of the weights that are kept; null before the first. @param {Run} run @returns {Row | null} */
export const best = ({ rows }) =>
  rows.reduce((/** @type {Row | null} */ found, row) =>
    (found && found.validation <= row.validation ? found : row), null);

/** How far it is, 0 to 1. @param {Run} run */
export const progress = ({ text, points, rows }) => {
  const step = Math.max(points.at(-1)?.step ?? 0, rows.at(-1)?.step ?? 0);
  return text ? Math.min(1, step / text.steps) : 0;
};

/** A length of time in words. @param {number} seconds */
export const timeText = (seconds) => {
  if (!(seconds >= 0)) return "";
  if (seconds < 50) return `${Math.max(5, Math.round(seconds / 5) * 5)} seconds`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes >= 90) return `${Math.round(minutes / 60)} hours`;
  return `${minutes} ${minutes === 1 ? "minute" : "minutes"}`;
};

// ---- the chart

/**
 * @typedef {(value: number) => number} Scale
 * @typedef {{ x: Scale, y: Scale, across: number[], up: number[] }} Scales
 */

/** The place of each value in a plot, and its axes' marks. @param {Run} run @returns {Scales} */
export const scales = (run, /** @type {number} */ width, /** @type {number} */ height) => {
  const tokensAStep = run.points.length ? run.points[0].tokens / run.points[0].step
    : (run.rows[1]?.tokens ?? 0) / (run.rows[1]?.step ?? 1);
  const most = Math.max((run.text?.steps ?? 0) * tokensAStep, run.rows.at(-1)?.tokens ?? 0, 1);
  const values = [
    ...run.points.map(({ bits }) => bits), ...run.rows.map(({ validation }) => validation),
    ...(run.baseline ? [run.baseline.bits] : []),
  ];
  const [low, high] = values.length ? [Math.min(...values), Math.max(...values)] : [0, 1];
  const room = Math.max(high - low, 0.1) * 0.06;
  const [bottom, top] = [Math.max(0, low - room), high + room];
  return {
    x: (tokens) => (tokens / most) * width,
    y: (bits) => height - ((bits - bottom) / (top - bottom)) * height,
    across: marks(0, most, Math.max(2, width / 110)),
    up: marks(bottom, top, 5),
  };
};

/** Round numbers in a range, about `n` of them. */
export const marks = (/** @type {number} */ low, /** @type {number} */ high, /** @type {number} */ n) => {
  const rough = (high - low) / n;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((one) => one >= rough) ?? rough;
  const found = [];
  for (let i = Math.ceil(low / step); i * step <= high; i += 1) found.push(Number((i * step).toPrecision(6)));
  return found;
};

/** 5 MB, 0.04 MB */
export const megabytes = (/** @type {number} */ bytes) => `${Number((bytes / 1e6).toPrecision(2))} MB`;

/** 1.2M, 350k, 80 */
export const short = (/** @type {number} */ n) => {
  if (n >= 1e6) return `${Number((n / 1e6).toPrecision(3))}M`;
  return n >= 1000 ? `${Number((n / 1000).toPrecision(3))}k` : String(n);
};
