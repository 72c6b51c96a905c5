// A run: texts written side by side, what the model thought of each token, the branches they took, and the
// requests that write them. The server forgets; the page holds the record. No DOM here.

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
 * @typedef {object} Head how a run came about: see textgen/ui/generate/runs.py
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
 * @typedef {object} Vocabulary see `vocabulary` in textgen/ui/generate/runs.py
 * @property {string} key
 * @property {string[]} texts
 * @property {string[]} labels
 * @property {string} [spaces]
 * @property {Record<number, number[]>} [bytes]
 *
 * @typedef {{ head: Head, vocabulary: Vocabulary, goal: number, texts: Text[] }} Run
 *
 * @typedef {import("../shell/store.js").State} State
 * @typedef {import("../server/server.js").Actions} Actions
 * @typedef {import("../server/server.js").Stream} Stream
 *
 * @typedef {object} Writing the request that writes, or wrote last
 * @property {number[]} where which texts it writes
 * @property {Pane[]} [panes] of a run that it begins
 * @property {number} [goal] of a run that it goes on with
 * @property {{ text: number, index: number, pick: number }} [fork] where it leaves a branch, and with what
 * @property {boolean} begun whether an answer has come
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

const SHARE = 65535; // probabilities of alternatives come in 65,535ths
const NO_SPACE = { before: 1, after: 2 }; // see `vocabulary` in textgen/ui/generate/runs.py

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
export const addition = (/** @type {Run} */ run, /** @type {Branch} */ branch, /** @type {number} */ i) => {
  const { bytes, texts } = run.vocabulary;
  const id = branch.ids[i];
  if (isStop(run, id)) return "";
  if (bytes && (bytes[id] || bytes[branch.ids[i - 1]])) return completed(run.vocabulary, branch.ids, i);
  return gap(run, branch, i) + texts[id];
};

const ENCODER = new TextEncoder();
/** No byte that goes on with a character. @param {number} byte */
const begins = (byte) => byte < 0x80 || byte >= 0xc0;

/**
 * What token i adds where tokens are parts of characters: whole ones, with the token that completes them.
 * @param {Vocabulary} vocabulary @param {number[]} ids @param {number} i
 */
const completed = ({ bytes, texts }, ids, i) => {
  let start = i;
  while (start > 0 && bytes?.[ids[start - 1]] && (start === i || !bytes[ids[start]].some(begins))) start -= 1;
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const said = ids.slice(start, i + 1).map((id) =>
    decoder.decode(bytes?.[id] ? Uint8Array.from(bytes[id]) : ENCODER.encode(texts[id]), { stream: true }));
  return said.at(-1) ?? "";
};

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
  if (index === 0 || !run.texts[index]) return null;
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

/** Whether a pane would be written another way than its text was. */
export const isChanged = (
  /** @type {Text} */ text, /** @type {Pane} */ pane, /** @type {Settings} */ sidebar,
) => {
  const wanted = settingsOf(pane, sidebar);
  const same = JSON.stringify(strategyOf(pane)) === JSON.stringify(strategyOf(text.pane));
  return !same || JSON.stringify(wanted) !== JSON.stringify({ ...wanted, ...text.settings });
};

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

/** A run that was kept for the next load of the page, or null where what was kept is none. */
export const wholeRun = (/** @type {any} */ run) => {
  try {
    const whole = run.texts.every(isWhole) && run.head.model && run.vocabulary.labels;
    return whole ? /** @type {Run} */ (run) : null;
  } catch {
    return null;
  }
};

const isWhole = (/** @type {Text} */ { pane, settings, branches, current }) =>
  pane.strategy && settings.order && current in branches && branches.every(
    ({ ids, facts, picks, segments }) => ids.length === facts.length && picks && segments);

// ---- requests: begin, go on, stop, take another branch

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
 * @param {(run: Run, before: Run | null) => void} options.began
 * @param {(sentence: string, setting: string) => void} options.refused
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
    memory.writing = { begun: false, seconds: 0, tokens: {}, ...asked };
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
  const goOn = () => {
    const { run } = memory;
    if (!run) return;
    const end = goal();
    const request = record(run, run.texts.map((text) => recordOf(text)), end);
    open(request, "Writing on…", { where: run.texts.map((_, i) => i), goal: end });
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
    read(writing, piece.lines);
    changed();
  };
  /** The texts change with the first answer: until then, and where it is refused, they are as they were. */
  const begin = (/** @type {Writing} */ writing, /** @type {any} */ piece) => {
    const head = JSON.parse(piece.head);
    if (piece.tokens) memory.vocabulary = { key: head.vocabulary, ...JSON.parse(piece.tokens) };
    const vocabulary = /** @type {Vocabulary} */ (memory.vocabulary);
    const before = memory.run;
    if (writing.panes) memory.run = beginRun(head, vocabulary, writing.panes);
    const run = /** @type {Run} */ (memory.run);
    if (writing.fork) fork(run.texts[writing.fork.text], writing.fork.index, writing.fork.pick);
    if (writing.goal) run.goal = writing.goal;
    beginSegments(run, writing.where);
    writing.begun = true;
    if (writing.panes) began(run, before);
  };
  const read = (/** @type {Writing} */ writing, /** @type {string} */ lines) => {
    for (const line of lines.split("\n")) {
      if (!line) continue;
      const { texts, n, seconds } = addLine(/** @type {Run} */ (memory.run), line, writing.where);
      writing.seconds = seconds;
      for (const text of texts) writing.tokens[text] = (writing.tokens[text] ?? 0) + n;
    }
  };

  const waits = (/** @type {string} */ turn) => {
    clearTimeout(patience);
    say(turn);
  };
  const ended = (/** @type {string} */ why) => {
    clearTimeout(patience);
    const took = `${(memory.writing?.seconds ?? 0).toFixed(1)} s`;
    const tokens = Object.values(memory.writing?.tokens ?? {}).reduce((a, b) => a + b, 0);
    if (why === "length") say(`Done: ${tokens.toLocaleString("en")} tokens in ${took}.`);
    else if (why === "deadline") say(`Stopped by the server after ${took}. ${onwards()}`);
    else if (why === "stopped") say(stopped());
    else if (why === "lost") say(`The server was lost. ${stopped()}`);
    else say(memory.run ? "That could not be done; the texts are as they were." : "That could not be done.");
  };
  const stopped = () => {
    if (memory.run && !memory.writing?.begun) return "Stopped; the texts are as they were.";
    const held = memory.run ? Math.max(...lengths(memory.run)) : 0;
    return held ? `Stopped at token ${held.toLocaleString("en")}. ${onwards()}` : "Stopped.";
  };
  const onwards = () => (memory.run?.texts.some((text) => isBeam(text.pane))
    ? "Continue searches on from what is certain." : "Continue goes on as if it had never stopped.");

  const requests = stream({ message, waits, ended, refused });
  return { start, goOn, goal, branch, drop, stop: requests.stop, busy: requests.busy };
};

/** Tokens a second of one text. @param {Writing | null} writing @param {number} text */
export const textRate = (writing, text) =>
  (writing && writing.seconds > 0 ? (writing.tokens[text] ?? 0) / writing.seconds : 0);

/** Tokens a second of all texts. @param {Writing | null} writing */
export const totalRate = (writing) =>
  Object.keys(writing?.tokens ?? {}).reduce((sum, text) => sum + textRate(writing, Number(text)), 0);
