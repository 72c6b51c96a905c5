// Two models beside each other: what each expects next, and what each writes. The distributions follow the
// sidebar's sliders here in the browser; the texts are streamed.
import { config as page } from "../shell/config.js";
import { h } from "../shell/dom.js";
import { formChanged, keptForm, linkedForm } from "../shell/forms.js";
import { capital, typedCount } from "../shell/format.js";
import { seedOf, store, typedIn } from "../shell/lab.js";
import { modelGroups } from "../own/own.js";
import { createPicker } from "../sidebar/picker.js";
import { latest, Problem } from "../server/server.js";
import { createProblems, noteClass } from "../messages/problem.js";
import { dataOf } from "../bars/decoding.js";
import { createSide, numbersTable } from "./side.js";

/**
 * @typedef {import("../shell/config.js").ModelGroup} Group
 * @typedef {import("./side.js").Expectation} Expectation
 * @typedef {import("./side.js").Written} Written
 * @typedef {import("../bars/decoding.js").Answer & { unit: string }} Answer
 *
 * @typedef {object} Memory what stays when the tab is opened again
 * @property {string | null} beside the other model
 * @property {boolean} picked whether somebody chose it
 * @property {string} length of the texts, as typed
 * @property {Record<string, Expectation>} known what models expected last, by their name
 * @property {import("./side.js").Asked | null} asked what is being written
 * @property {Written | null} written
 * @property {string} status a sentence
 */

const INTRODUCTION = "Both read the sidebar's context, under its settings and with its seed. They may know "
  + "different tokens, so compare what they expect and how it reads, not token by token.";
const LOST = "The server gave no answer: the connection is lost, or the server has stopped. Try again.";

/** All models but one, in their groups. @param {Group[]} groups @param {string[]} but @returns {Group[]} */
export const othersOf = (groups, but) => groups
  .map(({ label, models }) => ({ label, models: models.filter(({ name }) => !but.includes(name)) }))
  .filter(({ models }) => models.length);

/**
 * The model to stand beside another: rather one that learned from the same text, which is its group.
 * @param {Group[]} groups @param {Group[]} others @param {string} model @returns {string | null}
 */
export const besideOf = (groups, others, model) => {
  const label = groups.find(({ models }) => models.some(({ name }) => name === model))?.label;
  const alike = others.find((group) => group.label === label) ?? others[0];
  return alike?.models[0].name ?? null;
};

/**
 * @param {object} options
 * @param {{ length: number, minLength: number, maxLength: number, notCompared: string, noOther: string }}
 *   options.config
 * @param {{ compare?: Memory }} options.memory
 * @param {import("../shell/component.js").Component["ask"]} options.ask
 * @param {import("../shell/component.js").Component["stream"]} options.stream
 * @param {() => void} options.redraw
 */
