import assert from "node:assert/strict";
import { test } from "node:test";

import { h, render } from "../../textgen/ui/shell/dom.js";
import { createProblems } from "../../textgen/ui/messages/problem.js";
import { Problem } from "../../textgen/ui/server/server.js";
import { createUndo } from "../../textgen/ui/messages/undo.js";
import { fakeRoot } from "./fake_page.js";

// ---- undo

/** @type {EventTarget} */
let keys;
const newPage = () => {
  fakeRoot();
  keys = new EventTarget();
  const { document: fake } = globalThis;
  const made = fake.createElement.bind(fake);
  Object.assign(fake, {
    addEventListener: keys.addEventListener.bind(keys),
    createElement: (/** @type {string} */ tag) => Object.assign(made(tag), { focus() {} }),
  });
};
/** A room on the page, with a list that things are taken from. */
const room = (/** @type {string} */ name, seen = true) => {
  const root = /** @type {any} */ ({ isConnected: true, checkVisibility: () => seen });
  const ending = new AbortController();
  const heard = { restored: 0 };
  const undo = createUndo(name, { root, signal: ending.signal, restored: () => { heard.restored += 1; } });
  /** @type {string[]} */
  const held = [];
  const throwAway = (/** @type {string} */ what) => undo.discarded(`${what} removed`, () => held.push(what));
  const isButton = (/** @type {any} */ { tagName }) => tagName === "button";
  const button = () => /** @type {any} */ (undo.node).childNodes.find(isButton);
  return { undo, ending, heard, held, throwAway, button, node: /** @type {any} */ (undo.node) };
};
/** Ctrl+Z with the focus in an element, whether it is a text field. @returns whether it was taken */
const press = (inText = false, more = {}) => {
  const held = { key: "z", ctrlKey: true, metaKey: false, altKey: false, shiftKey: false, ...more };
  const event = Object.assign(new Event("keydown", { cancelable: true }), held);
  Object.defineProperty(event, "target", { value: { closest: () => (inText ? {} : null) } });
  keys.dispatchEvent(event);
  return event.defaultPrevented;
};

test("what was thrown away comes back by its button, the newest first", () => {
  newPage();
  const { throwAway, button, held, heard, node, undo } = room("buttons");
  assert.equal(button(), undefined);
  throwAway("Greedy");
  throwAway("T = 2");
  assert.equal(button().textContent, "↶ Undo: T = 2 removed");
  button().dispatch("click");
  assert.deepEqual(held, ["T = 2"]);
  assert.match(node.textContent, /^Undone: T = 2 removed\./);
  button().dispatch("click");
  assert.deepEqual([held, heard.restored], [["T = 2", "Greedy"], 2]);
  assert.equal(button(), undefined);
  throwAway("Greedy");
  undo.forget();
  assert.equal(button(), undefined);
  assert.ok(!press());
});

test("Ctrl+Z takes the newest of the rooms that are seen, but not from a text field", () => {
  newPage();
  const [one, two, hidden] = [room("one"), room("two"), room("hidden", false)];
  one.throwAway("a");
  two.throwAway("b");
  hidden.throwAway("c");
  assert.ok(!press(true));
  assert.ok(!press(false, { shiftKey: true }));
  assert.ok(press());
  assert.deepEqual([one.held, two.held, hidden.held], [[], ["b"], []]);
  assert.ok(press(false, { ctrlKey: false, metaKey: true }));
  assert.deepEqual(one.held, ["a"]);
  assert.ok(!press());
});

test("a room that is mounted anew still takes back what it threw away before", () => {
  newPage();
  const before = room("again");
  before.throwAway("a");
  before.ending.abort();
  const now = room("again");
  assert.equal(now.button().textContent, "↶ Undo: a removed");
  assert.ok(press());
  assert.deepEqual([before.held, before.heard.restored, now.heard.restored], [["a"], 0, 1]);
});

// ---- problems

test("a problem marks its field and stands beside it, until it is cleared", () => {
  const root = /** @type {any} */ (fakeRoot());
  const problems = createProblems("draws");
  const written = () => {
    render(root, h("input", problems.marks("n")), problems.of("n"));
    return root.written;
  };
  assert.equal(written(), "<main><input></input></main>");
  problems.refuse(new Problem("n must be 1 or more, got 0", "n"), ["n"], "run");
  assert.equal(written(), '<main><input aria-invalid="true" aria-describedby="problem-draws-n"></input>'
    + '<p class="lab-problem" role="alert" id="problem-draws-n">N must be 1 or more, got 0</p></main>');
  problems.clear("n");
  assert.equal(written(), "<main><input></input></main>");
  problems.refuse(new Problem("busy"), ["n"], "run");
  problems.refuse(new Problem("top_p must be in (0, 1]", "top_p"), ["n"], "run");
  assert.ok(!problems.has("n"));
  const of = problems.of("run");
  assert.equal(of && of.children[0], "Top_p must be in (0, 1]");
  problems.clear();
  assert.ok(!problems.has("run"));
});
