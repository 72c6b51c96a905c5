// The one store of the page, and what requests take from it.
import { config } from "./config.js";
import { remember, remembered } from "./remember.js";
import { createStore } from "./store.js";

/** @typedef {import("./store.js").State} State */

const names = config.models.flatMap((group) => group.models.map((model) => model.name));

export const store = createStore(remembered(config.state, names, globalThis.sessionStorage));
store.listen((state) => remember(state, globalThis.sessionStorage));

/** The value of each stage that turns it off. @type {Record<string, number>} */
export const neutral = Object.fromEntries(config.stages.map((stage) => [stage.name, stage.neutral]));

/** Whether numbers are typed in, instead of a model and a context. */
export const typedIn = (/** @type {State} */ state) => state.model === config.numbers;

/** What a distribution is made from, as requests name it. @returns {Record<string, string>} */
export const sourceOf = (/** @type {State} */ state) =>
  typedIn(state)
    ? { numbers: state.numbers, numbers_kind: state.kind }
    : { model: state.model, context: state.context };

/** The seed for a request: null asks the server for a new one. @returns {string | null} */
export const seedOf = (/** @type {State} */ state) => (state.locked ? state.seed : null);

/** The name of an order of stages, "custom" for one that has none. */
export const orderName = (/** @type {string[]} */ order) =>
  Object.keys(config.orders).find((name) => config.orders[name].join() === order.join()) ?? "custom";
