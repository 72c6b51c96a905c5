// What of the lessons is kept on a device: which were done, and nothing that breaks the page.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sectorsOf } from "../../textgen/ui/learn/handout.js";
import { eraseProgress, keepAnswer, keepWords, ownWords, progress } from "../../textgen/ui/learn/progress.js";

const storage = (/** @type {Record<string, string>} */ kept = {}) => ({
  getItem: (/** @type {string} */ key) => kept[key] ?? null,
  setItem: (/** @type {string} */ key, /** @type {string} */ text) => { kept[key] = text; },
  removeItem: (/** @type {string} */ key) => { delete kept[key]; },
});

test("what was right once stays so, until it is erased", () => {
  const own = storage();
  keepAnswer("one", true, own);
  keepAnswer("one", false, own);
  keepAnswer("two", false, own);
  assert.deepEqual(progress(own), { one: true, two: false });
  eraseProgress(own);
  assert.deepEqual(progress(own), {});
});

test("each lesson has its own words, which are erased with the rest", () => {
  const own = storage();
  keepWords("one", "it sharpens", own);
  keepWords("two", "it flattens", own);
  const found = ["one", "two", "three"].map((name) => ownWords(name, own));
  assert.deepEqual(found, ["it sharpens", "it flattens", ""]);
  eraseProgress(own);
  assert.equal(ownWords("one", own), "");
  assert.equal(ownWords("one", storage({ "temperature-lab learn words": "{" })), "");
});

test("damaged progress is none, and a browser that keeps nothing loses nothing else", () => {
  for (const text of ["", "{", "[1]", "null", '{"one": "yes", "two": true}']) {
    const found = progress(storage({ "temperature-lab learn": text }));
    assert.deepEqual(found, text.includes("two") ? { two: true } : {});
  }
  const full = { ...storage(), setItem: () => { throw new Error("full"); } };
  keepAnswer("one", true, full);
  assert.deepEqual(progress(null), {});
});

test("a spinner's sectors are as large as the shares and close the circle", () => {
  const sectors = sectorsOf([0.5, 0, 0.125, 0.125]);
  assert.deepEqual(sectors.map(({ from, to }) => [from, to]),
    [[0, 2 / 3], [2 / 3, 2 / 3], [2 / 3, 5 / 6], [5 / 6, 1]]);
});
