// What a class's pages work out by themselves: events, sessions in addresses, bins, panels, answers in words.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventsIn, sessionIn } from "../../textgen/ui/classroom/line.js";
import {
  atTemperature, barsShown, binsOf, optionsOf, panelsOf, sentenceOf, voteText,
} from "../../textgen/ui/classroom/shown.js";

/** @typedef {import("../../textgen/ui/classroom/shown.js").Round} Round */

/** @param {Partial<Round>} more @returns {Round} */
const round = (more) => ({
  number: 1, kind: "token", phase: "shown", turn: 1, again: true, answer: { form: "choice", n: 3, low: 0 },
  asked: { labels: ["a", "e"], other: true, t: 0.5 }, ...more,
});

test("events are read as they come in, and the rest is kept", () => {
  const text = 'event: room\ndata: {"code":"CDFHJK"}\n\n\nevent: live\ndata: null\n\nevent: li';
  const { events, rest } = eventsIn(text);
  assert.deepEqual(events.map(({ name }) => name), ["room", "live"]);
  assert.equal(rest, "event: li");
  assert.deepEqual(eventsIn(`${rest}ve\ndata: 2\n\n`).events, [{ name: "live", data: 2 }]);
});

test("an address holds a code, and a teacher's a key as well", () => {
  assert.deepEqual(sessionIn("#CDFHJK"), { code: "CDFHJK", key: "" });
  assert.deepEqual(sessionIn("#CDFHJK.a_b-c"), { code: "CDFHJK", key: "a_b-c" });
  assert.deepEqual(sessionIn(""), { code: "", key: "" });
});

test("numbers fall into the bins of Python", () => {
  assert.deepEqual(binsOf(5), ["0", "1", "2", "3", "4", "5"]);
  assert.deepEqual(binsOf(100).slice(-2), ["80–89", "90–100"]);
  assert.equal(binsOf(999).length, 10);
  assert.deepEqual(binsOf(50, 1), [
    "1–5", "6–10", "11–15", "16–20", "21–25", "26–30", "31–35", "36–40", "41–45", "46–50"]);
});

test("an answer is told in words", () => {
  assert.equal(voteText(round({}), 1), "e");
  assert.deepEqual(optionsOf(round({})), ["a", "e", "class.other"]);
  assert.equal(voteText(round({ answer: { form: "number", n: 100, low: 0 } }), 30), "30");
  const bars = round({ answer: { form: "bars", n: 2, low: 0 }, asked: { labels: ["a", "e"] } });
  assert.equal(voteText(bars, [30, 90]), "a 25%, e 75%");
  assert.equal(voteText(round({}), null), "");
});

test("a temperature acts on the votes as on logits, and what nobody chose stays at nothing", () => {
  assert.deepEqual(atTemperature([0.25, 0.5, 0.25, 0], 1), [0.25, 0.5, 0.25, 0]);
  const sharp = atTemperature([0.2, 0.4, 0.4, 0], 0.5);
  assert.deepEqual(sharp.map((p) => Number(p.toFixed(6))), [0.111111, 0.444444, 0.444444, 0]);
  assert.deepEqual(atTemperature([0, 0], 2), [0, 0]);
});

test("both tallies stand beside the model's bars", () => {
  const tallies = [{ n: 4, shares: [0.5, 0.5, 0] }, { n: 3, shares: [0, 1, 0], distance: 0.25 }];
  const panels = panelsOf(round({ tallies, truth: { bars: [0.2, 0.7, 0.1] } }), null);
  assert.deepEqual(panels.map(({ shares }) => shares), [[0.5, 0.5, 0], [0, 1, 0], [0.2, 0.7, 0.1]]);
  assert.equal(panels[2].title, "class.model");
});

test("bars that were dragged are outlines over the model's, one's own before the class's", () => {
  const tallies = [{ n: 2, shares: [0.5, 0.5], distance: 0.2 }, { n: 0, shares: [0, 0] }];
  const dragged = round({
    kind: "bars", answer: { form: "bars", n: 2, low: 0 }, tallies, truth: { bars: [0.7, 0.3] },
  });
  const panels = panelsOf(dragged, null, [null, [90, 30]]);
  assert.deepEqual(panels.map(({ guess }) => guess), [[0.75, 0.25], [0.5, 0.5]]);
  assert.deepEqual(panels.map(({ shares }) => shares), [[0.7, 0.3], [0.7, 0.3]]);
  const nobody = panelsOf({ ...dragged, tallies: [{ n: 0, shares: [0, 0] }] }, null);
  assert.deepEqual(nobody.map(({ title, guess }) => [title, guess]), [["class.model", undefined]]);
});

test("a lesson brings its words along", () => {
  const words = { en: { ask: "Up or down?", life: "", "predict.up": "Up", "predict.down": "Down" } };
  const asked = { lesson: "wrong-way", options: ["up", "down"], words };
  const lesson = round({ kind: "lesson", asked, answer: { form: "choice", n: 2, low: 0 } });
  assert.equal(sentenceOf(lesson), "Up or down?");
  assert.deepEqual([optionsOf(lesson), voteText(lesson, 1)], [["A", "B"], "B: Down"]);
  assert.equal(panelsOf({ ...lesson, tallies: [{ n: 1, shares: [0, 1] }], truth: {} }, null).length, 1);
});

test("words of which only some can be chosen are shown as learned, whatever the slider says", () => {
  const tallies = [{ n: 2, shares: [0.5, 0.5] }];
  const more = { kind: "class", tallies, asked: { labels: ["a", "b"] } };
  const [, part] = panelsOf(round({ ...more, truth: { bars: [0.3, 0.1] } }), { temperature: 2 });
  assert.deepEqual(part.shares, [0.3, 0.1]);
  const [, whole] = panelsOf(round({ ...more, truth: { bars: [0.9, 0.1] } }), { temperature: 2 });
  assert.deepEqual(whole.shares.map((p) => Number(p.toFixed(3))), [0.75, 0.25]);
});

test("of many options the right one and the largest have a bar", () => {
  const shares = Array.from({ length: 40 }, (_, i) => i / 1000);
  const shown = barsShown([{ title: "", colour: "", note: "", shares }], 0);
  assert.deepEqual([shown.length, shown[0], shown[1]], [10, 0, 39]);
});
