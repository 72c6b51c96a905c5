import assert from "node:assert/strict";
import { test } from "node:test";

import { createViews, ranking } from "../../textgen/ui/bars/decoding.js";
import { neutral } from "../../textgen/ui/shell/lab.js";
import { config } from "../../textgen/ui/shell/config.js";
import { sentence, terms } from "../../textgen/ui/next_token/tables.js";

/** @param {number[]} probabilities @returns {any} */
const dataOf = (probabilities) => {
  const raw = Float64Array.from(probabilities, Math.log);
  return { raw, labels: ["e", "o", "i", "r"].slice(0, raw.length), order: ranking(raw), history: [] };
};
/** What stands above the bars, under settings. @param {number[]} probabilities @param {any} changes */
const said = (probabilities, changes) => {
  const data = dataOf(probabilities);
  const settings = /** @type {any} */ ({ ...neutral, order: config.orders["temperature first"], ...changes });
  const [view] = createViews(neutral)(data, settings, [settings.temperature]);
  return sentence(data, view).map((part) => (typeof part === "string" ? part : part.token)).join("");
};
const FOUR = [0.4, 0.3, 0.2, 0.1];

/** @type {[object, string][]} Settings, and what they do to four tokens. */
const SENTENCES = [
  [{ temperature: 1 }, "T = 1, as the model learned it: e is 1.3× as likely as o; 3.6 choices."],
  [{ temperature: 2 },
    "T = 2: the gap between e and o shrank from 1.3× to 1.2×; 3.9 choices instead of 3.6."],
  [{ temperature: 0.25 },
    "T = 0.25: the gap between e and o grew from 1.3× to 3.2×; 2.1 choices instead of 3.6."],
  [{ temperature: 0 }, "T = 0: e, the likeliest, is always taken; 1 choice instead of 3.6."],
  [{ temperature: 1, top_k: 2 }, "T = 1: the gap between e and o stays 1.3×; 2 choices instead of 3.6; "
    + "top-k left 2 of 4 tokens."],
  [{ temperature: 1, top_k: 1 }, "T = 1: o is removed; 1 choice instead of 3.6; top-k left 1 of 4 tokens."],
  [{ temperature: 1, xtc: 0.15 }, "T = 1: e and o are removed; 1.9 choices instead of 3.6; "
    + "XTC left 2 of 4 tokens."],
];

test("one sentence says what temperature and stages did", () => {
  for (const [changes, text] of SENTENCES) assert.equal(said(FOUR, changes), text);
});

test("the sentence has words for equals, for thousands and for one token", () => {
  assert.match(said([0.5, 0.5], { temperature: 1 }), /e and o are as likely as each other; 2 choices\./);
  assert.match(said([0.5, 0.5], { temperature: 2 }), /stays 1\.0×; 2 choices, as before/);
  assert.match(said([1 - 1e-9, 1e-9], { temperature: 1 }), /e is 1\.0e\+9× as likely as o; 1 choice\./);
  assert.equal(said([1], { temperature: 2 }), "T = 2: e is the only token there is.");
});

test("the arithmetic of softmax(z / T) adds up", () => {
  const data = dataOf([0.3, 0.2, 0.15, 0.1, 0.09, 0.08, 0.08]);
  const { rows, others, total } = terms(data, 0.5);
  assert.equal(rows.length, 5);
  assert.equal(others?.n, 2);
  assert.equal(rows[0].exp, 1);
  for (const { z, scaled, exp, p } of rows) {
    assert.equal(scaled, z / 0.5);
    assert.ok(Math.abs(exp / total - p) < 1e-12);
  }
  assert.ok(Math.abs(rows.reduce((sum, { p }) => sum + p, others?.p ?? 0) - 1) < 1e-12);
});
