// The Generate tab without a page: what it adds up, says, sends and asks for.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  addition, addLine, beginRun, beginSegments, branchOf, createSession, divergence, fork, isChanged, isStop,
  lengths, newRecord, nextGoal, openLengths, recordOf, textOf, textRate, textRequest,
  tokenFacts, totalRate, wholeRun,
} from "../../textgen/ui/generate/run.js";
import { temperatureProblem } from "../../textgen/ui/generate/pane.js";
import {
  activeNames, fileName, idleText, runRecord, runText, summaryLine, withoutEffect,
} from "../../textgen/ui/generate/words.js";
import { config } from "../../textgen/ui/shell/config.js";
import { keepForms, keptForm } from "../../textgen/ui/shell/forms.js";
import { vectors } from "./vectors.js";

/** @import { Run, Pane } from "../../textgen/ui/generate/run.js" */
/** @import { Settings } from "../../textgen/ui/shell/store.js" */
/**
 * @typedef {{ head: string, tokens: string, lines: string, done: string }} Message
 * @typedef {object} Written a run as the page receives it, and what the library writes
 * @property {Message[]} messages
 * @property {string[]} texts
 * @property {number[][]} ids
 * @property {number[][]} bits
 * @property {boolean[]} ended
 */
/** @type {{ runs: Written[], greedy: { settings: Settings, seen: string[] }[],
 *   searches: { settings: Settings, strategy: string, ignored: string[] }[] }} */
const { runs, greedy, searches } = vectors("generate.json");
const { stages } = config;
const NEUTRAL = config.state.settings;

/** @param {Partial<Pane>} [more] @returns {Pane} */
const paneOf = (more = {}) => ({ temperature: 1, strategy: "sampling", width: 3, changes: {}, ...more });

/** A run of one's own. @param {number[][]} ids @param {Partial<Pane>[]} [panes] @returns {Run} */
const runOf = (ids, panes = ids.map(() => ({}))) => {
  const head = {
    model: "tiny/model", weights_sha256: "ab".repeat(32), version: "1", time: "noon", prompt: "x", note: "",
    seed: "7", goal: 9, vocabulary: "key", stops: [0],
    settings: panes.map(({ temperature = 1 }) => ({ ...NEUTRAL, temperature })),
  };
  const names = ["", "a", "b", "c"];
  const run = beginRun(head, { key: "key", texts: names, labels: names }, panes.map(paneOf));
  beginSegments(run, ids.map((_, i) => i));
  ids.forEach((own, i) => {
    const branch = branchOf(run.texts[i]);
    for (const id of own) {
      branch.ids.push(id);
      branch.facts.push({ id, rank: 1, decoded: 0.5, bits: 2, ids: [id, 1], shares: [65535, 0] });
      branch.bits += 2;
    }
  });
  return run;
};

// ---- what the server sends

test("a character comes whole, with the token that completes it; what can be none is said to be none", () => {
  const run = runOf([[1, 2, 4, 3, 4, 1, 2, 4, 3, 2]]);
  run.vocabulary.texts = ["", "a", "", "", ""];
  run.vocabulary.bytes = { 2: [0x61, 0xe6], 3: [0xa5, 0xf0], 4: [0x97] }; // 日 is E6 97 A5
  const branch = branchOf(run.texts[0]);
  const parts = branch.ids.map((_, i) => addition(run, branch, i));
  assert.deepEqual(parts, ["a", "a", "", "日", "", "\ufffda", "a", "", "日", "\ufffda"]);
});

test("the lines add up to what the library writes, spaces and stops as well", () => {
  for (const { messages, texts, ids, bits, ended } of runs) {
    const head = JSON.parse(messages[0].head);
    const vocabulary = { key: head.vocabulary, ...JSON.parse(messages[0].tokens) };
    const run = beginRun(head, vocabulary, texts.map(() => paneOf()));
    const lines = messages.map((message) => message.lines).join("").split("\n").filter(Boolean);
    for (const line of lines) addLine(run, line, [0, 1, 2]);
    const branches = run.texts.map(branchOf);
    assert.deepEqual(branches.map((branch) => branch.ids), ids);
    assert.deepEqual(branches.map((branch) => textOf(run, branch)), texts);
    assert.deepEqual(branches.map((branch) => isStop(run, branch.ids.at(-1))), ended);
    branches.forEach((branch, i) => branch.facts.forEach((facts, k) => {
      assert.ok(Math.abs(facts.bits - bits[i][k]) < 1e-4, `token ${k}: ${facts.bits} for ${bits[i][k]}`);
      assert.equal(facts.id, ids[i][k]);
    }));
    assert.deepEqual(openLengths(run), lengths(run).filter((_, i) => !ended[i]));
  }
  const all = runs.flatMap(({ ended }) => ended);
  assert.deepEqual([...new Set(all)].sort(), [false, true], "else nothing was tried");
});

