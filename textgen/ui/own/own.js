// This visitor's own models: the server has no list of them, so this browser keeps one. Who has a model's
// name may use it; who has its key besides may rename, download and delete it.
import { config } from "../shell/config.js";

/** @import { ModelGroup } from "../shell/config.js" */
/**
 * @typedef {object} Own what Python's `entry_of` says of a model
 * @property {string} name
 * @property {string} title what the visitor calls it
 * @property {string} line size and level
 * @property {string} key "" for one that came with somebody else's link
 */

const NAME = /^own-[0-9a-f]{32}$/;
export const KEY = "temperature-lab own models"; // of the browser's storage
const MOST = 100; // models that are remembered

/** Whether a name is that of a visitor's model, there or gone. */
export const isOwn = (/** @type {unknown} */ name) => typeof name === "string" && NAME.test(name);

const storage = () => {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null; // a browser that keeps nothing
  }
};

/** The models in a text of the storage; what is none is left out. @returns {Own[]} */
export const modelsIn = (/** @type {string | null | undefined} */ text) => {
  try {
    const found = JSON.parse(text ?? "[]");
    return Array.isArray(found) ? found.filter(isEntry).slice(0, MOST) : [];
  } catch {
    return [];
  }
};

const isEntry = (/** @type {any} */ entry) => isOwn(entry?.name)
  && ["title", "line", "key"].every((name) => typeof entry[name] === "string");

let models = modelsIn(storage()?.getItem(KEY));
/** @type {Set<() => void>} */
const listeners = new Set();

/** All that this page knows, the newest first. */
export const ownModels = () => models;

/** Call back whenever the list has changed, here or in another tab. */
export const listenOwn = (
  /** @type {() => void} */ listener, /** @type {AbortSignal | undefined} */ signal = undefined,
) => {
  listeners.add(listener);
  signal?.addEventListener("abort", () => listeners.delete(listener));
};

const tell = (/** @type {Own[]} */ changed) => {
  models = changed;
  for (const listener of [...listeners]) listener();
};

/** @param {Own[]} changed */
const keep = (changed) => {
  try {
    storage()?.setItem(KEY, JSON.stringify(changed.filter(({ key }) => key)));
  } catch {
    // a browser that keeps nothing: the list lasts as long as the page
  }
  tell(changed);
};

/** Put a model in front, or what is new of it in its place. A link's model comes without a key. */
export const addOwn = (/** @type {any} */ { name, title, line, key = "" }) => {
  const known = models.find((one) => one.name === name);
  const entry = { name, title, line, key: key || known?.key || "" };
  keep(known ? models.map((one) => (one === known ? entry : one)) : [entry, ...models].slice(0, MOST));
};

/** Take a model off the list. */
export const forgetOwn = (/** @type {string} */ name) => keep(models.filter((one) => one.name !== name));

globalThis.addEventListener?.("storage", (event) => {
  if (event.key !== KEY) return;
  tell([...modelsIn(event.newValue), ...models.filter(({ key }) => !key)]);
});

const YOURS = "Yours";
const LINKED = "From a link";

/** All that can be chosen: this visitor's own models, those of the server, typed-in numbers. */
export const modelGroups = () => {
  const own = [
    { label: YOURS, models: models.filter(({ key }) => key) },
    { label: LINKED, models: models.filter(({ key }) => !key) },
  ];
  return /** @type {ModelGroup[]} */ ([...own.filter((group) => group.models.length), ...config.models]);
};

/** A model as people know it. */
export const titleOf = (/** @type {string} */ name) =>
  modelGroups().flatMap((group) => group.models).find((model) => model.name === name)?.title
    ?? (isOwn(name) ? "a visitor's model" : name);
