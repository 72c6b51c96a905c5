// Which lessons were done on this device, and what was written there in own words, kept in the browser's
// storage and nowhere else.

const KEY = "temperature-lab learn";
const WORDS = "temperature-lab learn words";

/** @returns {Record<string, boolean>} by lesson: whether both answers were right */
export const progress = (storage = own()) => {
  try {
    const kept = JSON.parse(storage?.getItem(KEY) ?? "{}");
    const entries = Object.entries(Object(kept)).filter(([, right]) => typeof right === "boolean");
    return /** @type {Record<string, boolean>} */ (Object.fromEntries(entries));
  } catch {
    return {};
  }
};

/** Note that a lesson was done; what was right once stays so. */
export const keepAnswer = (/** @type {string} */ lesson, /** @type {boolean} */ right, storage = own()) => {
  const before = progress(storage);
  try {
    storage?.setItem(KEY, JSON.stringify({ ...before, [lesson]: right || before[lesson] === true }));
  } catch {
    // a browser that keeps nothing: the lesson works without
  }
};

/** What was written to a lesson in own words; "" for nothing. */
export const ownWords = (/** @type {string} */ lesson, storage = own()) => {
  const found = wordsIn(storage)[lesson];
  return typeof found === "string" ? found : "";
};

export const keepWords = (/** @type {string} */ lesson, /** @type {string} */ text, storage = own()) => {
  try {
    storage?.setItem(WORDS, JSON.stringify({ ...wordsIn(storage), [lesson]: text }));
  } catch {
    // as above
  }
};

/** @param {Pick<Storage, "getItem"> | null} storage @returns {Record<string, unknown>} */
const wordsIn = (storage) => {
  try {
    return Object(JSON.parse(storage?.getItem(WORDS) ?? "{}"));
  } catch {
    return {};
  }
};

export const eraseProgress = (storage = own()) => {
  try {
    storage?.removeItem(KEY);
    storage?.removeItem(WORDS);
  } catch {
    // as above
  }
};

/** @returns {Pick<Storage, "getItem" | "setItem" | "removeItem"> | null} */
const own = () => {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
};