test("the card of a token has its probability as learned and the alternatives", () => {
  const run = runOf([[1]]);
  const { learned, alternatives, rank } = tokenFacts(branchOf(run.texts[0]), 0);
  assert.deepEqual([learned, rank, alternatives], [0.25, 1, [{ id: 1, p: 1 }, { id: 1, p: 0 }]]);
});

// ---- lengths and branches

test("texts diverge at the first token that differs, not where one is longer", () => {
  const run = runOf([[1, 2, 3], [1, 2], [1, 3, 3], [2]]);
  assert.deepEqual([0, 1, 2, 3].map((i) => divergence(run, i)), [null, null, 1, 0]);
});

test("Continue brings all to the goal, then adds to it, up to the most there may be", () => {
  assert.equal(nextGoal(runOf([[1], [1, 2]]), 100, 5000), 9);
  assert.equal(nextGoal(runOf([Array(9).fill(1), Array(9).fill(2)]), 100, 5000), 109);
  assert.equal(nextGoal(runOf([Array(9).fill(1)]), 100, 50), 50);
  assert.equal(nextGoal(runOf([[1, 0], Array(9).fill(1)]), 4, 5000), 13, "what has ended holds nobody back");
});

test("a fork keeps the old branch, and asks for the token chosen by hand first", () => {
  const run = runOf([[1, 2, 3, 1]]);
  const [text] = run.texts;
  fork(text, 2, 1);
  assert.deepEqual(branchOf(text).ids, [1, 2]);
  assert.deepEqual(text.branches[0].ids, [1, 2, 3, 1]);
  assert.deepEqual(branchOf(text).from, { branch: 0, at: 2, pick: 1 });
  assert.equal(recordOf(text).pick, 1);
  beginSegments(run, [0]);
  assert.deepEqual(branchOf(text).segments, [[0, 9], [3, 9]]);
  branchOf(text).ids.push(1);
  assert.equal(recordOf(text).pick, null);
  fork(text, 1, 3);
  assert.deepEqual(branchOf(text).picks, [[1, 3]], "what was chosen later is gone");
});

// ---- what the server is sent

test("a text that begins has the sidebar's settings with its pane's own", () => {
  const sidebar = { ...NEUTRAL, top_k: 5, temperature: 2 };
  const plain = newRecord(paneOf({ temperature: 0.5, changes: { top_p: 0.9 } }), sidebar);
  assert.deepEqual(plain, {
    settings: { ...sidebar, top_p: 0.9, temperature: 0.5 }, strategy: "sampling", ids: [],
  });
  assert.equal(newRecord(paneOf({ strategy: "greedy", temperature: 0.2 }), sidebar).settings.temperature, 0);
  assert.equal(newRecord(paneOf({ strategy: "beam", width: 4 }), sidebar).width, 4);
});

test("the request of a run says how each text was written", () => {
  const run = runOf([[1, 2], [1]], [{}, { strategy: "beam", width: 2 }]);
  const { texts, ...request } = textRequest(run);
  assert.deepEqual(request, { kind: "text", model: "tiny/model", prompt: "x", seed: "7" });
  const [drawn, searched] = run.texts.map(({ settings }) => ({ settings, picks: [] }));
  assert.deepEqual(texts, [
    { ...drawn, strategy: "sampling", length: 2 },
    { ...searched, strategy: "beam", width: 2, legs: [[0, 9]], length: 1 },
  ]);
});

// ---- words

test("what has no effect on greedy never changed a pick in Python", () => {
  const pane = paneOf({ strategy: "greedy" });
  for (const { settings, seen } of greedy) {
    const idle = withoutEffect(pane, settings, stages);
    assert.deepEqual(idle.filter((name) => seen.includes(name)), [], JSON.stringify(settings));
  }
  assert.ok(greedy.some(({ seen }) => seen.length), "else nothing was tried");
});

