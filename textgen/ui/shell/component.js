// A component of ours on the page: what Gradio gives it, in the form that our views take.
import { ask, openStream } from "../server/server.js";

/**
 * @typedef {object} Host what Gradio hands to `js_on_load`
 * @property {HTMLElement} element
 * @property {{ config: any }} props
 * @property {Record<string, (request: unknown) => Promise<any>>} server
 *
 * @typedef {object} Component
 * @property {HTMLElement} root empty, ours to fill
 * @property {any} config what Python said once
 * @property {any} memory an object that outlives a component mounted again
 * @property {AbortSignal} signal ends when the component is mounted again
 * @property {(name: string, request: object) => Promise<any>} ask a server function's answer; throws Problem
 * @property {(actions: import("../server/server.js").Actions) => import("../server/server.js").Stream} stream
 */

/** @type {Map<string, { memory: object, ending: AbortController }>} */
const mounted = new Map();

/**
 * What a room's view.js exports as `mount`: `build` fills the root when the component appears.
 * @param {string} name
 * @param {(component: Component) => void} build
 * @returns {(host: Host) => void}
 */
export const component = (name, build) => (host) => {
  const before = mounted.get(name);
  before?.ending.abort();
  const [memory, ending] = [before?.memory ?? {}, new AbortController()];
  mounted.set(name, { memory, ending });
  const root = /** @type {HTMLElement} */ (host.element.querySelector(".lab-root"));
  const { signal } = ending;
  build({
    root, memory, signal,
    config: host.props.config,
    ask: (called, request) => ask(host.server, called, request),
    stream: (actions) => openStream(name, root, actions),
  });
};

/** Whether an element is on the page and seen. */
export const isSeen = (/** @type {Element} */ element) => element.isConnected && element.checkVisibility();

/**
 * Call back each time that an element comes into view: a tab that opens.
 * @param {Element} element @param {() => void} callback @param {AbortSignal} signal
 */
export const whenSeen = (element, callback, signal) => {
  const observer = new IntersectionObserver(() => isSeen(element) && callback());
  observer.observe(element);
  signal.addEventListener("abort", () => observer.disconnect());
};
