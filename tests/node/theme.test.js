import assert from "node:assert/strict";
import { test } from "node:test";

import { thermal } from "../../textgen/ui/shell/theme.js";
import { vectors } from "./vectors.js";

test("a temperature has one colour, on the page as in Python's charts", () => {
  const colours = vectors("thermal.json");
  assert.ok(colours.length > 300);
  for (const [t, colour] of colours) assert.equal(thermal(t), colour, `T = ${t}`);
});
