// What is typed into the rooms' own forms, and what came of it, stays when the page is loaded anew in the
// same tab of the browser: as much as that holds, the small things first.

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Store */

const LARGEST = 2_000_000; // characters of one: browsers hold some 5 million in all

/** Of a room. Another version of the page has other forms: its address is part of the name. */
const keyOf = (/** @type {string} */ room) =>
  `temperature-lab ${new URL("..", import.meta.url).pathname} ${room}`;

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
  const kept = Object(readFrom(storage, room));
  const fits = (/** @type {string} */ name, /** @type {any} */ value) =>
    name in kept && (value === null || kindOf(kept[name]) === kindOf(value));
  return /** @type {T} */ (Object.fromEntries(Object.entries(first).map(
    ([name, value]) => [name, fits(name, value) ? kept[name] : value])));
};

const kindOf = (/** @type {unknown} */ value) => (Array.isArray(value) ? "list" : typeof value);

/** @param {Store} storage @param {string} room @returns {any} */
const readFrom = (storage, room) => {
  try {
    return JSON.parse(storage.getItem(keyOf(room)) ?? "null");
  } catch {
    return null;
  }
};

/** Keep all forms for the next load of this tab. @param {Store} storage */
export const keepForms = (storage = globalThis.sessionStorage) => {
  const all = [...forms].map(([room, current]) => ({ key: keyOf(room), text: spelled(current) }));
  for (const { key, text } of all.sort((a, b) => a.text.length - b.text.length)) {
    try {
      storage.removeItem(key); // what was kept before, should this be more than a browser keeps
      if (text && text.length <= LARGEST) storage.setItem(key, text);
    } catch {
      // a browser that keeps nothing, or no more: the page works without
    }
  }
};

/** A form as JSON; "" for what JSON does not hold. */
const spelled = (/** @type {() => object} */ current) => {
  try {
    return JSON.stringify(current(), plain);
  } catch {
    return "";
  }
};

/** Arrays of numbers as lists. JSON has no infinity: what holds one is not kept. */
const plain = (/** @type {string} */ _, /** @type {unknown} */ value) => {
  if (typeof value === "number" && !Number.isFinite(value)) throw new RangeError("not a number of JSON's");
  return ArrayBuffer.isView(value) ? Array.from(/** @type {any} */ (value)) : value;
};
globalThis.addEventListener?.("pagehide", () => keepForms());
