import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { failed, openStream } from "../../textgen/ui/shell/stream.js";

let number = 0;

/** A component as Gradio gives it, with what it was told and what our actions heard. */
const opened = (name = `room ${(number += 1)}`) => {
  /** @type {string[]} */
  const heard = [];
  /** @type {[string, any][]} */
  const triggered = [];
  /** @type {(() => void)[]} */
  const watchers = [];
  const host = /** @type {any} */ ({
    props: { value: null },
    trigger: (/** @type {string} */ event, /** @type {any} */ data) => triggered.push([event, data]),
    watch: (/** @type {string} */ _, /** @type {() => void} */ callback) => watchers.push(callback),
  });
  const stream = openStream(name, host, {
    message: (message) => heard.push(`piece ${message.piece}`),
    ended: (why) => heard.push(`ended ${why}`),
    refused: (sentence) => heard.push(`refused ${sentence}`),
  });
  const send = (/** @type {object} */ message) => {
    host.props.value = message;
    for (const callback of watchers) callback();
  };
  const serials = () => triggered.filter(([event]) => event === "run").map(([, { serial }]) => serial);
  return { name, host, stream, send, heard, triggered, serials };
};
/** @type {ReturnType<typeof opened>} */
let one;
beforeEach(() => (one = opened()));

test("pieces arrive, and the last one ends it", () => {
  one.stream.start("run", { n: 1 });
  const [serial] = one.serials();
  assert.ok(one.stream.busy());
  one.send({ serial, piece: 1 });
  one.send({ serial, piece: 2, done: "length" });
  assert.deepEqual(one.heard, ["piece 1", "piece 2", "ended length"]);
  assert.ok(!one.stream.busy());
});

test("pieces of another request are not heard", () => {
  one.stream.start("run", {});
  one.send({ serial: -1, piece: 1, done: "length" });
  one.send(/** @type {any} */ (null));
  assert.deepEqual(one.heard, []);
});

test("a refusal is said once, and ends it", () => {
  one.stream.start("run", {});
  one.send({ serial: one.serials()[0], problem: "too long" });
  assert.deepEqual(one.heard, ["refused too long", "ended refused"]);
  assert.ok(!one.stream.busy());
});

test("stop ends it at once, and what still comes is not heard", () => {
  one.stream.start("run", {});
  const [serial] = one.serials();
  one.stream.stop();
  one.send({ serial, piece: 1 });
  assert.deepEqual(one.heard, ["ended stopped"]);
  assert.deepEqual(one.triggered.map(([event]) => event), ["run", "stop"]);
  one.stream.stop();
  assert.equal(one.triggered.length, 2);
  failed(one.name);
  failed(one.name);
  assert.deepEqual(one.heard, ["ended stopped"]);
});

test("the next request waits until Gradio has called the stopped one a failure, twice", () => {
  one.stream.start("run", { n: 1 });
  one.stream.start("run", { n: 2 });
  assert.equal(one.serials().length, 1);
  failed(one.name);
  assert.equal(one.serials().length, 1);
  failed(one.name);
  assert.equal(one.serials().length, 2);
  one.send({ serial: one.serials()[1], piece: 1, done: "length" });
  assert.deepEqual(one.heard, ["ended stopped", "piece 1", "ended length"]);
});

test("the next request goes on after a while, should Gradio say nothing", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  one.stream.start("run", { n: 1 });
  one.stream.start("run", { n: 2 });
  context.mock.timers.tick(1000); // by then the server has taken the first one, and can stop it
  context.mock.timers.tick(2000);
  assert.equal(one.serials().length, 2);
});

test("what the server may not have taken yet is stopped when it is answered, or after a while", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const events = () => one.triggered.map(([event]) => event);
  one.stream.start("run", {});
  one.stream.stop();
  assert.deepEqual(events(), ["run"]);
  context.mock.timers.tick(1000);
  assert.deepEqual(events(), ["run", "stop"]);
});

test("a request stopped while it waits never begins", () => {
  one.stream.start("run", { n: 1 });
  one.stream.start("run", { n: 2 });
  one.stream.stop();
  failed(one.name);
  failed(one.name);
  assert.equal(one.serials().length, 1);
  assert.ok(!one.stream.busy());
});

test("a failure that no stop explains is a lost connection", () => {
  one.stream.start("run", {});
  failed(one.name);
  assert.deepEqual(one.heard, ["ended lost"]);
});

test("a component mounted anew goes on with what the one before it began", () => {
  one.stream.start("run", {});
  const [serial] = one.serials();
  const again = opened(one.name);
  assert.ok(again.stream.busy());
  again.send({ serial, piece: 1 });
  again.stream.stop();
  assert.deepEqual(again.heard, ["piece 1", "ended stopped"]);
  assert.deepEqual(again.triggered.map(([event]) => event), ["stop"]);
  assert.deepEqual(one.heard, []);
});

test("what came while the component was off the page is received when it is mounted anew", async () => {
  one.stream.start("run", {});
  const again = opened(one.name);
  again.host.props.value = { serial: one.serials()[0], piece: 7, done: "length" };
  await Promise.resolve();
  assert.deepEqual(again.heard, ["piece 7", "ended length"]);
});
