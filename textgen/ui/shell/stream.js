// Long work of the server: started with a request, told piece by piece, stopped at any moment.
//
// Python's side is `streams.py`. A message is a line of JSON; the last one has `done`, a word for why it
// ended, or `problem`, a sentence. A tab that is left takes its component off the page and mounts it anew
// when it is opened: the work goes on meanwhile, and what came is then received.
import { isAway, whenBack } from "./away.js";

/**
 * @typedef {object} Actions
 * @property {(message: any) => void} message a piece, the last one included
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

/** @param {Work} work @param {any} message */
const hear = (work, message) => {
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

/** @param {string} name @param {object} request @param {AbortSignal} signal @returns {Promise<Response>} */
const begun = async (name, request, signal) => {
  const address = new URL(`lab/stream/${name}`, document.baseURI);
  const headers = { "Content-Type": "application/json" };
  for (let failures = 1; ; failures += 1) {
    const asked = fetch(address, { method: "POST", headers, body: JSON.stringify(request), signal });
    const response = await asked.catch(() => null);
    signal.throwIfAborted();
    if (response && !isAway(response)) return response;
    if (!(await whenBack()) && failures > 1) throw new Error(`${name}: the connection breaks`);
    signal.throwIfAborted();
  }
};
