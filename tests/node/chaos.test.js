// Temperature chaos: how its rows are cut, grouped and split.
import assert from "node:assert/strict";
import { test } from "node:test";

import { blocksOf, cut, decimalsOf, runsOf } from "../../textgen/ui/chaos/picture.js";

/** @import { Row } from "../../textgen/ui/chaos/picture.js" */

/** Rows of one-letter tokens. @param {...string} texts @returns {Row[]} */
const rowsOf = (...texts) => texts.map((text, row) => {
  const above = texts[row - 1] ?? text;
  const at = [...text].findIndex((letter, i) => letter !== above[i]);
  return { t: 0.5 + row / 10, at: row > 0 && at >= 0 ? at : null, tokens: [...text] };
});

test("a row is cut where it differs from the one above", () => {
  const [first, alike, other] = rowsOf("abcd", "abcd", "abxd");
  assert.deepEqual(cut(first, true), { shared: "", token: "", rest: "abcd" });
  assert.deepEqual(cut(alike, false), { shared: "abcd", token: "", rest: "" });
  assert.deepEqual(cut(other, false), { shared: "ab", token: "x", rest: "d" });
});

test("the space before a word that differs is shared, a space alone is seen", () => {
  const words = { t: 1, at: 1, tokens: ["the", " king", " is"] };
  assert.deepEqual(cut(words, false), { shared: "the ", token: "king", rest: " is" });
  assert.equal(cut({ t: 1, at: 0, tokens: [" ", "a"] }, false).token, "␣");
});

test("rows alike are one run", () => {
  const rows = rowsOf("ab", "ab", "ac", "ac", "ad");
  assert.deepEqual(runsOf(rows), [{ first: 0, last: 1 }, { first: 2, last: 3 }, { first: 4, last: 4 }]);
});

test("blocks cover every token of every row once", () => {
  const rows = rowsOf("abcde", "abcde", "abxyz", "abxyw", "qbxyw");
  const covered = rows.map(({ tokens }) => tokens.map(() => 0));
  for (const { first, last, from, to } of blocksOf(rows)) {
    for (let row = first; row <= last; row++) {
      assert.deepEqual(rows[row].tokens.slice(from, to), rows[first].tokens.slice(from, to));
      for (let column = from; column < to; column++) covered[row][column] += 1;
    }
  }
  assert.deepEqual(covered, rows.map(({ tokens }) => tokens.map(() => 1)));
});

test("temperatures have as many decimals as tell them apart", () => {
  const rows = (/** @type {number[]} */ ...ts) => ts.map((t) => ({ t, at: null, tokens: [] }));
  assert.equal(decimalsOf(rows(0.5, 0.525)), 3);
  assert.equal(decimalsOf(rows(0.5, 0.6)), 1);
  assert.equal(decimalsOf(rows(0.7, 0.700000001)), 9);
  assert.equal(decimalsOf(rows(1 / 3, 2 / 3)), 2);
});

