// A run: texts written side by side, what the model thought of each token, and the branches they took.
// No DOM here.

/**
 * @typedef {import("../shell/store.js").Settings} Settings
 *
 * @typedef {object} Pane how a text is to be written, as the form says
 * @property {number | string} temperature the server refuses a text that is no number
 * @property {string} strategy
 * @property {number} width hypotheses of a beam search
 * @property {Partial<Settings>} changes to the sidebar's settings
 * @property {string} [expect] of one of the guide's four: what to expect of it
 *
 * @typedef {object} Facts what the model thought of one token
 * @property {number} id
 * @property {number} rank
 * @property {number} decoded its probability under the settings
 * @property {number} bits its surprise, as learned
 * @property {ArrayLike<number>} ids the likeliest tokens there
 * @property {ArrayLike<number>} shares their probabilities, in 65,535ths
 *
 * @typedef {object} Branch one course of a text
 * @property {number[]} ids (n)
 * @property {Facts[]} facts (n)
 * @property {number} bits of all tokens
 * @property {{ branch: number, at: number, pick: number } | null} from where it left another branch
 * @property {[number, number][]} picks tokens chosen by hand: place, id
 * @property {[number, number][]} segments from which length to which each request wrote
 *
 * @typedef {{ pane: Pane, settings: Settings, branches: Branch[], current: number }} Text
 *
 * @typedef {object} Head how a run came about: see textgen/ui/generate/head.py
 * @property {string} model
 * @property {string} weights_sha256
 * @property {string} version
 * @property {string} time
 * @property {string} prompt
 * @property {string} note
 * @property {string} seed
 * @property {number} goal
 * @property {Settings[]} settings
 * @property {string} vocabulary
 * @property {number[]} [stops]
 * @property {boolean} [tight]
 *
 * @typedef {{ key: string, texts: string[], labels: string[], spaces?: string }} Vocabulary
 * @typedef {{ head: Head, vocabulary: Vocabulary, goal: number, texts: Text[] }} Run
 */

const SHARE = 65535; // probabilities of alternatives come in 65,535ths
const NO_SPACE = { before: 1, after: 2 }; // see `vocabulary` in textgen/ui/generate/head.py

/** @param {Branch["from"]} from @returns {Branch} */
const newBranch = (from = null) => ({ ids: [], facts: [], bits: 0, from, picks: [], segments: [] });

/** @param {Head} head @param {Vocabulary} vocabulary @param {Pane[]} panes @returns {Run} */
export const beginRun = (head, vocabulary, panes) => ({
  head,
  vocabulary,
  goal: head.goal,
  texts: panes.map((pane, i) => ({ pane, settings: head.settings[i], branches: [newBranch()], current: 0 })),
});

/** The branch of a text that is shown and written on. @param {Text} text */
export const branchOf = (text) => text.branches[text.current];

/** @param {Run} run @param {number} id */
export const tokenLabel = (run, id) => run.vocabulary.labels[id];

/** Whether a strategy searches. @param {Pane} pane */
export const isBeam = (pane) => pane.strategy.startsWith("beam");

// ---- lengths, in tokens

/** @param {Run} run */
export const lengths = (run) => run.texts.map((text) => branchOf(text).ids.length);

/** A stop ends its text and is no part of it. @param {Run} run @param {number | undefined} id */
export const isStop = (run, id) => id !== undefined && !!run.head.stops?.includes(id);

/** @param {Run} run @param {Branch} branch */
const hasEnded = (run, branch) => isStop(run, branch.ids.at(-1));

/** The lengths of the texts that have not ended. @param {Run} run */
export const openLengths = (run) =>
  run.texts.map(branchOf).filter((branch) => !hasEnded(run, branch)).map((branch) => branch.ids.length);

/**
 * How long "Continue" makes the texts: as long as they were to be, else `more` tokens longer, `most` at most.
 * @param {Run} run @param {number} more @param {number} most
 */
export const nextGoal = (run, more, most) => {
  const [shortest, longest] = [Math.min(...openLengths(run)), Math.max(...lengths(run))];
  if (shortest < run.goal && longest <= run.goal) return run.goal;
  return Math.min(most, longest + more);
};

// ---- tokens as text

/** What token i adds to its text: itself, after the space that belongs between two words. */
export const addition = (/** @type {Run} */ run, /** @type {Branch} */ branch, /** @type {number} */ i) =>
  (isStop(run, branch.ids[i]) ? "" : gap(run, branch, i) + run.vocabulary.texts[branch.ids[i]]);

/** @param {Run} run @param {Branch} branch @param {number} i */
const gap = (run, { ids }, i) => {
  const { spaces } = run.vocabulary;
  if (!spaces) return "";
  const tight = i === 0 ? run.head.tight : Number(spaces[ids[i - 1]]) & NO_SPACE.after;
  return tight || Number(spaces[ids[i]]) & NO_SPACE.before ? "" : " ";
};

/** @param {Run} run @param {Branch} branch */
export const textOf = (run, branch) => branch.ids.map((_, i) => addition(run, branch, i)).join("");

