// What a person reads, in their language: `say("class.join")` is a sentence of the catalogues beside this
// file, `en.json`, `de.json`, …: one a language, English where another lacks a key.
//
// A value in braces is put in: `"{n} votes"` with `{ n: 3 }`. Where a language tells one from many, the key
// has a form for each, `votes#one` and `votes#other`, chosen by `n`. `?lang=de` overrides the browser's.
import { language, ENGLISH, onPage } from "./language.js";

export { language };

/** @typedef {Record<string, string>} Catalogue */
/** @typedef {Record<string, string | number>} Values */

/** A text with values in its places. @param {string} text @param {Values} values */
export const withValues = (text, values) => text.replace(/\{(\w+)\}/g, (place, value) =>
  (Object.hasOwn(values, value) ? String(values[value]) : place));

/**
 * @param {Catalogue[]} catalogues the first that has a key says it
 * @param {string} name of the language whose rules choose between one and many
 */
export const createSay = (catalogues, name) => {
  const rules = new Intl.PluralRules(name);
  const found = (/** @type {string} */ key) => catalogues.find((one) => Object.hasOwn(one, key))?.[key];
  const has = (/** @type {string} */ key) => found(key) !== undefined || found(`${key}#other`) !== undefined;
  /** @param {string} key @param {Values} [values] */
  const say = (key, values = {}) => {
    const form = rules.select(Number(values.n ?? 0));
    const text = found(key) ?? found(`${key}#${form}`) ?? found(`${key}#other`) ?? key;
    return withValues(text, values);
  };
  return { say, has };
};

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5_000; // ms between two tries, while the server is away

/** The catalogue of a language that the page itself brings along, or null. @param {string} name */
const within = (name) => JSON.parse(document.getElementById(`words-${name}`)?.textContent ?? "null");

/** @param {string} name of a language @param {string | URL} folder @returns {Promise<Catalogue>} */
const load = async (name, folder = import.meta.url) => {
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    const answer = await fetch(new URL(`${name}.json`, folder)).catch(() => null);
    if (answer?.ok) return answer.json();
    await new Promise((done) => setTimeout(done, pause));
  }
};

const names = [...new Set([language, ENGLISH])];
const catalogues = onPage ? await Promise.all(names.map((name) => within(name) ?? load(name))) : [];
const words = createSay(catalogues, language);

/** Take the catalogues of a room along, which lie beside its script. @param {string} script its address */
export const addWords = async (script) => {
  if (onPage) catalogues.push(...await Promise.all(names.map((name) => load(name, script))));
};

/** A sentence of the catalogues; the key itself where there is none. */
export const say = words.say;

/** Whether the catalogues have a key. */
export const hasWords = words.has;
