import assert from "node:assert/strict";
import { test } from "node:test";

import { store } from "../../textgen/ui/shell/lab.js";
import * as size from "../../textgen/ui/sweep/form.js";
import { legendSize } from "../../textgen/ui/sweep/files.js";
import { firstPair, guideRows } from "../../textgen/ui/sweep/results.js";
import { vectors } from "./vectors.js";

const { config, temperatures, sizes } = vectors("sweep.json");
const { limits, strategies } = config;
/** @type {import("../../textgen/ui/sweep/form.js").Form} */
const FORM = {
  models: ["m"], prompts: [""], temperatures: "0.5, 1", strategies: ["plain"], seeds: "3", first: "0",
  length: "20", judge: "",
};

test("temperatures are read as Python reads them", () => {
  for (const [text, expected] of temperatures) {
    const read = size.readTemperatures(text, limits.temperatures);
    const found = "values" in read ? read.values : read.problem.startsWith("Too many") ? "many" : "format";
    assert.deepEqual(found, expected, text);
  }
});

test("temperatures with decimal commas are those with points, and what may be either is said", () => {
  /** @type {[string, number[]][]} */
  const table = [
    ["0,2; 0,5", [0.2, 0.5]],
    ["٠٫٢ ０．５", [0.2, 0.5]], ["0,2 0,5 1", [0.2, 0.5, 1]], ["0,2, 0,5, 1", [0.2, 0.5, 1]],
    ["0,1:0,3:0,1", [0.1, 0.2, 0.3]], ["0,1,2", [0, 1, 2]], ["0, 1, 2", [0, 1, 2]], ["0.2,0.5", [0.2, 0.5]],
  ];
  for (const [text, values] of table) assert.deepEqual(size.readTemperatures(text, 100), { values }, text);
  assert.deepEqual(size.readTemperatures("0,5", 100),
    { problem: "0,5 may be one number or two: write 0.5, or 0; 5." });
});

test("a sweep has as many texts and tokens as in Python", () => {
  for (const { form, size: expected } of sizes) {
    const all = size.sizeOf(form, strategies, { ...limits, tokens: Infinity });
    assert.deepEqual(all, expected, JSON.stringify(form));
  }
});

test("the request of a form is the sweep that Python reads from it", () => {
  for (const { form, settings: expected } of sizes) {
    const { settings } = size.requestOf(config, form);
    const read = size.readTemperatures(settings.temperatures, limits.temperatures);
    assert.ok("values" in read);
    const found = { ...settings, temperatures: read.values, seeds: settings.seeds.map(Number) };
    assert.deepEqual(found, expected, JSON.stringify(form));
  }
});

test("seeds beyond what a double holds are sent to the last digit", () => {
  const { settings } = size.requestOf(config, { ...FORM, first: "9007199254740993", seeds: "2" });
  assert.deepEqual(settings.seeds, ["9007199254740993", "9007199254740994"]);
});

test("the sidebar's settings are named by their values", () => {
  const { settings } = store.state;
  assert.equal(size.sidebarName(settings, 60), "sidebar: all stages off");
  const two = { ...settings, top_k: 8, min_p: 0.1, temperature: 2 };
  assert.equal(size.sidebarName(two, 60), "sidebar: top-k 8, min-p 0.1");
  assert.equal([...size.sidebarName(two, 20)].length, 20);
});

test("a form that cannot be swept says why at once", () => {
  /** @type {[Partial<import("../../textgen/ui/sweep/form.js").Form>, string][]} */
  const table = [
    [{ temperatures: "0.5, warm" }, "Temperatures are numbers"],
    [{ temperatures: "0.1:5:0.001" }, "Too many temperatures: 1,000 at most"],
    [{ temperatures: "0.5, .5" }, "twice"],
    [{ temperatures: "0.01:9:0.01", strategies: strategies.map(({ name = "" }) => name) }, "5,400 settings"],
    [{ seeds: "65" }, "65 seeds: this page takes 64 at most"],
    [{ seeds: "" }, "whole number from 1"],
    [{ length: "2.5" }, "1 to 5,000 tokens"],
    [{ models: [] }, "at least one model"],
    [{ strategies: [] }, "at least one strategy"],
    [{ prompts: ["a", "a"] }, "Two prompts are the same"],
    [{ temperatures: "0.5, -1" }, "0 or from 0.01 to 100, got -1"],
    [{ temperatures: "1e3 1" }, "got 1000"],
    [{ first: "-1" }, "Seeds are whole numbers from 0"],
    [{ first: "9223372036854775806" }, "Seeds are whole numbers from 0"],
    [{ length: "5001" }, "1 to 5,000 tokens"],
  ];
  for (const [changes, sentence] of table) {
    const found = size.sizeOf({ ...FORM, ...changes }, strategies, limits);
    assert.ok("problem" in found, JSON.stringify(changes));
    assert.ok(found.problem.includes(sentence), `${found.problem}: ${sentence}`);
  }
});

