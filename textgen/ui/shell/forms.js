// What is typed into the rooms' own forms, and what came of it, stays when the page is loaded anew in the
// same tab of the browser: as much as that holds, the small things first. What of a form a link holds is told
// by its room.
import { kept as keptByTab, lesson, opened } from "../link/opened.js";

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
export const keptForm = (room, first, current, storage = keptByTab) => {
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
export const keepForms = (storage = keptByTab) => {
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

// ---- what a link holds of a room's form

/**
 * @typedef {Record<string, any>} Fields of a link, by name, as `textgen/link.py` declares them
 * @typedef {object} LinkedForm
 * @property {() => Fields} read what the form says now; null: as the page begins
 * @property {(fields: Fields, state: import("./store.js").State) => void} load put them into the form
 * @property {(fields: Fields) => void} loaded the sidebar says what the link does, too: show it, and ask for
 *   what that takes
 */

/** @type {Map<string, LinkedForm>} By the tab's id. */
const linked = new Map();
/** @type {Map<string, Fields>} Of tabs that were not opened yet. */
const waiting = new Map([opened, lesson].flatMap((link) => (link ? [[link.record.tab, link.record]] : [])));
/** @type {() => void} */
let told = () => {};

/**
 * Let links hold a room's form, as soon as the room is built; of one that waits it gets the fields at once.
 * @param {string} tab @param {LinkedForm} form @param {() => import("./store.js").State} state
 */
export const linkedForm = (tab, form, state) => {
  linked.set(tab, form);
  const fields = waiting.get(tab);
  waiting.delete(tab);
  if (fields) {
    form.load(fields, state());
    form.loaded(fields);
  }
  told();
};

/** A form may have changed: a room says so whenever it is drawn. */
export const formChanged = () => told();

/** What a tab's form says, for a link; null before the tab was opened. @returns {Fields | null} */
export const formOf = (/** @type {string} */ tab) => waiting.get(tab) ?? linked.get(tab)?.read() ?? null;

/** The form of a tab; one that was not opened yet gets the fields then. @returns {LinkedForm | null} */
export const awaitForm = (/** @type {string} */ tab, /** @type {Fields} */ fields) => {
  const form = linked.get(tab) ?? null;
  if (!form) waiting.set(tab, fields);
  return form;
};

/** Call back whenever a form that is in links changes. @param {() => void} callback */
export const onForm = (callback) => {
  told = callback;
};
