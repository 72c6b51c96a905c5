import assert from "node:assert/strict";
import { test } from "node:test";

import { keepForms, keptForm } from "../../textgen/ui/shell/forms.js";

/** A tab's storage. */
const tab = () => {
  /** @type {Map<string, string>} */
  const held = new Map();
  return {
    getItem: (/** @type {string} */ key) => held.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void held.set(key, value),
    held,
  };
};
const FIRST = { text: "100", temperatures: [1], beside: null, open: false };

test("a form is as it was left, and a new tab's as it begins", () => {
  const storage = tab();
  const left = { text: "0,7", temperatures: [0.725], beside: "m", open: true };
  assert.deepEqual(keptForm("room", FIRST, () => left, storage), FIRST);
  keepForms(storage);
  assert.deepEqual(keptForm("room", FIRST, () => left, storage), left);
  assert.deepEqual(keptForm("room", FIRST, () => left, tab()), FIRST);
});

test("rooms keep their own, and what is of another kind or unknown is left out", () => {
  const storage = tab();
  keptForm("one", FIRST, () => ({ text: 5, temperatures: "1", open: true, more: 1 }), storage);
  keptForm("other", FIRST, () => FIRST, storage);
  keepForms(storage);
  assert.deepEqual(keptForm("one", FIRST, () => FIRST, storage), { ...FIRST, open: true });
  assert.deepEqual(keptForm("other", FIRST, () => FIRST, storage), FIRST);
});

test("a storage that is full, closed or damaged costs nothing", () => {
  const closed = { getItem: () => { throw new Error("no"); }, setItem: () => { throw new Error("no"); } };
  assert.deepEqual(keptForm("room", FIRST, () => FIRST, closed), FIRST);
  keepForms(closed);
  for (const damaged of ["{", "null", "[]", '{"room": null}', '{"room": 5}']) {
    const storage = { ...tab(), getItem: () => damaged };
    assert.deepEqual(keptForm("room", FIRST, () => FIRST, storage), FIRST, damaged);
  }
});
