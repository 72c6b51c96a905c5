// The glossary: every word that the page explains has its entry, in plain and short sentences.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { config } from "../../textgen/ui/shell/config.js";
import { about, entryOf, term } from "../../textgen/ui/glossary/glossary.js";

const UI = new URL("../../textgen/ui", import.meta.url).pathname;
const read = (/** @type {string} */ name) => readFileSync(join(UI, name), "utf8");
/** @type {Record<string, { title: string, text: string }>} */
const terms = JSON.parse(read("glossary/glossary.json")).terms;
const stages = config.stages.flatMap((one) => [one, ...one.parameters]).map(({ name }) => name);

/** The keys that the scripts write out: `term("nats")`, `about("nats", …)`, and tables of them. */
const used = readdirSync(UI, { recursive: true }).map(String).filter((name) => name.endsWith(".js"))
  .flatMap((name) => [...read(name).matchAll(/\b(?:term|about)\(\s*"([^"]+)"/g)].map(([, key]) => key));

test("every term of the scripts has an entry", () => {
  assert.ok(used.length > 5, "the scripts explain words");
  assert.deepEqual(used.filter((key) => !(key in terms) && !stages.includes(key)), []);
});

test("no entry is without a place on the page", () => {
  const scripts = readdirSync(UI, { recursive: true }).map(String).filter((name) => name.endsWith(".js"))
    .map(read).join("");
  const idle = Object.keys(terms).filter((key) => !stages.includes(key) && !scripts.includes(`"${key}"`));
  assert.deepEqual(idle, []);
});

test("a definition is one or two sentences that can be read in one look", () => {
  for (const [key, { title, text }] of Object.entries(terms)) {
    assert.ok(title.length <= 30, `${key}: its title is too long`);
    assert.ok(text.length >= 40 && text.length <= 190, `${key}: ${text.length} characters`);
    assert.match(text, /[.]$/, key);
    assert.ok(text.split(/[.;:] (?=[A-Z])/).length <= 2, `${key}: more than two sentences`);
  }
});

test("a stage without an entry says what it does and how it is turned off", () => {
  const words = { name: "new", title: "new stage", help: "does it", hint: "1 turns it off" };
  const stage = { ...config.stages[0], ...words };
  assert.deepEqual(entryOf("new", terms, [stage]), { title: "New stage", text: "Does it. 1 turns it off." });
  assert.equal(entryOf("top_k", terms).title, "Top-k");
  assert.equal(entryOf("constructor", terms).text, "This word has no definition yet.");
});

test("every language has an entry for every term, and two sentences at most", () => {
  for (const file of readdirSync(join(UI, "glossary")).filter((name) => name.endsWith(".json"))) {
    const found = JSON.parse(read(`glossary/${file}`)).terms;
    assert.deepEqual(Object.keys(found), Object.keys(terms), file);
    for (const [key, { title, text }] of Object.entries(found)) {
      assert.ok(title && text.length <= 230 && text.endsWith("."), `${file}: ${key}: ${text.length}`);
    }
  }
});

test("a term is its label and a named button", () => {
  Reflect.deleteProperty(globalThis, "document"); // that of another file: here is no page to listen to
  const [label, button] = /** @type {any[]} */ (term("Σ ln p", "sum").children);
  assert.equal(label, "sum");
  assert.deepEqual([button.props["data-term"], button.props["aria-label"]], ["Σ ln p", "What is sum?"]);
  assert.equal(about("nats").props["aria-label"], "What is nats?");
});
