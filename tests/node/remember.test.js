// What a tab remembers of its sidebar.
import assert from "node:assert/strict";
import { test } from "node:test";

import { remember, remembered } from "../../textgen/ui/shell/lab.js";

const FIRST = {
  model: "a", context: "The king", numbers: "0.5, 0.5", kind: "auto", seed: "1234", locked: true,
  settings: { temperature: 1, top_k: 0, order: ["temperature", "top_k"] },
};
const MODELS = ["a", "b"];

/** A browser's storage that holds one text. @param {string | null} kept */
const holding = (kept) => ({ getItem: () => kept });

test("a tab that is loaded anew has what it had", () => {
  let kept = "";
  const state = {
    ...FIRST, model: "b", context: "day?\n", seed: "1798406481619217041", locked: false,
    settings: { temperature: 0.725, top_k: 3, order: ["top_k", "temperature"] },
  };
  remember(state, { setItem: (_, text) => (kept = text) });
  assert.deepEqual(remembered(FIRST, MODELS, holding(kept)), state);
});

test("nothing, and what is none, leaves the page as it begins", () => {
  for (const kept of [null, "", "null", "3", "[]", "{", '"x"', '{"model":"gone"}']) {
    assert.deepEqual(remembered(FIRST, MODELS, holding(kept)), FIRST, String(kept));
  }
});

test("what is of another type, or from another version, is left out", () => {
  const settings = { temperature: "hot", top_k: 5, order: ["gone"] };
  const kept = { model: "b", context: 3, seed: null, settings };
  const state = remembered(FIRST, MODELS, holding(JSON.stringify(kept)));
  assert.deepEqual(state, { ...FIRST, model: "b", settings: { ...FIRST.settings, top_k: 5 } });
});

test("a browser that keeps nothing does no harm", () => {
  const full = () => {
    throw new Error("the quota is exceeded");
  };
  remember(FIRST, { setItem: full });
  assert.deepEqual(remembered(FIRST, MODELS, { getItem: full }), FIRST);
});