test("what has no effect on a search is what Python ignores", () => {
  for (const { settings, strategy, ignored } of searches) {
    const idle = withoutEffect(paneOf({ strategy }), settings, stages);
    assert.deepEqual([...idle].sort(), ignored.filter((name) => name !== "temperature"));
  }
});

test("what has no effect is said", () => {
  const said = (/** @type {string} */ strategy, /** @type {Partial<Settings>} */ settings) =>
    idleText(paneOf({ strategy }), { ...NEUTRAL, ...settings }, stages);
  assert.equal(said("sampling", { top_k: 3 }), "");
  assert.equal(said("greedy", { temperature: 0 }), "greedy: seed, top-k, top-p, min-p have no effect");
  assert.equal(said("greedy", { temperature: 0, top_k: 3, eta: 0.1 }),
    "greedy: seed, top-k, top-p, min-p, eta have no effect");
  const order = ["top_k", ...NEUTRAL.order.filter((name) => name !== "top_k" && name !== "temperature")];
  assert.equal(said("greedy", { temperature: 0, top_k: 3, typical: 0.5, order: [...order, "temperature"] }),
    "greedy: seed, top-p, min-p have no effect", "what is typical depends on what there is");
  assert.equal(said("beam", {}), "beam search: temperature, seed, top-k, top-p, min-p have no effect");
  assert.equal(said("beam_sampling", {}), "");
});

test("a line says how a text came about", () => {
  const run = runOf([[1, 2]], [{ temperature: 0.5 }]);
  const line = "tiny/model · T = 0.5 · seed 7 · 2 tokens · Temperature Lab 1";
  assert.equal(summaryLine(run, run.texts[0], stages), line);
  Object.assign(run.texts[0].settings, { top_k: 3, min_p: 0.25 });
  const order = activeNames(run.texts[0].settings, stages);
  assert.match(summaryLine(run, run.texts[0], stages), /top-k 3 · min-p 0.25 · order .*top_k → min_p/);
  assert.deepEqual(order, ["top_k", "min_p"]);
  assert.match(runText(run, stages), /prompt "x" · seed 7\n\n-+\n\[tiny\/model · T = 0.5 .*\]\n\nxab\n/);
  assert.equal(fileName(run), "tiny_model-seed-7");
});

test("the record holds every branch", () => {
  const run = runOf([[1, 2, 3]]);
  fork(run.texts[0], 1, 3);
  const [pane] = runRecord(run).panes;
  assert.deepEqual([pane.branch, pane.ids, pane.text], [2, [1], "a"]);
  const facts = pane.branches.map(({ tokens, mean_surprise_bits }) => [tokens, mean_surprise_bits]);
  assert.deepEqual(facts, [[3, 2], [1, 2]]);
  assert.deepEqual(pane.parts_from, { branch: 1, token: 2 });
});

test("a pane is changed where Write would write another text", () => {
  const [text] = runOf([[1]], [{ temperature: 0.5 }]).texts;
  const changed = (/** @type {Partial<Pane>} */ pane, sidebar = NEUTRAL) =>
    isChanged(text, paneOf({ temperature: 0.5, ...pane }), sidebar);
  assert.equal(changed({}), false);
  assert.equal(changed({ width: 7 }), false, "that of a search that there is not");
  assert.equal(changed({}, { ...NEUTRAL, temperature: 2 }), false, "that of the sidebar has no effect");
  assert.deepEqual([changed({ temperature: 0.6 }), changed({ strategy: "beam_sampling" })], [true, true]);
  assert.equal(changed({}, { ...NEUTRAL, top_k: 3 }), true);
});

test("what is no temperature is said before it is sent", () => {
  assert.deepEqual(["0", "0,7", "100", "1e-2"].map((typed) => temperatureProblem(typed)), ["", "", "", ""]);
  assert.equal(temperatureProblem("abc"), "T must be 0 or from 0.01 to 100, got abc; 0 is greedy");
  assert.match(temperatureProblem(" "), /got nothing/);
  assert.match(temperatureProblem("0.001"), /got 0.001/);
});

// ---- loaded anew

