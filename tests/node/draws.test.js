// What counts of draws belong to, and how the Draws tab reads what is typed.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  basisOf, clearedBecause, oneMore, repeated, sameBasis, SLIDER, sliderToggled,
} from "../../textgen/ui/draws/counts.js";

const SETTINGS = { temperature: 1.7, top_k: 0, order: ["temperature", "top_k"] };
const MODEL = { model: "tiny", context: "abc" };
const NUMBERS = { numbers: "1, 2", numbers_kind: "auto" };
const basis = basisOf(MODEL, SETTINGS, [0.5, SLIDER]);

test("the slider's place holds its temperature, and only there it counts", () => {
  assert.deepEqual(basis.temperatures, [0.5, 1.7]);
  const moved = { ...SETTINGS, temperature: 0.3 };
  assert.ok(!sameBasis(basis, basisOf(MODEL, moved, [0.5, SLIDER])));
  assert.ok(sameBasis(basisOf(MODEL, SETTINGS, [0.5]), basisOf(MODEL, moved, [0.5])));
});

/** @type {[string, Record<string, any>, Record<string, any>][]} */
const CHANGES = [
  ["the model", basis, { ...basis, model: "other", context: "x" }],
  ["the model", basis, basisOf(NUMBERS, SETTINGS, [0.5, SLIDER])],
  ["the context", basis, { ...basis, context: "abcd" }],
  ["the stages", basis, basisOf(MODEL, { ...SETTINGS, top_k: 3 }, [0.5, SLIDER])],
  ["the stages", basis, basisOf(MODEL, { ...SETTINGS, order: ["top_k", "temperature"] }, [0.5, SLIDER])],
  ["the context and the temperatures", basis, { ...basis, context: "", temperatures: [1] }],
  ["your numbers", basisOf(NUMBERS, SETTINGS, [1]), basisOf({ ...NUMBERS, numbers: "3" }, SETTINGS, [1])],
  ["the kind of your numbers", basisOf(NUMBERS, SETTINGS, [1]),
    basisOf({ ...NUMBERS, numbers_kind: "logits" }, SETTINGS, [1])],
];
for (const [what, before, now] of CHANGES) {
  test(`counts are cleared since ${what} changed`, () => {
    assert.ok(!sameBasis(now, before));
    assert.equal(clearedBecause(now, before),
      `Counts cleared, since ${what} changed: counts of one distribution say nothing about another.`);
  });
}

test("a temperature more is one that is not there yet, and stands before the slider's", () => {
  assert.deepEqual(oneMore([0.5, 1, 2]), [0.5, 1, 2, 1.5]);
  assert.deepEqual(oneMore([1, SLIDER]), [1, 2, SLIDER]);
});

test("the slider's panel comes and goes", () => {
  assert.deepEqual(sliderToggled([1]), [1, SLIDER]);
  assert.deepEqual(sliderToggled([1, SLIDER]), [1]);
});

test("a temperature that is there twice is named; the slider's may meet another", () => {
  const sentence = "each temperature must be there once, got 1.0 twice; change or remove one";
  assert.equal(repeated([1, 2, 1]), sentence);
  assert.equal(repeated([1, 2, SLIDER]), "");
});
