import assert from "node:assert/strict";
import { test } from "node:test";

import { after, best, marks, newRun, progress, short, timeText } from "../../textgen/ui/train/run.js";

/** @param {number} step @param {number} validation */
const row = (step, validation) => ({
  event: "row", step, tokens: 10 * step, train: step ? validation : null, validation, by_heart: false,
  temperatures: [1], samples: ["x"],
});
const text = { event: "text", level: "word", bits: 0.5, steps: 200 };
const told = (/** @type {any[]} */ ...events) => events.reduce(after, newRun());

test("losses are shown in bits per character, whatever the unit is", () => {
  const run = told(text, { event: "baseline", order: 4, nats: 4 }, row(0, 8), row(100, 6));
  assert.equal(run.baseline?.bits, 2);
  assert.deepEqual(run.rows.map(({ validation }) => validation), [4, 3]);
  assert.equal(run.rows[0].train, null);
});

test("the best row is kept, and how far it is follows the last", () => {
  const run = told(text, row(0, 8), row(50, 3), row(100, 5));
  assert.equal(best(run)?.step, 50);
  assert.equal(progress(run), 0.5);
  assert.equal(best(newRun()), null);
});

test("what a killed run had done after its checkpoint is done again, and not shown twice", () => {
  const step = (/** @type {number} */ at) => ({ event: "step", step: at, tokens: at, loss: 1, left: 1 });
  const killed = [text, step(10), step(20), step(30), row(30, 2)];
  const run = told(...killed, { event: "turn" }, text, step(15), row(20, 3));
  assert.deepEqual(run.points.map((point) => point.step), [10, 15]);
  assert.deepEqual(run.rows.map((one) => one.step), [20]);
});

test("a training that goes on has no problem any more", () => {
  const failed = told(text, { event: "failed", problem: "no memory" }, { event: "ended" });
  assert.deepEqual([failed.phase, failed.problem], ["failed", "no memory"]);
  const again = after(failed, { event: "turn" });
  assert.deepEqual([again.phase, again.problem], ["begun", ""]);
});

test("lengths of time and numbers are words that can be read at a glance", () => {
  assert.deepEqual([2, 43, 70, 480, 7200].map(timeText),
    ["5 seconds", "45 seconds", "1 minute", "8 minutes", "2 hours"]);
  assert.equal(timeText(NaN), "");
  assert.deepEqual([80, 350_000, 1_234_567].map(short), ["80", "350k", "1.23M"]);
  assert.deepEqual(marks(1.9, 4.2, 4), [2, 3, 4]);
});
