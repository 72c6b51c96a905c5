// What a person reads: one catalogue a language, with the same keys and the same places for values.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Linter } from "eslint";
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

// ---- words that stand in scripts instead of catalogues

const ROOMS = ["learn/", "classroom/", "glossary/", "teacher/", "words/", "frame/head.js", "link/share.js",
  "link/reach.js"];
const SPOKEN = new Set(["title", "aria-label", "aria-valuetext", "aria-description", "placeholder", "alt"]);
const LOOKS = new Set(["class", "className", "style", "d", "viewBox", "font-family"]);
const SPEAKS = new Set(["tell", "Problem", "append", "replaceChildren"]);
/** What is the same in every language: the names of settings as they are written, and of the page itself. */
const NAMES = /Temperature Lab|top-p|\bln\b|\bT\b/g;
const keys = new Set(keysOf(english));
const KEPT = /^temperature-lab /; // names in the browser's storage

/** @param {any} property */
const keyOf = ({ key }) => key.value ?? key.name;

/**
 * Whether somebody reads or hears what stands there.
 * @param {any} node @param {any} below @returns {boolean}
 */
const isSpoken = (node, below) => {
  if (!node || node.type === "ImportDeclaration") return false;
  if (node.type === "Property") return below === node.value && SPOKEN.has(keyOf(node));
  if (node.type === "BinaryExpression" && /[=<>]|in/.test(node.operator)) return false;
  if (node.type === "ConditionalExpression" && below === node.test) return false;
  if (node.type === "AssignmentExpression") return /textContent|innerText/.test(node.left.property?.name);
  if (node.type === "MemberExpression" || node.type === "VariableDeclarator") return false;
  if (node.type === "CallExpression" || node.type === "NewExpression") {
    const name = node.callee.name ?? node.callee.property?.name;
    const place = node.arguments.indexOf(below);
    if (name === "h") return place > 1;
    if (name === "map" || name === "flatMap") return isSpoken(node.parent, node);
    return SPEAKS.has(name) && (name !== "tell" || place === node.arguments.length - 1);
  }
  return isSpoken(node.parent, node);
};
/** @param {any} node */
const isLook = (node) => {
  for (let at = node; at; at = at.parent) {
    if (at.type === "Property") return LOOKS.has(keyOf(at));
  }
  return false;
};
/** @param {any} node @param {string} text */
const isWords = (node, text) => {
  if (KEPT.test(text) || keys.has(plain(text))) return false;
  const left = text.replace(NAMES, "");
  if (/\p{L}{2,}/u.test(left) && isSpoken(node.parent, node)) return true;
  return /\p{L}{2,},? \p{L}+,? \p{L}{2,}/u.test(left) && !isLook(node);
};
/** @type {any} */
const outside = {
  create: (/** @type {any} */ context) => {
    const check = (/** @type {any} */ node) => {
      const text = node.value?.cooked ?? node.value;
      if (typeof text === "string" && isWords(node, text)) context.report({ node, message: text });
    };
    return { Literal: check, TemplateElement: check };
  },
};
/** @param {string} code @returns {string[]} what of a script a person reads that is in no catalogue */
const wordsOutside = (code) => {
  const rooms = { plugins: { words: { rules: { outside } } }, rules: { "words/outside": 2 } };
  return new Linter().verify(code, [/** @type {any} */ (rooms)]).map(({ message }) => message);
};

test("words that are in no catalogue are seen where somebody reads them, and not where nobody does", () => {
  const seen = (/** @type {string} */ code) => wordsOutside(code).length;
  assert.equal(seen('h("p", {}, say("a"), on && "Save")'), 1);
  assert.equal(seen('h("p", { title: `Panel ${n}` })'), 1);
  assert.equal(seen('h("ul", {}, all.map((one) => h("li", {}, one ? "yes" : say("b"))))'), 1);
  assert.equal(seen('const LOST = "The line is lost.";'), 1);
  assert.equal(seen('problems.tell("n", "too many"); node.textContent = "Done"'), 2);
  assert.equal(seen('h("p", { class: "button primary quiet" }, kind === "token" && say(`a.${kind}`))'), 0);
  assert.equal(seen('import { h } from "../shell/dom.js"; root.querySelector("p b i")'), 0);
});

test("all words of lessons, class, glossary and page head are in catalogues", () => {
  const scripts = ROOMS.flatMap((room) => (room.endsWith(".js") ? [room]
    : readdirSync(new URL(room, UI)).filter((name) => name.endsWith(".js")).map((name) => room + name)));
  const found = scripts.flatMap((name) =>
    wordsOutside(readFileSync(new URL(name, UI), "utf8")).map((text) => `${name}: ${text}`));
  assert.ok(scripts.length > 10);
  assert.deepEqual(found, []);
});
