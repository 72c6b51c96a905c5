// This visitor's models: what the browser remembers, and which of the files somebody chose are a model.
import assert from "node:assert/strict";
import { test } from "node:test";

import { modelOf } from "../../textgen/ui/own/files.js";
import {
  addOwn, forgetOwn, isOwn, modelGroups, modelsIn, ownModels, titleOf,
} from "../../textgen/ui/own/own.js";

const name = (/** @type {string} */ digit) => `own-${digit.repeat(32)}`;
const entry = (/** @type {string} */ digit, key = "k") =>
  ({ name: name(digit), title: `Model ${digit}`, line: "5k", key });

test("a model is remembered, in a group of its own, and forgotten", () => {
  addOwn(entry("a"));
  addOwn(entry("b", ""));
  assert.deepEqual(modelGroups().slice(0, 2).map(({ label }) => label), ["Yours", "From a link"]);
  addOwn({ ...entry("a", ""), title: "Another" });
  assert.deepEqual(ownModels().find((one) => one.name === name("a")), { ...entry("a"), title: "Another" });
  assert.equal(titleOf(name("a")), "Another");
  forgetOwn(name("a"));
  forgetOwn(name("b"));
  assert.deepEqual(ownModels(), []);
  assert.equal(titleOf(name("a")), "a visitor's model");
});

test("what a storage holds that is none is left out", () => {
  const untyped = [{ ...entry("a"), title: 7 }, { ...entry("c"), key: undefined }];
  const bad = [null, 3, { name: "own-1" }, ...untyped];
  assert.deepEqual(modelsIn(JSON.stringify([...bad, entry("d")])), [entry("d")]);
  for (const text of [null, "", "{", "3", "null", '{"a": 1}']) assert.deepEqual(modelsIn(text), []);
  const strange = [null, "own-", `${name("a")}a`, name("g"), `x${name("a")}`];
  for (const no of strange) assert.equal(isOwn(no), false);
});

const files = (/** @type {string[]} */ ...paths) =>
  paths.map((path) => ({ path, file: /** @type {File} */ ({ name: path.split("/").at(-1), size: 1 }) }));
const chosen = (/** @type {string[]} */ ...paths) => modelOf(files(...paths)).files.map((file) => file.name);

test("of a folder the files beside the outermost config.json are taken, else the one checkpoint", () => {
  const wanted = ["config.json", "model.safetensors", "tokenizer.json", "ngrams.bin"];
  const inside = [...wanted, "pytorch_model.bin", "a.exe", "onnx/config.json", "onnx/model.onnx"];
  assert.deepEqual(chosen(...inside.map((path) => `m/${path}`), "other.pt"), wanted);
  assert.deepEqual(chosen("run/log.txt", "run/Größe.PT"), ["Größe.PT"]);
  assert.match(modelOf(files("a.pt", "b.pt")).problem, /^These are 2 checkpoints: bring one/);
  assert.match(modelOf(files("a.docx")).problem, /^There is no model among them: it must be a folder/);
});
