// What was set stays when the page is loaded anew in the same tab; another tab begins as new.

const KEY = "temperature-lab";

/** @typedef {import("./store.js").State} State */

/**
 * The state that this tab had when it was left, over the one that the page begins with: what is of another
 * type by now, or names a model that is gone, is left out.
 * @param {State} first @param {string[]} models names that there are
 * @param {Pick<Storage, "getItem">} storage
 * @returns {State}
 */
export const remembered = (first, models, storage) => {
  const kept = readFrom(storage);
  if (kept === null || !models.includes(kept.model)) return first;
  return { ...likeThose(first, kept), settings: settingsLike(first.settings, kept.settings) };
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
    const kept = JSON.parse(storage.getItem(KEY) ?? "null");
    return typeof kept === "object" ? kept : null;
  } catch {
    return null;
  }
};

/** @template {object} T @param {T} first @param {any} kept @returns {T} */
const likeThose = (first, kept) => /** @type {T} */ (Object.fromEntries(Object.entries(first).map(
  ([name, value]) => [name, typeof kept[name] === typeof value ? kept[name] : value])));

/** @param {State["settings"]} first @param {any} kept @returns {State["settings"]} */
const settingsLike = (first, kept) => {
  if (typeof kept !== "object" || kept === null) return first;
  const { order, ...stages } = first;
  const known = Array.isArray(kept.order) && [...kept.order].sort().join() === [...order].sort().join();
  return { ...likeThose(stages, kept), order: known ? kept.order : order };
};
