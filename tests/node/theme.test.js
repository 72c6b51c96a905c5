import assert from "node:assert/strict";
import { test } from "node:test";

import { thermal, tone } from "../../textgen/ui/bars/theme.js";
import { vectors } from "./vectors.js";

test("a temperature has one colour, on the page as in Python's charts", () => {
  const colours = vectors("thermal.json");
  assert.ok(colours.length > 300);
  for (const [t, colour] of colours) assert.equal(thermal(t), colour, `T = ${t}`);
});

test("the learned distribution is drawn in ink, what is far from it in its own colour", () => {
  assert.match(tone(1), /var\(--lab-text\) 100%/);
  assert.match(tone(1.15), /var\(--lab-text\) 50%/);
  for (const t of [0, 0.5, 0.7, 1.3, 2, 3]) assert.equal(tone(t), thermal(t));
});