/** What the card shows of token i. @param {Branch} branch @param {number} i */
export const tokenFacts = (branch, i) => {
  const { ids, shares, ...facts } = branch.facts[i];
  const alternatives = Array.from(ids, (id, rank) => ({ id, p: shares[rank] / SHARE }));
  return { ...facts, learned: 2 ** -facts.bits, alternatives };
};

/** Where a text differs first from its left neighbour: an index, or null while they are the same. */
export const divergence = (/** @type {Run} */ run, /** @type {number} */ index) => {
  if (index === 0) return null;
  const [left, own] = [run.texts[index - 1], run.texts[index]].map((text) => branchOf(text).ids);
  const end = Math.min(left.length, own.length);
  for (let i = 0; i < end; i++) if (left[i] !== own[i]) return i;
  return null;
};

// ---- writing

/** Leave a text's branch before token `at`, to take `pick` there; the branch that was stays. */
export const fork = (/** @type {Text} */ text, /** @type {number} */ at, /** @type {number} */ pick) => {
  const old = branchOf(text);
  const branch = newBranch({ branch: text.current, at, pick });
  old.ids.slice(0, at).forEach((id, i) => push(branch, id, old.facts[i]));
  branch.picks = [...old.picks.filter(([place]) => place < at), [at, pick]];
  branch.segments = old.segments.filter(([start]) => start < at);
  text.branches.push(branch);
  text.current = text.branches.length - 1;
};

/** A request begins to write the texts `where`, each from the tokens that it has. */
export const beginSegments = (/** @type {Run} */ run, /** @type {number[]} */ where) => {
  for (const text of where.map((i) => run.texts[i])) {
    const branch = branchOf(text);
    const start = branch.ids.length + (pending(text) === null ? 0 : 1);
    if (!hasEnded(run, branch) && start < run.goal) branch.segments.push([start, run.goal]);
  }
};

/** A token chosen by hand that is still to come. @param {Text} text */
const pending = (text) => {
  const { ids, from } = branchOf(text);
  return from && ids.length === from.at ? from.pick : null;
};

/** @param {Branch} branch @param {number} id @param {Facts} facts */
const push = (branch, id, facts) => {
  branch.ids.push(id);
  branch.facts.push(facts);
  branch.bits += facts.bits;
};

/** @param {string} base64 */
const bytes = (base64) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)).buffer;

/**
 * The facts of token k of a line: see Batch.line in textgen/ui/generate/writing.py.
 * @param {Float32Array} reals @param {Uint16Array | Uint32Array} whole
 * @param {number} width whole numbers of a token @param {number} k
 * @returns {Facts}
 */
const unpack = (reals, whole, width, k) => {
  const numbers = whole.subarray(k * width, (k + 1) * width);
  const half = 2 + (width - 2) / 2;
  return {
    id: numbers[0],
    rank: numbers[1],
    decoded: reals[2 * k],
    bits: reals[2 * k + 1],
    ids: numbers.subarray(2, half),
    shares: numbers.subarray(half),
  };
};

/**
 * Put the tokens of one line of the stream to the ends of the texts that wrote them.
 * @param {Run} run @param {string} line @param {number[]} where which texts the request writes
 * @returns {{ texts: number[], n: number, seconds: number }} how many each got, and how long it took so far
 */
export const addLine = (run, line, where) => {
  const { rows, n, at, wide, ...data } = JSON.parse(line);
  const texts = /** @type {number[]} */ (rows).map((row) => where[row]);
  const reals = new Float32Array(bytes(data.reals));
  const whole = new (wide ? Uint32Array : Uint16Array)(bytes(data.whole));
  const width = whole.length / (n * texts.length);
  for (let k = 0; k < n * texts.length; k++) {
    const facts = unpack(reals, whole, width, k);
    push(branchOf(run.texts[texts[k % texts.length]]), facts.id, facts);
  }
  return { texts, n, seconds: at };
};

// ---- what the server is sent

/** How a pane's text is to be written, under the sidebar's settings. */
export const settingsOf = (/** @type {Pane} */ pane, /** @type {Settings} */ settings) => ({
  ...settings,
  ...pane.changes,
  temperature: pane.strategy === "greedy" ? 0 : pane.temperature,
});

/** @param {Pane} pane */
const strategyOf = (pane) => ({ strategy: pane.strategy, ...(isBeam(pane) ? { width: pane.width } : {}) });

/** A text that begins. */
export const newRecord = (/** @type {Pane} */ pane, /** @type {Settings} */ settings) =>
  ({ settings: settingsOf(pane, settings), ...strategyOf(pane), ids: [] });

/** A text to go on with: its first tokens, and one chosen by hand. */
export const recordOf = (
  /** @type {Text} */ text, /** @type {number | undefined} */ end = undefined, pick = pending(text),
) => ({ settings: text.settings, ...strategyOf(text.pane), ids: branchOf(text).ids.slice(0, end), pick });

/** What it takes to write the texts again, as they stand: a TextRequest. @param {Run} run */
export const textRequest = ({ head: { model, prompt, seed }, texts }) => ({
  kind: "text",
  model,
  prompt,
  seed,
  texts: texts.map((text) => {
    const { ids, picks, segments } = branchOf(text);
    const searches = isBeam(text.pane) ? { legs: segments } : {};
    return { settings: text.settings, ...strategyOf(text.pane), ...searches, length: ids.length, picks };
  }),
});
