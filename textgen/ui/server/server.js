// What the page says to the server: questions, and long work that is told piece by piece.
//
// A server that is away, such as one that is started anew, is waited for: one banner says so, and what was
// asked meanwhile is asked again when it is back. What is typed and written stays.
import { h, render } from "../shell/dom.js";
import { isAway, Problem } from "./problem.js";

export { isAway, Problem };

// ---- a server that is away

const AWAY = "The server is away. What you typed and wrote stays; this page goes on as soon as it is back.";
const BACK = "The server is back.";
const CHANGED = "The server is back, with another version of this page: load it; what you typed stays.";
const [FIRST, LONGEST, SHOWN] = [500, 5_000, 3_000]; // ms: until the first look, between two, of BACK

/** The version of the page that the server serves, or null while it is away. */
const served = async () => {
  try {
    const response = await fetch(new URL("lab/version", document.baseURI), { cache: "no-store" });
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
};

/** @type {Promise<boolean> | null} */
let returning = null;

/** Resolves when the server answers, at once if it does: whether it was away. */
export const whenBack = () => (returning ??= wait().finally(() => { returning = null; }));

const wait = async () => {
  let version = await served();
  if (version !== null) return false;
  show(AWAY);
  for (let pause = FIRST; version === null; pause = Math.min(2 * pause, LONGEST)) {
    await new Promise((done) => setTimeout(done, pause));
    version = await served();
  }
  const same = import.meta.url.includes(`/${version}/`);
  show(same ? BACK : CHANGED);
  if (same) setTimeout(() => !returning && show(""), SHOWN);
  return true;
};

/** Below the list of tabs, with room of its own. */
const show = (/** @type {string} */ sentence) => {
  const banner = document.querySelector(".lab-banner") ?? document.createElement("div");
  banner.className = "lab-banner";
  banner.setAttribute("role", "status");
  if (!banner.isConnected) document.querySelector("#tabs > *")?.after(banner);
  render(banner, sentence && h("span", {}, sentence), sentence === CHANGED && h("button", {
    class: "button", type: "button", onclick: () => globalThis.location.reload(),
  }, "Load it"));
};

// ---- questions: a server function's answer, or a Problem with the sentence to show

const NO_ANSWER = "The server could not answer that: something in it failed. Its log says what; try again.";

/**
 * @param {Record<string, (request: unknown) => Promise<any>>} server what Gradio gives a component
 * @param {string} name of the function
 * @param {object} request
 * @returns {Promise<any>} the answer; throws Problem
 */
export const ask = async (server, name, request) => {
  let answer = await server[name](request); // Gradio answers undefined where the request failed
  for (let failures = 1; answer === undefined; failures += 1) {
    if (!(await whenBack()) && failures > 1) throw new Problem(NO_ANSWER);
    answer = await server[name](request);
  }
  if (answer?.problem) throw new Problem(answer.problem, answer.setting);
  return answer;
};

/**
 * One question at a time: while one is on its way, only the newest of those that follow waits for its turn.
 * @template Request, Answer
 * @param {(request: Request) => Promise<Answer>} question
 * @param {{ answered: (answer: Answer, request: Request) => void,
 *   refused: (problem: Problem, request: Request) => void, idle?: (idle: boolean) => void }} callbacks
 * @returns {(request: Request) => void}
 */
export const latest = (question, { answered, refused, idle = () => {} }) => {
  let busy = false;
  /** @type {{ request: Request } | null} */
  let waiting = null;

  /** @param {Request} request */
  const run = async (request) => {
    busy = true;
    idle(false);
    await attempt(request);
    busy = false;
    const next = waiting;
    waiting = null;
    if (next) run(next.request);
    else idle(true);
  };
  /** @param {Request} request */
  const attempt = async (request) => {
    let answer;
    try {
      answer = await question(request);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return refused(error, request);
    }
    answered(answer, request);
  };
  return (request) => {
    if (busy) waiting = { request };
    else run(request);
  };
};

// ---- streams: long work, started with a request, told piece by piece, stopped at any moment
//
// Python's side is `streams.py`. A message is a line of JSON; the last one has `done`, a word for why it
// ended, or `problem`, a sentence; heavy work that waits for its turn tells `before`, how many have to end
// first. A tab that is left takes its component off the page and mounts it anew
// when it is opened: the work goes on meanwhile, and what came is then received.

/**
 * @typedef {object} Actions
 * @property {(message: any) => void} message a piece, the last one included
 * @property {(text: string) => void} [waits] for its turn; the text says so
 * @property {(why: string) => void} ended `done` of the last message, "stopped", "refused" or "lost"
 * @property {(sentence: string, setting: string) => void} refused comes before `ended("refused")`
 *
 * @typedef {object} Stream
 * @property {(name: string, request: object) => void} start stops what is running first
 * @property {() => void} stop
 * @property {() => boolean} busy
 *
 * @typedef {object} Work of one room, whichever of its mounts began it
 * @property {Actions} actions
 * @property {Element} root of the component as mounted last
 * @property {AbortController | null} running
 * @property {any[]} held messages that came while the component was off the page
 */

/** @type {Map<string, Work>} */
const works = new Map();

/**
 * @param {string} room
 * @param {Element} root
 * @param {Actions} actions
 * @returns {Stream}
 */
export const openStream = (room, root, actions) => {
  /** @type {Work} */
  const work = works.get(room) ?? { actions, root, running: null, held: [] };
  works.set(room, Object.assign(work, { actions, root }));
  if (work.held.length) queueMicrotask(() => work.held.splice(0).forEach((message) => hear(work, message)));
  return {
    start: (name, request) => {
      stop(work);
      run(work, `${room}/${name}`, request);
    },
    stop: () => stop(work),
    busy: () => work.running !== null,
  };
};

/** @param {Work} work */
const stop = (work) => {
  if (!work.running) return;
  work.running.abort();
  work.held = [];
  end(work, "stopped");
};

/** @param {Work} work @param {string} why */
const end = (work, why) => {
  work.running = null;
  work.actions.ended(why);
};

/** @param {Work} work @param {string} name @param {object} request */
const run = async (work, name, request) => {
  const own = (work.running = new AbortController());
  try {
    for await (const message of messages(name, request, own.signal)) {
      if (own !== work.running) return;
      if (work.root.isConnected) hear(work, message);
      else work.held.push(message);
    }
  } catch (error) {
    if (own === work.running) console.warn(error);
  }
  const last = work.held.at(-1);
  if (own === work.running && !last?.done && !last?.problem) end(work, "lost");
};

/** @param {number} before how many have to end first */
export const waitText = (before) => (before ? `Waiting for its turn: ${before} before you.` : "Starting…");

/** @param {Work} work @param {any} message */
const hear = (work, message) => {
  if ("before" in message) return work.actions.waits?.(waitText(message.before));
  if (message.problem || message.done) work.running = null;
  if (message.problem) work.actions.refused(message.problem, message.setting ?? "");
  else work.actions.message(message);
  if (work.running) return;
  if (message.problem) work.actions.ended("refused");
  else if (message.done) work.actions.ended(message.done);
};

/**
 * The messages of a stream. What cannot begin, since the server is away, begins when it is back.
 * @param {string} name room/stream @param {object} request @param {AbortSignal} signal
 * @returns {AsyncGenerator<any>}
 */
export async function* messages(name, request, signal = new AbortController().signal) {
  const response = await begun(name, request, signal);
  if (!response.ok) throw new Error(`${name}: ${response.status} ${await response.text()}`);
  const body = /** @type {ReadableStream} */ (response.body);
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const lines = (rest + read.value).split("\n");
      rest = lines.pop() ?? "";
      yield* lines.filter(Boolean).map((line) => JSON.parse(line));
    }
  } catch (error) {
    if (!signal.aborted) whenBack(); // tells that it is away, if it is
    throw error;
  } finally {
    reader.cancel().catch(() => {});
  }
}

const chance = () => Math.floor(Math.random() * 2 ** 32).toString(36);
/** A name that this page made up, by which the server gives each visitor a turn. */
export const VISITOR = [chance(), chance(), chance(), chance()].join("-");

/** @param {string} name @param {object} request @param {AbortSignal} signal @returns {Promise<Response>} */
const begun = async (name, request, signal) => {
  const address = new URL(`lab/stream/${name}`, document.baseURI);
  const headers = { "Content-Type": "application/json", "X-Lab-Visitor": VISITOR };
  for (let failures = 1; ; failures += 1) {
    const asked = fetch(address, { method: "POST", headers, body: JSON.stringify(request), signal });
    const response = await asked.catch(() => null);
    signal.throwIfAborted();
    if (response && !isAway(response)) return response;
    if (!(await whenBack()) && failures > 1) throw new Error(`${name}: the connection breaks`);
    signal.throwIfAborted();
  }
};
