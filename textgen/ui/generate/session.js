// Requests for a run: begin, go on, stop, take another branch. The server forgets; the page holds the record.
import {
  addLine, beginRun, beginSegments, branchOf, fork, isBeam, lengths, newRecord, nextGoal, recordOf,
} from "./run.js";

/**
 * @typedef {import("./run.js").Run} Run
 * @typedef {import("./run.js").Pane} Pane
 * @typedef {import("./run.js").Vocabulary} Vocabulary
 * @typedef {import("../shell/store.js").State} State
 * @typedef {import("../shell/stream.js").Actions} Actions
 * @typedef {import("../shell/stream.js").Stream} Stream
 *
 * @typedef {object} Writing the request that writes, or wrote last
 * @property {number[]} where which texts it writes
 * @property {Pane[]} [panes] of a run that it begins
 * @property {number} [goal] of a run that it goes on with
 * @property {{ text: number, index: number, pick: number }} [fork] where it leaves a branch, and with what
 * @property {boolean} begun whether an answer has come
 * @property {number} read characters of the stream
 * @property {number} seconds that it has written
 * @property {Record<number, number>} tokens that each text got
 *
 * @typedef {"where" | "panes" | "goal" | "fork"} Asked what is known of it before it is answered
 *
 * @typedef {object} Memory what outlives a component mounted again
 * @property {Run | null} run
 * @property {Writing | null} writing
 * @property {Vocabulary | null} vocabulary of the model that wrote last
 * @property {string} status a sentence
 */

export const INVITATION = "All texts begin with the same luck: where they part, their settings parted them.";
const QUIET_AFTER = 8_000; // ms without an answer until the page says so
const NO_ANSWER = "No answer yet: the server may be busy. Stop keeps what there is.";

/**
 * @param {object} options
 * @param {Memory} options.memory
 * @param {(actions: Actions) => Stream} options.stream
 * @param {() => number | string} options.length asked for
 * @param {{ length: number, maxLength: number }} options.config
 * @param {() => void} options.changed
 * @param {(run: Run) => void} options.began
 * @param {(sentence: string) => void} options.refused
 */
