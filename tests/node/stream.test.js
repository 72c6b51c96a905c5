import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { openStream } from "../../textgen/ui/server/server.js";
import { fakeRoot } from "./fake_page.js";

let number = 0;

/** A server whose answers are written by hand: one response a request. */
const fakeServer = () => {
  /** @type {{ address: string, data: any, signal: AbortSignal, send: (...lines: object[]) => void,
   *   write: (text: string) => void, close: () => void, fail: () => void }[]} */
  const asked = [];
  const bytes = new TextEncoder();
  const answer = (/** @type {any} */ address, /** @type {any} */ { body, signal }) => {
    /** @type {any} */
    let control;
    const stream = new ReadableStream({ start: (given) => { control = given; } });
    const write = (/** @type {string} */ text) => control.enqueue(bytes.encode(text));
    asked.push({
      address: String(address), data: JSON.parse(body), signal, write,
      send: (...lines) => write(lines.map((line) => `${JSON.stringify(line)}\n`).join("")),
      close: () => control.close(),
      fail: () => control.error(new TypeError("network error")),
    });
    return new Response(stream);
  };
  return { asked, answer, up: true };
};
/** @type {ReturnType<typeof fakeServer>} */
let server;
const held = { fetch: globalThis.fetch, warn: console.warn };
beforeEach(() => {
  server = fakeServer();
  console.warn = () => {};
  fakeRoot();
  Object.assign(globalThis.document, { baseURI: "http://lab/", querySelector: () => null });
  Object.assign(globalThis, {
    fetch: async (/** @type {URL} */ address, /** @type {any} */ options) => {
      if (!server.up) throw new TypeError("Failed to fetch");
      return address.pathname.endsWith("version") ? new Response("x") : server.answer(address, options);
    },
  });
});
afterEach(() => {
  globalThis.fetch = held.fetch;
  console.warn = held.warn;
});

/** A room's stream, and what its actions heard. */
const opened = (name = `room${(number += 1)}`, root = /** @type {any} */ ({ isConnected: true })) => {
  /** @type {string[]} */
  const heard = [];
  const stream = openStream(name, root, {
    message: (message) => heard.push(`piece ${message.piece}`),
    ended: (why) => heard.push(`ended ${why}`),
    refused: (sentence, setting) => heard.push(`refused ${sentence} (${setting})`),
    waits: (text) => heard.push(text),
  });
  return { name, root, stream, heard };
};
const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

test("pieces arrive, however they are cut on their way, and the last one ends it", async () => {
  const { name, stream, heard } = opened();
  stream.start("run", { n: 1 });
  assert.ok(stream.busy());
  await turn();
  const [{ address, data, send, write, close }] = server.asked;
  assert.deepEqual([address, data], [`http://lab/lab/stream/${name}/run`, { n: 1 }]);
  send({ piece: 1 }, { piece: 2 });
  write('{"pie');
  write('ce": 3}\n\n');
  send({ piece: 4, done: "length" });
  close();
  await turn();
  assert.deepEqual(heard, ["piece 1", "piece 2", "piece 3", "piece 4", "ended length"]);
  assert.ok(!stream.busy());
});

test("a refusal is said once, and ends it", async () => {
  const { stream, heard } = opened();
  stream.start("run", {});
  await turn();
  server.asked[0].send({ problem: "too long", setting: "length" });
  await turn();
  assert.deepEqual(heard, ["refused too long (length)", "ended refused"]);
  assert.ok(!stream.busy());
});

test("stop ends it at once, hangs up, and what still comes is not heard", async () => {
  const { stream, heard } = opened();
  stream.start("run", {});
  await turn();
  server.asked[0].send({ piece: 1 });
  stream.stop();
  await turn();
  assert.ok(server.asked[0].signal.aborted);
  assert.deepEqual(heard, ["ended stopped"]);
  stream.stop();
  assert.equal(heard.length, 1);
});

test("the next request stops the one before it, and is heard alone", async () => {
  const { stream, heard } = opened();
  stream.start("run", { n: 1 });
  stream.start("run", { n: 2 });
  await turn();
  server.asked[0].send({ piece: 1, done: "length" });
  server.asked[1].send({ piece: 2, done: "length" });
  await turn();
  assert.deepEqual(heard, ["ended stopped", "piece 2", "ended length"]);
});

test("a connection that breaks, or ends without a last word, is lost", async () => {
  for (const end of /** @type {const} */ (["fail", "close"])) {
    const { stream, heard } = opened();
    stream.start("run", {});
    await turn();
    server.asked.at(-1)?.send({ piece: 1 });
    await turn();
    server.asked.at(-1)?.[end]();
    await turn();
    assert.deepEqual(heard, ["piece 1", "ended lost"]);
    assert.ok(!stream.busy());
  }
});

test("what is started while the server is away begins when it is back, unless stopped", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const settle = async () => { for (let i = 0; i < 20; i += 1) await Promise.resolve(); };
  const [one, two] = [opened(), opened()];
  server.up = false;
  one.stream.start("run", { n: 1 });
  two.stream.start("run", { n: 2 });
  await settle();
  assert.ok(one.stream.busy());
  two.stream.stop();
  server.up = true;
  context.mock.timers.tick(500);
  await settle();
  assert.deepEqual(server.asked.map(({ data }) => data.n), [1]);
  assert.deepEqual(two.heard, ["ended stopped"]);
});

test("a room that is mounted anew goes on with what the one before it began", async () => {
  const one = opened();
  one.stream.start("run", {});
  await turn();
  const again = opened(one.name);
  assert.ok(again.stream.busy());
  server.asked[0].send({ piece: 1 });
  await turn();
  again.stream.stop();
  assert.deepEqual([one.heard, again.heard], [[], ["piece 1", "ended stopped"]]);
});

test("what came while the room was off the page is received when it is mounted anew", async () => {
  const one = opened();
  one.stream.start("run", {});
  await turn();
  one.root.isConnected = false;
  server.asked[0].send({ piece: 1 });
  server.asked[0].send({ piece: 2, done: "length" });
  server.asked[0].close();
  await turn();
  assert.deepEqual(one.heard, []);
  const again = opened(one.name);
  await turn();
  assert.deepEqual(again.heard, ["piece 1", "piece 2", "ended length"]);
});

test("who waits for a turn is told how many are before, and when it has come", async () => {
  const { stream, heard } = opened();
  stream.start("write", {});
  await turn();
  server.asked[0].send({ before: 2 }, { before: 1 }, { before: 0 }, { piece: 1, done: "all" });
  await turn();
  const [two, one] = [2, 1].map((before) => `Waiting for its turn: ${before} before you.`);
  assert.deepEqual(heard, [two, one, "Starting…", "piece 1", "ended all"]);
});
