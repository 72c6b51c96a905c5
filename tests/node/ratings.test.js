import assert from "node:assert/strict";
import { test } from "node:test";

import * as ratings from "../../textgen/ui/ratings/state.js";

const CONFIG = { each: 3, seed: 1, questions: [["coherence", "How?"]], cells: 2, items: 8 };

/** @param {number} t @param {number} texts @param {boolean} [usual] @returns {ratings.Cell} */
const cell = (t, texts, usual = false) => ({ key: ["m", "", "plain", t], label: "plain", texts, usual });

/**
 * A state in which these cells can be chosen.
 * @param {Partial<ratings.State>} changes @returns {ratings.State}
 */
const choosing = (changes) => {
  const choices = { cells: [cell(0.5, 5, true), cell(1, 2), cell(2, 9, true)], complete: true };
  return { ...ratings.firstState(CONFIG), run: "r", choices, ...changes };
};
const keys = (/** @type {number[]} */ ...ts) => ts.map((t) => JSON.stringify(["m", "", "plain", t]));

test("what was ticked stays as far as the sweep has it, else the usual settings are", () => {
  const choices = /** @type {ratings.Choices} */ (choosing({}).choices);
  assert.deepEqual(ratings.pickedOf(choices, keys(1, 7)), keys(1));
  assert.deepEqual(ratings.pickedOf(choices, keys(7)), keys(0.5, 2));
});

test("a selection is in the order of the sweep, its numbers are numbers where they are some", () => {
  const selection = ratings.selectionOf(choosing({ picked: keys(2, 0.5), each: "4", seed: "x" }));
  assert.deepEqual(selection, {
    run: "r", cells: [["m", "", "plain", 0.5], ["m", "", "plain", 2]], each: 4, question: "coherence",
    seed: "x",
  });
});

test("how much there is to rate, and why it cannot be", () => {
  /** @type {[Partial<ratings.State>, string, boolean][]} */
  const table = [
    [{ picked: keys(0.5, 1) }, "5 texts to rate, about 2 minutes", true],
    [{ picked: keys(1) }, "2 texts to rate, about 1 minute", true],
    [{ picked: keys(0.5, 1, 2) }, "3 settings: 2 at most", false],
    [{ picked: keys(2), each: "20" }, "9 texts: 8 at most", false],
    [{ picked: keys(2), each: "" }, "Tick two texts or more", false],
  ];
  for (const [changes, text, possible] of table) {
    assert.deepEqual(ratings.amountOf(choosing(changes), CONFIG), { text, possible });
  }
});

test("a score replaces one's own of the same text alone, in the order of the texts", () => {
  /** @type {ratings.RatingSet} */
  const set = {
    set: "s", question: "coherence", sentence: "", sheet: [["T1", "", "a"], ["T2", "", "b"], ["T3", "", "c"]],
  };
  let state = choosing({ set, who: "Ann", ratings: [["T2", "Bob", 1], ["T3", "Ann", 2]] });
  state = { ...state, ratings: ratings.rated(state, "T1", 5) };
  state = { ...state, ratings: ratings.rated(state, "T3", 4) };
  assert.deepEqual(state.ratings, [["T2", "Bob", 1], ["T1", "Ann", 5], ["T3", "Ann", 4]]);
  assert.equal(ratings.scoreOf(state, "T2"), undefined);
  assert.equal(ratings.ratedBy(state), 2);
  assert.deepEqual([...ratings.countsOf(state.ratings)], [["Bob", 1], ["Ann", 2]]);
});
