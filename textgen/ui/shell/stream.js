// Long work of the server: started with a request, told piece by piece, stopped at any moment.
//
// Python's side is `LabComponent.connect`. A message is an object with the `serial` of the request that it
// answers; the last one has `done`, a word for why it ended, or `problem`, a sentence. A tab that is left
// takes its component off the page and mounts it anew when it is opened: the work goes on meanwhile, and the
// last message is then received.

/**
 * @typedef {object} Actions
 * @property {(message: any) => void} message a piece, the last one included
 * @property {(why: string) => void} ended `done` of the last message, "stopped", "refused" or "lost"
 * @property {(sentence: string, setting: string) => void} refused comes before `ended("refused")`
 *
 * @typedef {object} Stream
 * @property {(event: string, request: object) => void} start stops what is running first
 * @property {() => void} stop
 * @property {() => boolean} busy
 *
 * @typedef {object} Work of one component, whichever of its mounts began it
 * @property {import("./component.js").Host} host
 * @property {Actions} actions
 * @property {number | null} running the request that is running
 * @property {number} owed failures that are still to come of requests that were stopped
 * @property {(() => void) | null} waiting begins the request that waits for those
 * @property {ReturnType<typeof setTimeout> | undefined} timer
 * @property {number} latest the request that was begun last
 * @property {boolean} heard whether it was answered yet
 * @property {(() => void) | null} cancel stops it as soon as that can be
 */

// Gradio 6.31 calls a stopped request a failure, twice; until then it may stop the next one as well.
const FAILURES_OF_A_STOP = 2;
const SETTLED_AFTER = 2_000; // ms, should it ever say so less often
// It knows what to stop once the server has taken the request: when that is answered, or after a while.
const TAKEN_AFTER = 1_000; // ms

/** @type {Map<string, Work>} */
const works = new Map();

let serial = 0;

/**
 * @param {string} name of the component
 * @param {import("./component.js").Host} host
 * @param {Actions} actions
 * @returns {Stream}
 */
export const openStream = (name, host, actions) => {
  /** @type {Work} */
  const work = works.get(name) ?? newWork(host, actions);
  works.set(name, Object.assign(work, { host, actions }));
  const receiving = () => receive(work, host.props.value);
  host.watch("value", receiving);
  queueMicrotask(receiving); // what came while the component was off the page
  return {
    start: (event, request) => start(work, event, request),
    stop: () => stop(work),
    busy: () => work.running !== null,
  };
};

/** @param {import("./component.js").Host} host @param {Actions} actions @returns {Work} */
const newWork = (host, actions) => {
  const idle = { running: null, owed: 0, waiting: null, timer: undefined };
  return { host, actions, ...idle, latest: 0, heard: true, cancel: null };
};

/** @param {Work} work @param {string} event @param {object} request */
const start = (work, event, request) => {
  stop(work);
  const own = (work.running = serial += 1);
  const begin = () => {
    if (own !== work.running) return;
    Object.assign(work, { latest: own, heard: false });
    work.host.trigger(event, { ...request, serial: own });
  };
  if (work.owed) work.waiting = begin;
  else begin();
};

/** @param {Work} work */
const stop = (work) => {
  if (work.running === null) return;
  if (work.waiting) work.waiting = null; // it has not begun
  else {
    work.owed = FAILURES_OF_A_STOP;
    work.cancel = () => {
      work.cancel = null;
      work.timer = setTimeout(settled, SETTLED_AFTER, work);
      work.host.trigger("stop", {});
    };
    if (work.heard) work.cancel();
    else setTimeout(() => work.cancel?.(), TAKEN_AFTER);
  }
  end(work, "stopped");
};

/** @param {Work} work @param {string} why */
const end = (work, why) => {
  work.running = null;
  work.actions.ended(why);
};

/** @param {Work} work @param {any} message */
const receive = (work, message) => {
  if (message && message.serial === work.latest) {
    work.heard = true;
    work.cancel?.();
  }
  if (!message || message.serial !== work.running) return;
  if (message.problem) {
    work.running = null;
    work.actions.refused(message.problem, message.setting ?? "");
    work.actions.ended("refused");
    return;
  }
  if (message.done) work.running = null;
  work.actions.message(message);
  if (message.done && work.running === null) work.actions.ended(message.done);
};

/** A stopped request can no longer stop another one: what waits may begin. @param {Work} work */
const settled = (work) => {
  clearTimeout(work.timer);
  Object.assign(work, { owed: 0, cancel: null });
  const begin = work.waiting;
  work.waiting = null;
  begin?.();
};

/** Called by Gradio where a request failed or was stopped. */
export const failed = (/** @type {string} */ name) => {
  const work = works.get(name);
  if (!work) return;
  if (work.owed) {
    work.owed -= 1;
    if (!work.owed) settled(work);
  } else if (work.running !== null) end(work, "lost");
};
