import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, latest, Problem } from "../../textgen/ui/server/server.js";
import { fakeRoot } from "./fake_page.js";

/** @param {unknown} answer */
const serverOf = (answer) => ({ draw: async () => /** @type {any} */ (answer) });

test("an answer is handed on", async () => {
  assert.deepEqual(await ask(serverOf({ counts: [1] }), "draw", {}), { counts: [1] });
  assert.equal(await ask(serverOf(null), "draw", {}), null);
});

test("a sentence of the server's is a Problem", async () => {
  const problem = "n must be from 1, got 0";
  const refused = (/** @type {unknown} */ error) => error instanceof Problem && error.message === problem;
  await assert.rejects(ask(serverOf({ problem }), "draw", {}), refused);
});

/** A page whose server is there or not. */
const page = () => {
  fakeRoot();
  Object.assign(globalThis.document, { baseURI: "http://lab/", querySelector: () => null });
  const state = { up: true };
  globalThis.fetch = async () => (state.up ? new Response("x") : new Response("", { status: 502 }));
  return state;
};

test("no answer of a server that is there is a Problem that says what to do", async () => {
  page();
  await assert.rejects(ask(serverOf(undefined), "draw", {}), /try again/);
});

test("a question that meets no server is asked again when it is back", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const state = page();
  state.up = false;
  const server = { draw: async () => (state.up ? { counts: [1] } : undefined) };
  const answer = ask(server, "draw", {});
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
  state.up = true;
  context.mock.timers.tick(500);
  assert.deepEqual(await answer, { counts: [1] });
});

/** Questions that are answered by hand. */
const byHand = () => {
  /** @typedef {(answer: string) => void} Resolve */
  /** @type {{ request: string, resolve: Resolve, reject: (error: Error) => void }[]} */
  const asked = [];
  /** @type {string[]} */
  const heard = [];
  const question = (/** @type {string} */ request) =>
    new Promise((/** @type {Resolve} */ resolve, reject) => asked.push({ request, resolve, reject }));
  const put = latest(question, {
    answered: (answer, request) => heard.push(`${request}: ${answer}`),
    refused: (problem, request) => heard.push(`${request} refused: ${problem.message}`),
    idle: (idle) => heard.push(idle ? "idle" : "busy"),
  });
  return { put, asked, heard };
};
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("one question at a time, and only the newest of those that wait", async () => {
  const { put, asked, heard } = byHand();
  for (const request of ["a", "b", "c", "d"]) put(request);
  assert.deepEqual(asked.map(({ request }) => request), ["a"]);
  asked[0].resolve("1");
  await turn();
  assert.deepEqual(asked.map(({ request }) => request), ["a", "d"]);
  asked[1].resolve("2");
  await turn();
  assert.deepEqual(heard, ["busy", "a: 1", "busy", "d: 2", "idle"]);
});

test("a question put in an answer's own callback is asked", async () => {
  /** @type {string[]} */
  const asked = [];
  const put = latest(async (/** @type {string} */ request) => asked.push(request), {
    answered: (_, request) => request === "a" && put("b"),
    refused: () => assert.fail(),
  });
  put("a");
  await turn();
  assert.deepEqual(asked, ["a", "b"]);
});

test("after a refusal the next is asked", async () => {
  const { put, asked, heard } = byHand();
  put("a");
  put("b");
  asked[0].reject(new Problem("no"));
  await turn();
  asked[1].resolve("yes");
  await turn();
  assert.deepEqual(heard, ["busy", "a refused: no", "busy", "b: yes", "idle"]);
});
