// The one store of the page: what the sidebar says and all tabs share, and what requests take from it. One
// way in (`set`), one way to listen. It stays when the page is loaded anew in the same tab.
import { config } from "./config.js";
import { kept, KEY, opened } from "../link/opened.js";
import { stateOf } from "../link/record.js";
import { isOwn, modelGroups } from "../own/own.js";

/** @import { Changes, State } from "./store.js" */
/** @typedef {(state: State, before: State) => void} Listener */

/**
 * @param {State} initial
 */
export const createStore = (initial) => {
  let state = initial;
  /** @type {Set<Listener>} */
  const listeners = new Set();

  /** Change some of the state; those who listen are called if anything differs. @param {Changes} changes */
  const set = (changes) => {
    const before = state;
    const settings = { ...before.settings, ...changes.settings };
    const same = JSON.stringify(settings) === JSON.stringify(before.settings);
    state = { ...before, ...changes, settings: same ? before.settings : settings };
    const names = /** @type {(keyof State)[]} */ (Object.keys(state));
    if (names.every((name) => state[name] === before[name])) state = before;
    else for (const listener of [...listeners]) listener(state, before);
  };

  /** Call `listener` after each change, until `signal` ends it. @param {Listener} listener */
  const listen = (listener, /** @type {AbortSignal | undefined} */ signal = undefined) => {
    listeners.add(listener);
    signal?.addEventListener("abort", () => listeners.delete(listener));
  };

  return { get state() { return state; }, set, listen };
};

// ---- what stays when the page is loaded anew

/**
 * The state that this tab had when it was left, over the one that the page begins with: what is of another
 * type by now, or names a model that is gone, is left out.
 * @param {State} first @param {string[]} models names that there are
 * @param {Pick<Storage, "getItem">} storage
 * @returns {State}
 */
export const remembered = (first, models, storage) => {
  const found = readFrom(storage);
  if (found === null || (!models.includes(found.model) && !isOwn(found.model))) return first;
  return { ...likeThose(first, found), settings: settingsLike(first.settings, found.settings) };
};

/**
 * Keep the state for the next load of this tab.
 * @param {State} state @param {Pick<Storage, "setItem">} storage
 */
export const remember = (state, storage) => {
  try {
    storage.setItem(KEY, JSON.stringify(state));
  } catch {
    // a browser that keeps nothing, or a context larger than it keeps: the page works without
  }
};

/** @param {Pick<Storage, "getItem">} storage @returns {any} an object, or null */
const readFrom = (storage) => {
  try {
    const found = JSON.parse(storage.getItem(KEY) ?? "null");
    return typeof found === "object" ? found : null;
  } catch {
    return null;
  }
};

/** @template {object} T @param {T} first @param {any} found @returns {T} */
const likeThose = (first, found) => /** @type {T} */ (Object.fromEntries(Object.entries(first).map(
  ([name, value]) => [name, typeof found[name] === typeof value ? found[name] : value])));

/** @param {State["settings"]} first @param {any} found @returns {State["settings"]} */
const settingsLike = (first, found) => {
  if (typeof found !== "object" || found === null) return first;
  const { order, ...stages } = first;
  const known = Array.isArray(found.order) && [...found.order].sort().join() === [...order].sort().join();
  return { ...likeThose(stages, found), order: known ? found.order : order };
};

// ---- the store, and what requests take from it

const names = modelGroups().flatMap((group) => group.models.map((model) => model.name));

const before = remembered(config.state, names, kept);
export const store = createStore(opened ? stateOf(opened.record, before) : before);
remember(store.state, kept); // that this tab has been here, too: what is typed comes back over its own link
store.listen((state) => remember(state, kept));

/** The value of each stage that turns it off. @type {Record<string, any>} */
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
