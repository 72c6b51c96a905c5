// The tree of a beam search as it is described, and the ranking beside it.
import assert from "node:assert/strict";
import { test } from "node:test";

import { nats, ranked, sentenceOf, textAt, tree } from "../../textgen/ui/beam/tree.js";

/** @import { Columns, Candidate } from "../../textgen/ui/beam/tree.js" */
/** @type {(parent: number, label: string, local: number | null, state: Candidate["state"]) => Candidate} */
const candidate = (parent, label, local, state) =>
  ({ parent, gap: parent < 0 ? "" : "-", label, local, total: local, state });
/** @type {Columns} */
const COLUMNS = [
  [candidate(-1, "A", -0.5, "kept"), candidate(-1, "B", -1, "kept"), candidate(-1, "C", null, "pruned")],
  [candidate(1, "A", -0.2, "finished"), candidate(0, "<b>", -0.3, "finished"),
    candidate(0, "C", -9, "pruned")],
];
const OPTIONS = { shown: 2, pruned: true, best: [{ step: 1, row: 0 }], onPoint: () => {} };

/** All elements of a description of a kind. @param {any} drawing @param {string} kind @returns {any[]} */
const all = (drawing, kind) => drawing.children.flat().filter(
  (/** @type {any} */ { props }) => props.class?.split(" ")[0] === kind,
);
const looks = (/** @type {any[]} */ elements) => elements.map(({ props }) => props.class);

test("a node a candidate and an edge to each, in the columns that are shown", () => {
  const drawing = tree(COLUMNS, OPTIONS);
  assert.equal(all(drawing, "node").length, 6);
  assert.equal(all(drawing, "edge").length, 6);
  assert.equal(all(tree(COLUMNS, { ...OPTIONS, shown: 1 }), "node").length, 3);
  assert.equal(all(tree(COLUMNS, { ...OPTIONS, shown: 0 }), "node").length, 0);
});

test("without pruned ones the others move together", () => {
  const nodes = all(tree(COLUMNS, { ...OPTIONS, pruned: false }), "node");
  assert.deepEqual(looks(nodes).filter((look) => look.includes("pruned")), []);
  assert.equal(nodes.length, 4);
});

test("the best path is dark from its first token to its last", () => {
  assert.deepEqual(looks(all(tree(COLUMNS, OPTIONS), "node")).map((look) => look.endsWith(" best")),
    [false, true, false, true, false, false]);
});

test("a candidate is told with its text and numbers; a label stays text", () => {
  assert.equal(textAt(COLUMNS, { step: 1, row: 1 }), "A-<b>");
  assert.equal(sentenceOf(COLUMNS, { step: 1, row: 1 }),
    "A-<b> · p 74.08% · ln p −0.30 · running −0.30 · finished");
  assert.equal(sentenceOf(COLUMNS, { step: 0, row: 2 }),
    "C · p 0% · ln p −∞ · running −∞ · pruned: outside the best of its step");
  assert.deepEqual(all(tree(COLUMNS, OPTIONS), "node")[4].children[1].children, ["<b>"]);
});

test("an edge is as thick as its token is likely", () => {
  const widths = all(tree(COLUMNS, OPTIONS), "edge").map(({ props }) => Number(props["stroke-width"]));
  assert.ok(widths[0] > widths[1] && widths[1] > widths[2]);
  assert.equal(widths[2], 0.8);
});

test("the length penalty ranks; equal scores stay in the order of the search", () => {
  const end = { step: 0, row: 0 };
  const texts = [
    { text: "long", total: -6, length: 4, ended: false, order: 0, end },
    { text: "short", total: -2, length: 1, ended: true, order: 1, end },
    { text: "same", total: -2, length: 1, ended: true, order: 2, end },
  ];
  const order = (/** @type {number} */ penalty) => ranked(texts, penalty).map(({ text }) => text);
  assert.deepEqual(order(0), ["short", "same", "long"]);
  assert.deepEqual(order(1), ["long", "short", "same"]);
  assert.equal(ranked(texts, 1)[0].score, -1.5);
});

test("nats have a minus sign", () => {
  assert.equal(nats(-1.234), "−1.23");
  assert.equal(nats(null), "−∞");
});
