// Which lessons were done on this device, kept in the browser's storage and nowhere else.

const KEY = "temperature-lab learn";

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

export const eraseProgress = (storage = own()) => {
  try {
    storage?.removeItem(KEY);
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
