// The tree of a beam search as it is described, and the ranking beside it.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  branchesOf, keyed, nats, ranked, rowsOf, sentenceOf, textAt, tree,
} from "../../textgen/ui/beam/tree.js";

/** @import { Branch, Columns, Candidate, Row } from "../../textgen/ui/beam/tree.js" */
/** @type {(parent: number, label: string, local: number | null, state: Candidate["state"]) => Candidate} */
const candidate = (parent, label, local, state) =>
  ({ parent, gap: parent < 0 ? "" : "-", label, local, total: local, state });
/** @type {Columns} */
const COLUMNS = [
  [candidate(-1, "A", -0.5, "kept"), candidate(-1, "B", -1, "kept"), candidate(-1, "C", null, "pruned")],
  [candidate(1, "A", -0.2, "finished"), candidate(0, "<b>", -0.3, "finished"),
    candidate(0, "C", -9, "pruned")],
];
/**
 * Width 2: A goes on to ACEH and ACFI, and to AD, which is overtaken as B is.
 * @type {Columns}
 */
const LONG = [
  [candidate(-1, "A", -0.5, "kept"), candidate(-1, "B", -1, "kept")],
  [candidate(0, "C", -0.1, "kept"), candidate(0, "D", -0.2, "kept"), candidate(1, "A", -3, "pruned")],
  [candidate(0, "E", -0.1, "kept"), candidate(0, "F", -0.2, "kept"), candidate(1, "G", -5, "pruned")],
  [candidate(0, "H", -0.1, "finished"), candidate(1, "I", -0.1, "finished")],
];

const closed = () => false;
const opened = () => true;
/** What stands in the rows: the tokens of a branch after its lead, or how much is folded. */
const shownRows = (/** @type {Columns} */ columns, /** @type {number} */ shown, isOpen = closed) =>
  rowsOf(branchesOf(columns, shown), isOpen).map(({ level, branch, open }) => " ".repeat(level)
    + (open === null ? labels(columns, branch) : `fold of ${branch.dropped.length}`));
const labels = (/** @type {Columns} */ columns, /** @type {Branch} */ { lead, chain }) =>
  (chain.length ? lead && `${lead}|` : "start")
  + chain.map(({ step, row }) => columns[step][row].label).join("");

/** The rows of a drawing as they are read, from the top. @param {any} description @returns {any[]} */
const items = (description) => (description?.children ?? []).flat().flatMap((/** @type {any} */ child) =>
  [...(child?.props?.role === "none" ? [child] : []), ...items(child)]);
const rowOf = (/** @type {any} */ line) => line.children[0];
/** @param {any} description @returns {string} */
const heard = (description) => (typeof description === "string" ? description
  : description?.props?.["aria-hidden"] ? "" : (description?.children ?? []).flat().map(heard).join(""));
const look = (/** @type {Columns} */ columns, isOpen = closed) => ({
  columns, isOpen, best: [{ step: columns.length - 1, row: 0 }], at: "start",
  onPoint: () => {}, onToggle: () => {}, onKey: () => {},
});
const drawn = (/** @type {Columns} */ columns, isOpen = closed) =>
  items(tree(branchesOf(columns, columns.length), look(columns, isOpen)));

test("shared beginnings stand once, and what was dropped is folded", () => {
  assert.deepEqual(shownRows(LONG, 4), ["start", " fold of 1", " AC", "  fold of 1", "  EH", "  FI"]);
});

test("unfolded, a dropped candidate stands after what its branch had until then", () => {
  assert.deepEqual(shownRows(LONG, 4, opened), [
    "start", " fold of 1", "  B", "   fold of 1", "    B-|A", " AC", "  fold of 1", "   A-|D",
    "    fold of 1", "     D-|G", "  EH", "  FI",
  ]);
});