test("the size in words: more than the server takes, and how long it may take", () => {
  const small = size.sizeOf(FORM, strategies, limits);
  assert.equal(size.sizeText(small, limits, 0),
    "6 texts, up to 120 tokens; with the reading 121 of the 1,000,000 that this server takes");
  assert.match(size.sizeText(small, limits, 2), / · about 60 s$/);
  const form = { ...FORM, seeds: "64", length: "5000", temperatures: "0.1:2:0.1" };
  const large = size.sizeOf(form, strategies, limits);
  assert.deepEqual(large, {
    field: "all",
    problem:
      "1,280 texts, 6,400,020 tokens to read and write: more than the 1,000,000 that this server takes.",
  });
  assert.equal(size.sizeText({ field: "seeds", problem: "why" }, limits, 5), "");
});

test("how far a sweep is", () => {
  const message = { run: "r", version: 1, written: 1999, total: 3000, seconds: 9, left: 200, texts: 1 };
  assert.equal(size.progressText(message),
    "66% · 1,999 of 3,000 tokens · 1 text finished · about 3 min left");
  assert.equal(size.progressText({ ...message, written: 0, left: null, texts: 0 }), "0% · 0 of 3,000 tokens");
  assert.deepEqual([0.2, 1, 89.6, 91].map(size.duration), ["a second", "1 s", "90 s", "2 min"]);
});

/** A sweep of two lines at 1, 0.5 and 2, in that order. @returns {any} */
const look = () => {
  const means = [3, 1, 2].map((value) => ({ value, text: String(value) }));
  const guide = [0, 1].flatMap((line) => [0, 1, 2].map((temperature) => ({
    line, temperature, coherence: line && temperature === 1 ? { value: null, text: "–" } : means[temperature],
    creativity: means[0], guide: line === 0 && temperature === 1 ? "Steady." : "",
  })));
  return { lines: [{ name: "a" }, { name: "b" }], temperatures: [1, 0.5, 2], order: [1, 0, 2], guide };
};
const STATE = { by: "temperature", down: false, line: "all", own: false, open: false };
const places = (/** @type {Partial<typeof STATE>} */ changes) =>
  guideRows(look(), { ...STATE, ...changes }).map(({ line, temperature }) => `${line}${temperature}`);

test("the guide's table is sorted by any column, what was not measured comes last or first", () => {
  assert.deepEqual(places({}), ["01", "11", "00", "10", "02", "12"]);
  assert.deepEqual(places({ by: "line", down: true }), ["10", "11", "12", "00", "01", "02"]);
  assert.deepEqual(places({ by: "coherence" }), ["11", "01", "02", "12", "00", "10"]);
  assert.deepEqual(places({ by: "coherence", down: true }), ["00", "10", "02", "12", "01", "11"]);
});

test("the guide's table shows one line alone, or what guides name", () => {
  assert.deepEqual(places({ line: "1" }), ["11", "10", "12"]);
  assert.deepEqual(places({ own: true }), ["01"]);
});

test("two temperatures to begin with: near 1 and 0.5, else the ends", () => {
  assert.deepEqual(firstPair(look()), { line: 1, first: 0, second: 1 });
  const hot = { ...look(), lines: [{}], temperatures: [5, 3, 4], order: [1, 2, 0] };
  assert.deepEqual(firstPair(hot), { line: 0, first: 0, second: 1 });
});

test("a legend of long names takes as many rows as it needs, none of them over a title", () => {
  assert.equal(legendSize(["greedy", "plain"], 460).rows, 1);
  assert.equal(legendSize(["greedy", "plain", "top-k 40", "top-p 0.9", "min-p 0.05"], 460).rows, 2);
  const long = "sidebar: top-k 8, min-p 0.1, repetition penalty 1.2";
  assert.equal(legendSize(Array(7).fill(long), 1380).rows, 4);
});
