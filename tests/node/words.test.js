// What a person reads: one catalogue a language, with the same keys and the same places for values.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { languageFor } from "../../textgen/ui/words/language.js";
import { createSay } from "../../textgen/ui/words/words.js";

const UI = new URL("../../textgen/ui/", import.meta.url);
const FOLDERS = ["words/", "learn/"]; // a room's own words lie beside its script
const files = readdirSync(new URL("words/", UI)).filter((name) => name.endsWith(".json"));
const read = (/** @type {string} */ name) => Object.assign({}, ...FOLDERS.map((folder) =>
  JSON.parse(readFileSync(new URL(folder + name, UI), "utf8"))));
const english = read("en.json");
const plain = (/** @type {string} */ key) => key.split("#")[0];
const keysOf = (/** @type {object} */ words) => [...new Set(Object.keys(words).map(plain))].sort();
const placesIn = (/** @type {string} */ text) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

test("every language has the same keys, and each sentence the same places for values", () => {
  assert.ok(files.length >= 2);
  for (const file of files) {
    const words = read(file);
    assert.deepEqual(keysOf(words), keysOf(english), `${file} and en.json`);
    for (const [key, text] of Object.entries(words)) {
      assert.ok(text.trim(), `${file}: ${key} is empty`);
      const places = placesIn(english[key] ?? english[`${plain(key)}#other`]);
      assert.deepEqual(placesIn(text), places, `${file}: ${key}`);
    }
  }
});

test("what scripts say is in the catalogues, and nothing else is in them", () => {
  const folders = readdirSync(UI, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const scripts = [...folders.map(({ name }) => new URL(`${name}/`, UI)), new URL("../classroom/", UI)]
    .flatMap((folder) => readdirSync(folder).filter((file) => /[.](js|py)$/.test(file))
      .map((file) => readFileSync(new URL(file, folder), "utf8")));
  const known = keysOf(english);
  const source = scripts.join("\n").replaceAll(/^\s*(\/\/|\*).*$/gm, ""); // without comments
  for (const [, key] of source.matchAll(/\bsay\("([^"]+)"/g)) {
    assert.ok(known.includes(key), `${key} is missing`);
  }
  const made = [...source.matchAll(/`((?:class|learn|head)[.][\w.]*)\$\{/g)].map(([, start]) => start);
  const idle = known.filter((key) =>
    !source.includes(`"${key}"`) && !made.some((start) => key.startsWith(start)));
  assert.deepEqual(idle, []);
});

test("a missing sentence comes in English, a missing key as itself", () => {
  const { say, has } = createSay([{ a: "eins" }, { a: "one", b: "two {n}" }], "de");
  assert.deepEqual([say("a"), say("b", { n: 2 }), say("c"), say("b")], ["eins", "two 2", "c", "two {n}"]);
  assert.deepEqual([has("b"), has("c"), has("toString")], [true, false, false]);
});

test("one and many have a form each", () => {
  const { say } = createSay([{ "votes#one": "{n} vote", "votes#other": "{n} votes" }], "en");
  assert.deepEqual([say("votes", { n: 1 }), say("votes", { n: 0 })], ["1 vote", "0 votes"]);
});

test("the address chooses the language, then the browser, then English", () => {
  const known = ["de", "en"];
  assert.equal(languageFor("?lang=DE-at", ["en-GB"], known), "de");
  assert.equal(languageFor("?lang=xx", ["fr", "de-CH"], known), "de");
  assert.equal(languageFor("", ["fr"], known), "en");
});
