// The stages against the numbers that Python computed of the same float32 logits.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  activeStages,
  decode,
  floats,
  ranking,
  softmax,
  summary,
  trace,
} from "../../textgen/ui/bars/decoding.js";
import { vectors } from "./vectors.js";

/** @import { Step, Summary } from "../../textgen/ui/bars/decoding.js" */
/** @import { Settings } from "../../textgen/ui/shell/store.js" */
/**
 * @typedef {object} Expected a step as Python gives it
 * @property {string} name
 * @property {string} probabilities (V) base64 of float64
 * @property {(0 | 1)[]} kept (V)
 * @property {number} removedMass
 * @property {boolean} changed
 */
/**
 * @typedef {object} Case
 * @property {string} logits (V) base64 of float32
 * @property {Settings} settings
 * @property {import("../../textgen/ui/bars/decoding.js").Text} text
 * @property {Expected[]} steps
 * @property {Summary} summary
 * @property {number[]} ranking
 */
/** @type {{neutral: Record<string, any>, cases: Case[]}} */
const { neutral, cases } = vectors("decoding.json");
const TOLERANCE = 1e-9;

/** @param {Case} one */
const described = ({ logits, settings, text: { ids, stops } }) =>
  `V = ${floats(logits).length}, ${JSON.stringify({ settings, ids, stops })}`;

/** @param {string} base64 */
const doubles = (base64) => new Float64Array(Uint8Array.from(Buffer.from(base64, "base64")).buffer);

/** @type {(here: number, there: number, message: string) => void} */
const close = (here, there, message) => {
  const scale = Math.max(1, Math.abs(there));
  assert.ok(Math.abs(here - there) <= TOLERANCE * scale, `${message}: ${here} for ${there}`);
};

/** @type {(here: Float64Array, there: Float64Array, message: string) => void} */
const allClose = (here, there, message) => {
  assert.equal(here.length, there.length, message);
  here.forEach((p, id) => close(p, there[id], `${message}, token ${id}`));
};

/** @type {(step: Step, there: Expected, message: string) => void} */
const sameStep = (step, there, message) => {
  assert.equal(step.name, there.name, message);
  assert.deepEqual(Array.from(step.kept), there.kept, message);
  allClose(step.probabilities, doubles(there.probabilities), message);
  close(step.removedMass, there.removedMass, `removed mass, ${message}`);
  assert.equal(step.changed, there.changed, `changed, ${message}`);
};

test("there are hundreds of cases", () => assert.ok(cases.length > 800, String(cases.length)));

test("every stage removes the same tokens and leaves the same probabilities", () => {
  for (const one of cases) {
    const steps = trace(floats(one.logits), one.settings, neutral, one.text);
    assert.equal(steps.length, one.steps.length, described(one));
    steps.forEach((step, i) => sameStep(step, one.steps[i], `step ${i}, ${described(one)}`));
  }
});

test("all stages at once are what they are one by one", () => {
  for (const one of cases) {
    const raw = floats(one.logits);
    const last = trace(raw, one.settings, neutral, one.text).pop();
    const decoded = softmax(decode(raw, one.settings, neutral, one.text));
    assert.deepEqual(decoded, last?.probabilities, described(one));
  }
});

test("the summary is the same", () => {
  for (const one of cases) {
    const here = summary(doubles(one.steps[one.steps.length - 1].probabilities));
    for (const name of /** @type {(keyof Summary)[]} */ (Object.keys(one.summary))) {
      close(here[name], one.summary[name], `summary: ${name}, ${described(one)}`);
    }
  }
});

test("tokens rank the same, lowest id first on ties", () => {
  for (const one of cases) assert.deepEqual(ranking(floats(one.logits)), one.ranking, described(one));
});

test("logits are never worked on in place", () => {
  const raw = Float64Array.of(1, 2, 3, -Infinity);
  for (const one of cases.filter(({ logits }) => floats(logits).length >= 4)) {
    trace(raw, one.settings, neutral, { ids: [0, 1, 0] });
    decode(raw, one.settings, neutral, { ids: [0, 1, 0] });
  }
  assert.deepEqual(raw, Float64Array.of(1, 2, 3, -Infinity));
});

test("neutral stages are off, and the rest come in their order", () => {
  const order = cases[0].settings.order;
  const off = { ...neutral, order };
  assert.deepEqual(activeStages(off, neutral), []);
  const settings = { ...off, top_k: 5, temperature: 0, order: [...order].reverse() };
  assert.deepEqual(activeStages(settings, neutral), ["top_k", "temperature"]);
});

test("numbers arrive as float32, infinities too", () => {
  const sent = Buffer.from(Float32Array.of(0.1, -Infinity, 3).buffer).toString("base64");
  assert.deepEqual(floats(sent), Float64Array.of(Math.fround(0.1), -Infinity, 3));
});
