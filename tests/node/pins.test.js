// Tokens that are kept in the panels: found by their text, however large the vocabulary.
import assert from "node:assert/strict";
import { test } from "node:test";

import { createPins, matches } from "../../textgen/ui/next_token/pins.js";

const LABELS = ["e", "␣the", "the", "then", "The", "other", "⏎", "#"];

test("a text finds itself first, then what begins with it, then what holds it", () => {
  assert.deepEqual(matches(LABELS, "the"), ["the", "The", "␣the", "then", "other"]);
  assert.deepEqual(matches(LABELS, " the"), ["␣the"]);
  assert.deepEqual(matches(LABELS, "\n"), ["⏎"]);
  assert.deepEqual(matches(LABELS, ""), []);
  assert.deepEqual(matches(LABELS, "constructor"), []);
  assert.equal(matches(Array.from({ length: 50_257 }, (_, i) => `t${i}`), "t").length, 20);
});

/** The pins of a page, and the problem that it tells. */
const page = (/** @type {string[]} */ kept) => {
  /** @type {Record<string, string>} */
  const told = {};
  const problems = /** @type {any} */ ({
    tell: (/** @type {string} */ name, /** @type {string} */ text) => (told[name] = text),
    clear: (/** @type {string} */ name) => delete told[name], marks: () => ({}), of: () => null,
  });
  const memory = { pins: kept };
  let restore = () => {};
  const discarded = (/** @type {string} */ _, /** @type {() => void} */ back) => (restore = back);
  const undo = /** @type {any} */ ({ discarded });
  const pins = createPins({ memory, most: 3, problems, undo, redraw: () => {} });
  return { pins, memory, told, undo: () => restore() };
};
const labels = Array.from({ length: 40 }, (_, i) => `t${i}`);
const data = { labels, order: labels.map((_, i) => i) };
/** @type {(node: any) => any[]} */
const nodes = (node) => [node, ...(node?.children ?? []).flat(9).flatMap(nodes)].filter(Boolean);
const keep = (/** @type {ReturnType<typeof page>} */ { pins }, /** @type {string} */ value) => {
  const field = nodes(pins.describe(data)).find(({ props }) => props?.list);
  field.props.onkeydown({ key: "Enter", target: { value } });
};

test("what is kept has a bar once, after the likeliest; what a model lacks waits", () => {
  const { pins } = page(["t30", "t2", "zebra"]);
  assert.deepEqual(pins.ids(data), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 30]);
  assert.equal(pins.ids(data), pins.ids(data), "one list while nothing changes");
  assert.match(JSON.stringify(pins.describe(data)), /this model has no such token/);
});

test("a token is kept once, at most so many, and a mistake is a sentence", () => {
  const here = page([]);
  for (const token of ["t30", "t30", "T31"]) keep(here, token);
  assert.deepEqual(here.memory.pins, ["t30", "t31"]);
  keep(here, "nowhere");
  assert.match(here.told.pins, /one of the 40 that the model knows, got “nowhere”/);
  for (const token of ["t32", "t33"]) keep(here, token);
  assert.deepEqual(here.memory.pins, ["t30", "t31", "t32"]);
  assert.match(here.told.pins, /At most 3/);
  const all = nodes(here.pins.describe(data));
  all.find(({ props }) => props?.["aria-label"] === "Let t31 go").props.onclick();
  assert.deepEqual(here.memory.pins, ["t30", "t32"]);
  here.undo();
  assert.deepEqual(here.memory.pins, ["t30", "t31", "t32"]);
});