test("while it is played, the tokens of the newest step stand alone", () => {
  assert.deepEqual(shownRows(LONG, 0), ["start"]);
  assert.deepEqual(shownRows(LONG, 1), ["start", " A", " B"]);
  assert.deepEqual(shownRows(LONG, 2), ["start", " fold of 1", " A", "  C", "  D"]);
  assert.deepEqual(shownRows(LONG, 3), ["start", " fold of 1", " AC", "  fold of 1", "  E", "  F"]);
});

test("every candidate of the steps that are shown is in the tree, once", () => {
  for (const shown of [1, 2, 3, 4]) {
    const own = rowsOf(branchesOf(LONG, shown), opened).filter(({ open }) => open === null);
    const places = own.flatMap(({ branch }) => branch.chain.map(({ step, row }) => `${step}:${row}`));
    const all = LONG.slice(0, shown).flatMap((column, step) => column.map((_, row) => `${step}:${row}`));
    assert.deepEqual(places.toSorted(), all.toSorted());
  }
});

test("one row is a tab stop; the best path is dark, and an edge as thick as its tokens are likely", () => {
  const rows = drawn(LONG);
  assert.deepEqual(rows.map((row) => rowOf(row).props.tabindex), [0, -1, -1, -1, -1, -1]);
  assert.deepEqual(rows.map(({ props }) => props.class.includes("best")),
    [false, false, true, false, true, false]);
  const [ac, eh] = [rows[2], rows[4]].map(({ props }) => parseFloat(props.style.split(":")[1]));
  assert.ok(Math.abs(ac - (1 + 6 * Math.exp(-0.6))) < 0.1 && eh > ac, `${ac} ${eh}`);
});

test("a row is heard with its whole text and numbers; a fold says what is in it", () => {
  const names = drawn(LONG).map((row) => heard(rowOf(row)));
  assert.equal(names[1], "2 pruned: B 36.8% …");
  assert.equal(names[4], "E-H, p 81.87%, running −0.10, finished: A-C-E-H");
  const [dropped] = drawn(LONG, opened).map((row) => heard(rowOf(row))).filter((name) => name[0] === "B");
  assert.equal(dropped, "B, p 36.79%, running −1.00, kept at first, then overtaken: B");
});

test("arrows move in the tree, fold and unfold; other keys do nothing", () => {
  const rows = rowsOf(branchesOf(LONG, 4), closed);
  const press = (/** @type {number} */ place, /** @type {string} */ key) => {
    const { at, toggle } = keyed(rows, rows[place].name, key);
    return toggle ? "fold" : rows.findIndex(({ name }) => name === at);
  };
  assert.deepEqual([press(0, "ArrowDown"), press(1, "ArrowUp"), press(5, "ArrowDown")], [1, 0, -1]);
  assert.deepEqual([press(0, "ArrowRight"), press(5, "ArrowRight"), press(5, "ArrowLeft")], [1, -1, 2]);
  assert.deepEqual([press(3, "Home"), press(3, "End"), press(3, "a"), press(3, "Tab")], [0, 5, -1, -1]);
  assert.deepEqual([press(1, "Enter"), press(1, " "), press(1, "ArrowRight")], ["fold", "fold", "fold"]);
  assert.deepEqual([press(2, "Enter"), press(1, "ArrowLeft")], [-1, 0]);
  const open = rowsOf(branchesOf(LONG, 4), opened);
  assert.equal(keyed(open, open[1].name, "ArrowLeft").toggle, open[1].name);
  assert.equal(keyed(rows, "of an earlier search", "ArrowDown").at, rows[1].name);
});

test("a candidate is told with its text and numbers; a label stays text", () => {
  assert.equal(textAt(COLUMNS, { step: 1, row: 1 }), "A-<b>");
  assert.equal(sentenceOf(COLUMNS, { step: 1, row: 1 }),
    "A-<b> · p 74.08% · ln p −0.30 · running −0.30 · finished");
  assert.equal(sentenceOf(COLUMNS, { step: 0, row: 2 }),
    "C · p 0% · ln p −∞ · running −∞ · pruned: outside the best of its step");
  assert.ok(JSON.stringify(drawn(COLUMNS).map(({ children }) => children[0])).includes('"A-<b>"'));
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