export const createSession = ({ memory, stream, length, config, changed, began, refused }) => {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let patience;

  const say = (/** @type {string} */ sentence) => {
    memory.status = sentence;
    changed();
  };
  const wait = () => {
    clearTimeout(patience);
    patience = setTimeout(say, QUIET_AFTER, NO_ANSWER);
  };

  // ---- what the reader asks for
  /** @param {object} request @param {string} sentence @param {Pick<Writing, Asked>} asked */
  const open = (request, sentence, asked) => {
    if (requests.busy()) requests.stop();
    memory.writing = { begun: false, read: 0, seconds: 0, tokens: {}, ...asked };
    requests.start("write", { ...request, vocabulary: memory.vocabulary?.key ?? "" });
    wait();
    say(sentence);
  };
  /** @param {Pane[]} asked @param {State} state @param {string | null} seed */
  const start = (asked, { model, context, settings }, seed) => {
    const panes = structuredClone(asked);
    const texts = panes.map((pane) => newRecord(pane, settings));
    const request = { model, prompt: context, seed, texts, goal: length() };
    open(request, "Writing…", { panes, where: panes.map((_, i) => i) });
  };
  /** @param {Run} run @param {object[]} texts @param {number} goal */
  const record = ({ head: { model, prompt, seed } }, texts, goal) => ({ model, prompt, seed, texts, goal });
  const goOn = (sentence = "Writing on…") => {
    const { run } = memory;
    if (!run) return;
    const end = goal();
    const request = record(run, run.texts.map((text) => recordOf(text)), end);
    open(request, sentence, { where: run.texts.map((_, i) => i), goal: end });
  };
  /** How long the texts would be after "Continue". */
  const goal = () =>
    (memory.run ? nextGoal(memory.run, Number(length()) || config.length, config.maxLength) : 0);
  /**
   * Take another token, `pick`, at a place of a text.
   * @param {{ text: number, index: number }} place @param {number} pick
   */
  const branch = ({ text, index }, pick) => {
    const { run } = memory;
    if (!run) return;
    const held = branchOf(run.texts[text]).ids.length;
    const end = Math.max(held, index + 1, Math.min(run.goal, config.maxLength));
    const request = record(run, [recordOf(run.texts[text], index, pick)], end);
    const asked = { where: [text], goal: end, fork: { text, index, pick } };
    open(request, `Another way from token ${index + 1}…`, asked);
  };
  /** Forget the texts. */
  const drop = () => {
    requests.stop();
    memory.run = null;
    say(INVITATION);
  };

  // ---- what the server answers
  const message = (/** @type {any} */ piece) => {
    const { writing } = memory;
    if (!writing) return;
    wait();
    if (!writing.begun) begin(writing, piece);
    if (writing.read < piece.cut) return catchUp();
    read(writing, piece);
    changed();
  };
  /** The texts change with the first answer: until then, and where it is refused, they are as they were. */
  const begin = (/** @type {Writing} */ writing, /** @type {any} */ piece) => {
    const head = JSON.parse(piece.head);
    if (piece.tokens) memory.vocabulary = { key: head.vocabulary, ...JSON.parse(piece.tokens) };
    const vocabulary = /** @type {Vocabulary} */ (memory.vocabulary);
    if (writing.panes) memory.run = beginRun(head, vocabulary, writing.panes);
    const run = /** @type {Run} */ (memory.run);
    if (writing.fork) fork(run.texts[writing.fork.text], writing.fork.index, writing.fork.pick);
    if (writing.goal) run.goal = writing.goal;
    beginSegments(run, writing.where);
    writing.begun = true;
    if (writing.panes) began(run);
  };
  const read = (/** @type {Writing} */ writing, /** @type {{ stream: string, cut: number }} */ piece) => {
    for (const line of piece.stream.slice(writing.read - piece.cut).split("\n")) {
      if (!line) continue;
      const { texts, n, seconds } = addLine(/** @type {Run} */ (memory.run), line, writing.where);
      writing.seconds = seconds;
      for (const text of texts) writing.tokens[text] = (writing.tokens[text] ?? 0) + n;
    }
    writing.read = piece.cut + piece.stream.length;
  };
  /** The page was away while more was written than a message holds: write again from what there is. */
  const catchUp = () => goOn("Catching up…");

  const ended = (/** @type {string} */ why) => {
    clearTimeout(patience);
    const took = `${(memory.writing?.seconds ?? 0).toFixed(1)} s`;
    const tokens = Object.values(memory.writing?.tokens ?? {}).reduce((a, b) => a + b, 0);
    if (why === "length") say(`Done: ${tokens.toLocaleString("en")} tokens in ${took}.`);
    else if (why === "deadline") say(`Stopped by the server after ${took}. ${onwards()}`);
    else if (why === "stopped") say(stopped());
    else say(memory.run ? "That could not be done; the texts are as they were." : "That could not be done.");
  };
  const stopped = () => {
    const held = memory.run ? Math.max(...lengths(memory.run)) : 0;
    return held ? `Stopped at token ${held.toLocaleString("en")}. ${onwards()}` : "Stopped.";
  };
  const onwards = () => (memory.run?.texts.some((text) => isBeam(text.pane))
    ? "Continue searches on from what is certain." : "Continue goes on as if it had never stopped.");

  const requests = stream({ message, ended, refused });
  return { start, goOn, goal, branch, drop, stop: requests.stop, busy: requests.busy };
};

/** Tokens a second of one text. @param {Writing | null} writing @param {number} text */
export const textRate = (writing, text) =>
  (writing && writing.seconds > 0 ? (writing.tokens[text] ?? 0) / writing.seconds : 0);

/** Tokens a second of all texts. @param {Writing | null} writing */
export const totalRate = (writing) =>
  Object.keys(writing?.tokens ?? {}).reduce((sum, text) => sum + textRate(writing, Number(text)), 0);
