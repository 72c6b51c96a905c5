import assert from "node:assert/strict";
import { test } from "node:test";

import { createStore } from "../../textgen/ui/shell/lab.js";

/** @import { State } from "../../textgen/ui/shell/store.js" */

/** @returns {State} */
const first = () => ({
  model: "tiny",
  context: "To be",
  numbers: "",
  kind: "auto",
  settings: { order: ["temperature", "top_k"], temperature: 1, top_k: 0 },
  seed: "0",
  locked: true,
});

/** A store with what its listener heard: the state and the one before, each time. */
const heardStore = () => {
  const store = createStore(first());
  /** @type {[State, State][]} */
  const heard = [];
  store.listen((state, before) => heard.push([state, before]));
  return { store, heard };
};

test("a change is heard once, with the state before it", () => {
  const { store, heard } = heardStore();
  store.set({ context: "or not", seed: "7" });
  assert.deepEqual(store.state, { ...first(), context: "or not", seed: "7" });
  assert.equal(heard.length, 1);
  assert.deepEqual(heard[0], [store.state, first()]);
});

test("some settings change, the others stay", () => {
  const { store, heard } = heardStore();
  store.set({ settings: { temperature: 0.5 } });
  assert.deepEqual(store.state.settings, { ...first().settings, temperature: 0.5 });
  assert.equal(heard.length, 1);
});

test("what changes nothing is not heard, and keeps its identity", () => {
  const { store, heard } = heardStore();
  const before = store.state;
  store.set({});
  store.set({ model: "tiny", settings: { temperature: 1, order: ["temperature", "top_k"] } });
  assert.equal(store.state, before);
  assert.deepEqual(heard, []);
});

test("settings that stay keep their identity while something else changes", () => {
  const { store } = heardStore();
  const { settings } = store.state;
  store.set({ seed: "1", settings: { top_k: 0 } });
  assert.equal(store.state.settings, settings);
});

test("a state once given is never changed", () => {
  const { store } = heardStore();
  const before = store.state;
  store.set({ context: "x", settings: { temperature: 2 } });
  assert.deepEqual(before, first());
});

test("a signal ends the listening, also while others are called", () => {
  const store = createStore(first());
  const ending = new AbortController();
  /** @type {string[]} */
  const heard = [];
  store.listen(() => ending.abort());
  store.listen(() => heard.push("ended"), ending.signal);
  store.listen(() => heard.push("stays"));
  store.set({ seed: "1" });
  store.set({ seed: "2" });
  assert.equal(heard.filter((word) => word === "stays").length, 2);
  assert.ok(heard.filter((word) => word === "ended").length <= 1);
});

test("a listener may change the state", () => {
  const { store, heard } = heardStore();
  store.listen((state) => state.seed === "1" && store.set({ seed: "2" }));
  store.set({ seed: "1" });
  assert.equal(store.state.seed, "2");
  assert.equal(heard.length, 2);
});
