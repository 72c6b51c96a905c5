// Long work of the server: started with a request, told piece by piece, stopped at any moment.
//
// Python's side is `shell/streams.py`. A message is an object with the `serial` of the request that it
// answers; the last one has `done`, a word for why it ended, or `problem`, a sentence.

/**
 * @typedef {object} Actions
 * @property {(message: any) => void} message a piece, the last one included
 * @property {(why: string) => void} ended `done` of the last message, "stopped", or "lost"
 * @property {(sentence: string) => void} refused
 *
 * @typedef {object} Stream
 * @property {(event: string, request: object) => void} start stops what is running first
 * @property {() => void} stop
 * @property {() => boolean} busy
 */

// Gradio 6.31 calls a stopped request a failure, twice; until then it may stop the next one as well.
const FAILURES_OF_A_STOP = 2;
const SETTLED_AFTER = 2_000; // ms, should it ever say so less often

/** @type {Map<string, () => void>} What to do when a component's request ends without its last word. */
const failures = new Map();

/** Called by Gradio where a request failed or was stopped. */
export const failed = (/** @type {string} */ name) => failures.get(name)?.();

let serial = 0;

/**
 * @param {string} name of the component
 * @param {import("./component.js").Host} host
 * @param {Actions} actions
 * @returns {Stream}
 */
export const openStream = (name, host, actions) => {
  /** @type {number | null} The request that is running. */
  let running = null;
  let owed = 0; // failures that are still to come of requests that were stopped
  /** @type {(() => void) | null} */
  let waiting = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const settled = () => {
    clearTimeout(timer);
    owed = 0;
    const begin = waiting;
    waiting = null;
    begin?.();
  };
  const end = (/** @type {string} */ why) => {
    running = null;
    actions.ended(why);
  };
  const start = (/** @type {string} */ event, /** @type {object} */ request) => {
    stop();
    const own = (running = serial += 1);
    const begin = () => own === running && host.trigger(event, { ...request, serial: own });
    if (owed) waiting = begin;
    else begin();
  };
  const stop = () => {
    if (running === null) return;
    if (waiting) waiting = null; // it has not begun
    else {
      owed = FAILURES_OF_A_STOP;
      timer = setTimeout(settled, SETTLED_AFTER);
      host.trigger("stop", {});
    }
    end("stopped");
  };
  const receive = () => {
    const message = host.props.value;
    if (!message || message.serial !== running) return;
    if (message.problem) {
      running = null;
      actions.refused(message.problem);
      actions.ended("refused");
      return;
    }
    actions.message(message);
    if (message.done && message.serial === running) end(message.done);
  };
  failures.set(name, () => {
    if (owed) {
      owed -= 1;
      if (!owed) settled();
    } else if (running !== null) end("lost");
  });
  host.watch("value", receive);
  return { start, stop, busy: () => running !== null };
};
