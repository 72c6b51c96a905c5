import assert from "node:assert/strict";
import { test } from "node:test";

import * as format from "../../textgen/ui/shell/format.js";
import { vectors } from "./vectors.js";

/** @type {(table: [any, string][], write: (value: any) => string) => void} */
const holds = (table, write) => {
  for (const [value, text] of table) assert.equal(write(value), text, String(value));
};

test("percent says nothing of 0.0% where there is something", () =>
  holds([[0, "0.0%"], [1e-9, "<0.1%"], [0.000499, "<0.1%"], [0.0005, "0.1%"], [0.346, "34.6%"]],
    format.percent));

test("finePercent says more where two decimals say nothing", () =>
  holds([[0, "0%"], [1e-9, "1.0e-7%"], [0.00005, "0.0050%"], [0.0001, "0.01%"], [0.5, "50.00%"]],
    format.finePercent));

test("temperatures are shown as they were typed, with one decimal at least", () => {
  holds([[0, "0.0"], [0.5, "0.5"], [1, "1.0"], [0.85, "0.85"], [2.3, "2.3"]], format.temperatureText);
  holds([[0.725, "0.725"], [1.1, "1.1"], [0.01, "0.01"], [100, "100.0"], [0.1 + 0.2, "0.3"]],
    format.temperatureText);
});

/** @type {[string, number | string][]} What is typed, with the number that it is. */
const DECIMALS = [
  ["0,7", 0.7], ["0.725", 0.725], ["0,725", 0.725], ["1,000", 1], [" 2 ", 2], ["-,5", -0.5], ["−1", -1],
  ["０．７", 0.7], ["٠٫٧", 0.7], ["۰٫۷", 0.7], ["०.७", 0.7],
  [".5", 0.5], ["\u00a00,7\u202f", 0.7], ["1e3", 1000],
];
const COUNTS = /** @type {[string, number | string][]} */ ([
  ["1,000", 1000], [" 2 000 ", 2000], ["1.000.000", 1e6], ["1_000", 1000], ["2e3", 2000],
  ["２０", 20], ["1\u00a0000", 1000], ["1,5", 1.5], ["0,725", 0.725], ["1,000.5", "1,000.5"], ["12,34", 12.34],
  ["1798406481619217041", "1798406481619217041"],
]);

test("a decimal comma is one, and never makes a number a thousand times as large", () => {
  for (const [text, number] of DECIMALS) assert.equal(format.typedNumber(text), number, text);
  for (const [text, number] of COUNTS) assert.equal(format.typedCount(text), number, text);
  for (const text of ["", "abc", "NaN", "Infinity", "1e999", "0,7,1", "0x10", "1 2"]) {
    assert.equal(format.typedNumber(text), text);
    assert.equal(format.typedCount(text), text);
  }
});

test("counts are grouped", () => holds([[0, "0"], [999, "999"], [1234567, "1,234,567"]], format.count));

test("a temperature's effect in a word", () =>
  holds([[0, "greedy"], [0.99, "sharper"], [1, "as learned"], [1.01, "flatter"]], format.effectOf));

test("labels are cut to a width, the dots included", () => {
  assert.equal(format.clip("abcd", 4), "abcd");
  assert.equal(format.clip("abcde", 4), "abc…");
  assert.equal(format.clipStart("abcde", 4), "…cde");
  assert.equal(format.clip("👩‍👩‍👧".repeat(5), 4), `${"👩‍👩‍👧".repeat(3)}…`);
  assert.equal(format.clipStart(`${"😀".repeat(120)}a`, 3), "…😀a");
  assert.equal(format.clip(`e${"\u0301".repeat(1e6)}`, 3), "…");
});

test("texts are cut between the characters that a reader sees, where Python cuts them", () => {
  for (const { text, characters, most, clip, clipStart } of vectors("cut.json")) {
    assert.deepEqual(format.graphemes(text), characters);
    assert.equal(format.clip(text, most), clip);
    assert.equal(format.clipStart(text, most), clipStart);
  }
});

test("text for Plotly is what Python makes it", () => {
  for (const [text, plain] of vectors("plain.json")) assert.equal(format.plainText(text), plain);
});
