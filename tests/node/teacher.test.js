import assert from "node:assert/strict";
import { test } from "node:test";

import { isForPage, stepped, tabBeside } from "../../textgen/ui/teacher/teacher.js";
import { frameLine } from "../../textgen/ui/link/share.js";
import { tabs } from "../../textgen/ui/link/record.js";

test("a key moves the temperature by a step, within the slider", () => {
  assert.equal(stepped(0.7, 0.1), 0.8);
  assert.equal(stepped(0.05, -0.1), 0);
  assert.equal(stepped(2.95, 0.1), 3);
});

test("tabs follow each other in a circle", () => {
  const all = tabs();
  assert.equal(tabBeside(all[0], 1), all[1]);
  assert.equal(tabBeside(all[0], -1), all.at(-1));
  assert.equal(tabBeside(/** @type {string} */ (all.at(-1)), 1), all[0]);
});

test("keys are for the page only where nothing else takes them", () => {
  const event = (/** @type {object} */ more = {}, inField = false) => /** @type {any} */ ({
    ctrlKey: false, metaKey: false, altKey: false, isComposing: false, defaultPrevented: false,
    target: { closest: () => (inField ? {} : null) }, ...more,
  });
  assert.ok(isForPage(event()));
  assert.ok(!isForPage(event({}, true)));
  for (const name of ["ctrlKey", "metaKey", "altKey", "isComposing", "defaultPrevented"]) {
    assert.ok(!isForPage(event({ [name]: true })), name);
  }
});

test("the line for another page is one attribute, whatever the context holds", () => {
  const line = frameLine('http://x/?embed=1#v=1&context="a"&b=<c>');
  assert.match(line, /^<iframe src="http:\/\/x\/\?embed=1#v=1&amp;context=%22a%22&amp;b=<c>" /);
});
