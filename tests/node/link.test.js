import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { config } from "../../textgen/ui/shell/config.js";
import { isLocal, reachable, reachNote } from "../../textgen/ui/link/reach.js";
import {
  decode, encode, formFields, neutralRecord, sharedOf, stateOf,
} from "../../textgen/ui/link/record.js";
import { vectors } from "./vectors.js";

/** @typedef {{ link: string, tab: string, values: Record<string, any>, problems: string[] }} Case */

const golden = /** @type {Case[]} */ (JSON.parse(readFileSync("tests/golden_links.json", "utf8")));
const cases = /** @type {Case[]} */ (vectors("links.json"));

/** What a link says, which is one. @param {string} link */
const read = (link) => {
  const found = decode(link.slice(link.indexOf("#")));
  assert.ok(found, link);
  return found;
};

test("links are read as Python reads them, the hostile ones part by part", () => {
  assert.ok(cases.some(({ problems }) => problems.length > 1));
  assert.ok(cases.filter(({ problems }) => !problems.length).length > 50);
  for (const { link, tab, values, problems } of cases) {
    const { record, problems: found } = read(link);
    assert.deepEqual(record, { tab, ...values }, link);
    assert.deepEqual(found, problems, link);
  }
});

test("what was read is written and read again as the same", () => {
  for (const { link } of cases) {
    const { record } = read(link);
    const again = read(encode(record));
    assert.deepEqual(again.record, record, link);
    assert.deepEqual(again.problems, [], link);
  }
});

test("the sidebar's state goes into a link and comes back", () => {
  for (const { link } of cases) {
    const state = stateOf(read(link).record, config.state);
    const record = { ...neutralRecord("model"), ...sharedOf(state) };
    assert.deepEqual(stateOf(read(encode(record)).record, state), state, link);
  }
});

test("links of the first version are read for ever", () => {
  assert.ok(Object.keys(config.link.tabs).every((tab) => golden.some((one) => one.tab === tab)));
  for (const { link, tab, values, problems } of golden) {
    const { record, problems: found } = read(link);
    assert.equal(record.tab, tab, link);
    const said = Object.fromEntries(Object.keys(values).map((name) => [name, record[name]]));
    assert.deepEqual(said, values, link);
    assert.deepEqual(found, problems, link);
  }
});

test("a link can be read by people: neutral parts are left out, spaces and commas stay", () => {
  const record = { ...neutralRecord("next"), context: "The king, is", temperature: 0.5, top_k: 40 };
  assert.equal(encode(record), "#v=1&tab=next&context=The+king,+is&temperature=0.5&top_k=40");
  assert.equal(encode({ ...record, temperatures: [1, 2] }).slice(-17), "&temperatures=1,2");
});

test("a part that is no value is left out when it is written", () => {
  const record = { ...neutralRecord("beam"), width: "many", length: 1e9, temperature: NaN };
  assert.equal(encode(record), "#v=1&tab=beam");
});

test("what is no link is none, and one that is too long is not looked at", () => {
  for (const hash of ["", "#", "#tabs", "#temperature=0.5"]) assert.equal(decode(hash), null, hash);
  const { record, problems } = read(`#v=1&context=${"x".repeat(config.link.longest)}`);
  assert.deepEqual(record, neutralRecord("next"));
  assert.equal(problems.length, 1);
});

test("halves of characters are written as what stands for none", () => {
  const record = { ...neutralRecord("next"), context: "a\ud83d" };
  assert.equal(read(encode(record)).record.context, "a\uFFFD");
});

test("fields of a form have names of their own", () => {
  const shared = config.link.shared.map(({ name }) => name);
  for (const tab of Object.keys(config.link.tabs)) {
    const names = [...shared, ...formFields(tab).map(({ name }) => name)];
    assert.equal(new Set(names).size, names.length, tab);
  }
});

test("what 127.0.0.1 means to nobody else is told, and its address in the network put in its place", () => {
  const [here, there] = ["http://127.0.0.1:7860/class#CDFHJK", "http://192.168.1.5:7860/class#CDFHJK"];
  assert.equal(reachable(here, "192.168.1.5"), there);
  assert.equal(reachable(here, ""), here);
  assert.equal(reachable("http://lab.example.org/#v=1", "192.168.1.5"), "http://lab.example.org/#v=1");
  for (const local of ["localhost", "127.0.1.1", "[::1]"]) assert.ok(isLocal(local), local);
  for (const other of ["127.example.org", "localhost.example.org", "10.0.0.1"]) assert.ok(!isLocal(other));
  assert.equal(reachNote("lab.example.org", ""), "");
  assert.deepEqual(["", "10.0.0.1"].map((reach) => reachNote("localhost", reach)),
    ["head.reach.local", "head.reach.network"]);
});
