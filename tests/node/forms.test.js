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
    removeItem: (/** @type {string} */ key) => void held.delete(key),
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
  const no = () => { throw new Error("no"); };
  const closed = { getItem: no, setItem: no, removeItem: no };
  assert.deepEqual(keptForm("room", FIRST, () => FIRST, closed), FIRST);
  keepForms(closed);
  for (const damaged of ["{", "null", "[]", "5"]) {
    const storage = { ...tab(), getItem: () => damaged };
    assert.deepEqual(keptForm("room", FIRST, () => FIRST, storage), FIRST, damaged);
  }
});

test("what is too large, or no JSON, is lost alone, and what was kept of it before as well", () => {
  const storage = tab();
  let text = { run: /** @type {any} */ ({ ids: Uint16Array.of(1, 2) }) };
  const read = () => keptForm("texts", { run: null }, () => text, storage).run;
  keptForm("beside", FIRST, () => FIRST, storage);
  read();
  keepForms(storage);
  assert.deepEqual(read(), { ids: [1, 2] });
  text = { run: { bits: Infinity } };
  keepForms(storage);
  assert.equal(read(), null);
  const { setItem } = storage;
  storage.setItem = (key, value) => {
    if (value.length > 100) throw new Error("full");
    setItem(key, value);
  };
  text = { run: "x".repeat(200) };
  keepForms(storage);
  assert.deepEqual([read(), storage.held.size > 0], [null, true]);
});

test("where there is room for some of it, what is small is kept, whichever room was opened first", () => {
  const storage = tab();
  const large = { run: "x".repeat(300_000) };
  const read = (/** @type {string} */ room) => keptForm(room, { run: null }, () => large, storage).run;
  read("large");
  keptForm("small", FIRST, () => ({ ...FIRST, text: "typed" }), storage);
  let room = 200_000;
  const { setItem } = storage;
  storage.setItem = (key, value) => {
    if (value.length > room) throw new Error("full");
    room -= value.length;
    setItem(key, value);
  };
  keepForms(storage);
  assert.equal(keptForm("small", FIRST, () => FIRST, storage).text, "typed");
  assert.equal(read("large"), null);
  room = Infinity;
  large.run = "x".repeat(3_000_000); // what one room may take
  keepForms(storage);
  assert.equal(read("large"), null);
});
