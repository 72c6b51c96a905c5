// What is typed into the rooms' own forms stays when the page is loaded anew in the same tab.

/** @typedef {Pick<Storage, "getItem" | "setItem">} Store */

/** Another version of the page has other forms: its address is part of the name. */
const KEY = `temperature-lab ${new URL("..", import.meta.url).pathname}`;

/** @type {Map<string, () => object>} The forms on the page, by their room. */
const forms = new Map();

/**
 * A room's form: what stood in it when this tab was left, over what it begins with.
 * @template {object} T
 * @param {string} room
 * @param {T} first whose types the fields must have; null may become anything
 * @param {() => object} current what to keep when the tab is left
 * @param {Store} [storage]
 * @returns {T}
 */
export const keptForm = (room, first, current, storage = globalThis.sessionStorage) => {
  forms.set(room, current);
  const kept = Object(readFrom(storage)[room]);
  const fits = (/** @type {string} */ name, /** @type {any} */ value) =>
    name in kept && (value === null || kindOf(kept[name]) === kindOf(value));
  return /** @type {T} */ (Object.fromEntries(Object.entries(first).map(
    ([name, value]) => [name, fits(name, value) ? kept[name] : value])));
};

const kindOf = (/** @type {unknown} */ value) => (Array.isArray(value) ? "list" : typeof value);

/** @param {Store} storage @returns {any} */
const readFrom = (storage) => {
  try {
    return JSON.parse(storage.getItem(KEY) ?? "{}") ?? {};
  } catch {
    return {};
  }
};

/** Keep all forms for the next load of this tab. @param {Store} storage */
export const keepForms = (storage = globalThis.sessionStorage) => {
  const all = Object.fromEntries([...forms].map(([room, current]) => [room, current()]));
  try {
    storage.setItem(KEY, JSON.stringify({ ...readFrom(storage), ...all }));
  } catch {
    // a browser that keeps nothing, or a text larger than it keeps: the page works without
  }
};
globalThis.addEventListener?.("pagehide", () => keepForms());