test("texts stay when the page is loaded anew, alternatives and branches as well", () => {
  /** @type {Map<string, string>} */
  const held = new Map();
  const storage = {
    getItem: (/** @type {string} */ key) => held.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void held.set(key, value),
    removeItem: (/** @type {string} */ key) => void held.delete(key),
  };
  const run = runOf([[1, 2, 3], [2]]);
  run.texts[1].branches[0].facts[0].ids = Uint16Array.of(2, 3);
  fork(run.texts[0], 1, 3);
  const loaded = () => wholeRun(keptForm("texts", { run: null }, () => ({ run }), storage).run);
  assert.equal(loaded(), null);
  keepForms(storage);
  const again = /** @type {Run} */ (loaded());
  assert.deepEqual(textRequest(again), textRequest(run));
  assert.deepEqual(runRecord(again), runRecord(run));
  assert.deepEqual(tokenFacts(branchOf(again.texts[1]), 0), tokenFacts(branchOf(run.texts[1]), 0));
  const [text] = run.texts;
  const elsewhere = { ...run, texts: [{ ...text, current: 9 }] };
  const broken = [null, 3, {}, { texts: [{}] }, { ...run, vocabulary: 3 }, elsewhere];
  assert.deepEqual(broken.map(wholeRun), broken.map(() => null));
});

// ---- requests

/** A session on a stream of ours. */
const opened = () => {
  /** @type {any} */
  const heard = { started: [], refused: [], began: 0 };
  /** @type {any} */
  const memory = { run: null, writing: null, vocabulary: null, status: "" };
  /** @type {any} */
  let actions;
  let busy = false;
  const stop = () => {
    if (!busy) return;
    busy = false;
    actions.ended("stopped");
  };
  const session = createSession({
    memory,
    stream: (given) => {
      actions = given;
      return { start: (_, request) => { busy = true; heard.started.push(request); }, stop, busy: () => busy };
    },
    length: () => 80,
    config: { length: 400, maxLength: 5000 },
    changed: () => {},
    began: () => { heard.began += 1; },
    refused: (sentence) => heard.refused.push(sentence),
  });
  const send = (/** @type {Message} */ message) => {
    if (message.done) busy = false;
    actions.message(message);
    if (message.done && !busy) actions.ended(message.done);
  };
  const refuse = (/** @type {string} */ sentence) => {
    busy = false;
    actions.refused(sentence);
    actions.ended("refused");
  };
  const write = () => session.start(runs[0].texts.map(() => paneOf()), config.state, "5");
  return { session, memory, heard, send, refuse, write };
};

test("what the server sends becomes the texts", () => {
  const { memory, heard, send, write } = opened();
  write();
  runs[0].messages.forEach(send);
  assert.deepEqual(memory.run.texts.map((/** @type {any} */ text) => branchOf(text).ids), runs[0].ids);
  assert.equal(heard.began, 1);
  assert.match(memory.status, /^Done: \d+ tokens in \d+\.\d s\.$/);
  assert.ok(totalRate(memory.writing) > textRate(memory.writing, 0));
});

test("a refusal leaves the texts as they were", () => {
  const { session, memory, heard, send, refuse, write } = opened();
  write();
  runs[0].messages.forEach(send);
  const before = JSON.stringify(memory.run);
  session.branch({ text: 0, index: 3 }, 2);
  assert.equal(memory.status, "Another way from token 4…");
  assert.deepEqual(heard.started[1].texts[0].ids, runs[0].ids[0].slice(0, 3));
  assert.equal(heard.started[1].texts[0].pick, 2);
  refuse("no");
  assert.deepEqual(heard.refused, ["no"]);
  assert.equal(JSON.stringify(memory.run), before);
  assert.equal(memory.status, "That could not be done; the texts are as they were.");
});

test("the tokens' names are asked for once", () => {
  const { heard, send, write } = opened();
  write();
  assert.equal(heard.started[0].vocabulary, "");
  runs[0].messages.forEach(send);
  write();
  assert.equal(heard.started[1].vocabulary, JSON.parse(runs[0].messages[0].head).vocabulary);
});

test("Stop says how far the texts are, and Continue goes on from there", () => {
  const { session, memory, heard, send, write } = opened();
  write();
  runs[0].messages.slice(0, 3).forEach(send);
  session.stop();
  const longest = Math.max(...lengths(memory.run));
  assert.equal(memory.status, `Stopped at token ${longest}. Continue goes on as if it had never stopped.`);
  session.goOn();
  assert.equal(heard.started[1].goal, 80);
  session.drop();
  assert.equal(memory.run, null);
  assert.match(memory.status, /^All texts begin with the same luck/);
});