export const createComparison = ({ config, memory, ask, stream, redraw }) => {
  /** @type {Omit<Memory, "known" | "asked">} */
  const first = { beside: null, picked: false, length: String(config.length), written: null, status: "" };
  /** @type {Memory} */
  const kept = (memory.compare ??= {
    ...keptForm("model", first, () => ({ ...kept, known: null, asked: null })), known: {}, asked: null,
  });
  let problem = ""; // why the bars do not show what the sidebar says
  /** @type {Expectation[] | null} */
  let data = null;
  const sides = [createSide(0), createSide(1)];
  const problems = createProblems("compare");

  // ---- which models
  const choose = (/** @type {string} */ name) => {
    Object.assign(kept, { beside: name, picked: true });
    formChanged();
    forget();
    look();
  };
  const picker = createPicker({ label: "Beside the sidebar's model", onPick: choose });
  const pair = () => [store.state.model, kept.beside ?? ""];
  /** What was picked by hand stays, unless it is now the sidebar's. */
  const settle = () => {
    const { model } = store.state;
    const others = othersOf(modelGroups(), [page.numbers, model]);
    const listed = others.some(({ models }) => models.some(({ name }) => name === kept.beside));
    kept.picked &&= listed;
    if (!kept.picked) kept.beside = besideOf(modelGroups(), others, model);
    picker.update(others, kept.beside ?? "");
  };
  /** Why there is nothing to compare; "" where there is. */
  const obstacle = () => {
    if (typedIn(store.state)) return config.notCompared;
    return kept.beside ? "" : config.noOther;
  };

  // ---- the distributions
  /** @typedef {{ models: string[], context: string }} Pair */
  const question = latest((/** @type {Pair} */ { models, context }) => Promise.all(models.map((model) =>
    ask("expect", { model, context, known: kept.known[model]?.vocabulary ?? null }))), {
    answered: (/** @type {Answer[]} */ answers, { models, context }) => {
      answers.forEach((answer, i) => {
        kept.known[models[i]] = expectation(answer, context);
      });
      if (models.join() !== pair().join()) return;
      [data, problem] = [models.map((name) => kept.known[name]), ""];
      redraw();
    },
    refused: ({ message }) => {
      problem = message; // the bars that stand are those of before
      redraw();
    },
  });
  const expectation = (/** @type {Answer} */ answer, /** @type {string} */ context) => {
    const all = modelGroups().flatMap(({ models }) => models);
    const { model, unit } = answer;
    const { title, line } = all.find(({ name }) => name === model) ?? { title: model, line: "" };
    return { ...dataOf(answer, kept.known[model] ?? null), title, line, unit, context };
  };
  /** Ask for what the models expect after the sidebar's context. */
  const look = () => {
    settle();
    const { written } = kept;
    if (written && written.asked.models.join() !== pair().join()) forget();
    if (!obstacle()) question({ models: pair(), context: store.state.context });
    redraw();
  };

  // ---- the texts
  const writing = stream({
    message: ({ seed, texts }) => {
      const { asked } = kept;
      if (!asked) return;
      if (kept.written?.asked !== asked) store.set({ seed });
      kept.written = { asked, seed, texts };
      redraw();
      sides.forEach((side) => side.follow());
    },
    waits: (turn) => {
      kept.status = turn;
      redraw();
    },
    ended: (why) => {
      if (why === "lost") problems.tell("write", LOST);
      kept.status = { stopped: "Stopped.", length: repeatable() }[why] ?? "";
      redraw();
    },
    refused: (sentence, setting) => problems.refuse(new Problem(sentence, setting), ["length"], "write"),
  });
  const repeatable = () =>
    `Seed ${kept.written?.seed}: the same press writes the same texts again, while it is kept.`;
  const write = () => {
    const { context, settings } = store.state;
    const length = typedCount(kept.length);
    const [model, beside] = pair();
    kept.asked = { models: [model, beside], context, settings, length: Number(length) };
    writing.start("write", { model, beside, context, settings, seed: seedOf(store.state), length });
    kept.status = "Writing…";
    problems.clear();
    redraw();
  };
  /** Other models: these texts are none of theirs. */
  const forget = () => {
    writing.stop();
    Object.assign(kept, { written: null, status: "" });
  };

  // ---- what is shown
  const form = () => h("div", { class: "compare-row" },
    picker.node,
    h("label", { class: "field" }, "Length ", h("input", {
      class: "count-field", type: "text", inputmode: "numeric", autocomplete: "off", value: kept.length,
      "aria-label": "Length in characters", ...problems.marks("length"),
      oninput: (/** @type {any} */ { target }) => {
        kept.length = target.value;
        problems.clear("length");
        formChanged();
        redraw();
      },
    }), " characters"),
    h("span", { class: "grow" }),
    writing.busy()
      ? h("button", { class: "button", type: "button", "data-do": "stop", onclick: writing.stop }, "■ Stop")
      : h("button", {
        class: "button primary", type: "button", "data-do": "write", disabled: !!obstacle(), onclick: write,
        title: "Both texts, with the sidebar's settings and seed",
      }, "Write both"),
    problems.of("length"), problems.of("write"));
  const pairing = (/** @type {Expectation[]} */ now) => {
    const { settings } = store.state;
    const shown = now.map((of, i) => sides[i].describe(of, settings, kept.written, writing.busy()));
    return [
      h("div", { class: "compare-sides" }, shown.map(({ node }) => node)),
      numbersTable(now, shown.map(({ view }) => view)),
    ];
  };
  linkedForm("model", {
    read: () => {
      const length = kept.length === String(config.length) ? null : typedCount(kept.length);
      return { beside: kept.picked ? kept.beside : null, length };
    },
    load: ({ beside, length }) => {
      forget();
      Object.assign(kept, { beside, picked: beside !== null, length: String(length ?? config.length) });
    },
    loaded: () => look(),
  }, () => store.state);
  const describe = () => h("section", { class: "card compare-card", "aria-label": "Two models, one context" },
    h("h3", {}, "Two models, one context"),
    h("p", { class: "muted" }, INTRODUCTION),
    form(),
    h("p", { class: noteClass(!obstacle() && problem), role: "status" },
      obstacle() || (problem && capital(problem) + (data ? "; the bars below are those of before" : ""))),
    h("span", { class: "muted", role: "status" }, kept.status),
    !obstacle() && data && h("div", { class: problem ? "old" : "" }, pairing(data)));
  return { describe, look, forget };
};
