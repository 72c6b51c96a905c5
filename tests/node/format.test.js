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

test("temperatures have one decimal, or two", () =>
  holds([[0, "0.0"], [0.5, "0.5"], [1, "1.0"], [0.85, "0.85"], [2.3, "2.3"]], format.temperatureText));

test("counts are grouped", () => holds([[0, "0"], [999, "999"], [1234567, "1,234,567"]], format.count));

test("a temperature's effect in a word", () =>
  holds([[0, "greedy"], [0.99, "sharper"], [1, "as learned"], [1.01, "flatter"]], format.effectOf));

test("labels are cut to a width, the dots included", () => {
  assert.equal(format.clip("abcd", 4), "abcd");
  assert.equal(format.clip("abcde", 4), "abc…");
});

test("text for Plotly is what Python makes it", () => {
  for (const [text, plain] of vectors("plain.json")) assert.equal(format.plainText(text), plain);
});
