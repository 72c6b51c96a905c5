// One pane: how its text is written, what came of it, the text, and all that as links hold it.
import { config } from "../shell/config.js";
import { h } from "../shell/dom.js";
import { clip, count, numberFrom, temperatureText } from "../shell/format.js";
import { about } from "../glossary/glossary.js";
import { tone } from "../bars/theme.js";
import {
  branchOf, divergence, isBeam, isChanged, lengths, openLengths, settingsOf,
} from "./run.js";
import { activeNames, idleText, settingText, strategyText, summaryLine, withoutEffect } from "./words.js";

/**
 * @typedef {import("./run.js").Run} Run
 * @typedef {import("./run.js").Pane} Pane
 * @typedef {import("../shell/config.js").StageConfig} Stage
 * @typedef {import("../shell/store.js").Settings} Settings
 *
 * @typedef {Pane & { typed?: string }} FormPane `typed` is what stands in its temperature's field
 * @typedef {{ name: string, title: string, hint: string, alone: number | null }} Strategy
 *
 * @typedef {object} Shown
 * @property {FormPane} pane
 * @property {number} index
 * @property {Run | null} run
 * @property {number} rate tokens a second; 0 for none
 * @property {Settings} sidebar
 * @property {Stage[]} stages
 * @property {Strategy[]} strategies
 * @property {number} maxWidth hypotheses of a beam search
 * @property {boolean} busy
 * @property {Element} text
 * @property {string} copy what its copy button says
 * @property {boolean} removable
 * @property {ReturnType<typeof import("../messages/problem.js").createProblems>} problems
 * @property {object} on
 * @property {(typed: string) => void} on.temperature
 * @property {(strategy: string) => void} on.strategy
 * @property {(width: number) => void} on.width
 * @property {() => void} on.remove
 * @property {() => void} on.copy
 * @property {(branch: number) => void} on.branch
 */

/** Its temperature's field, as problems are told by. @param {number} index */
export const fieldOf = (index) => `temperature-${index}`;

/** @param {string} typed @returns {string} why it is no temperature, or "" */
export const temperatureProblem = (typed, { lowest = 0.01, highest = 100 } = {}) => {
  const t = numberFrom(typed);
  if (t === 0 || (t >= lowest && t <= highest)) return "";
  const got = clip(typed.trim(), 40) || "nothing";
  return `T must be 0 or from ${lowest} to ${highest}, got ${got}; 0 is greedy`;
};

/** @param {number} rate tokens a second */
export const rateText = (rate) =>
  (rate >= 100 ? count(Math.round(rate)) : rate.toFixed(rate < 10 ? 1 : 0));

/** The text of a pane, once there is one. */
const textAt = (/** @type {Run | null} */ run, /** @type {number} */ index) => run?.texts[index] ?? null;

/** @param {Shown} shown */
export const paneTree = (shown) => {
  const { pane, index, run, sidebar } = shown;
  const text = textAt(run, index);
  const changed = !!text && isChanged(text, pane, sidebar);
  const wanted = /** @type {Settings} */ (settingsOf(pane, sidebar));
  const legal = typeof wanted.temperature === "number" && !temperatureProblem(String(wanted.temperature));
  const heated = legal && pane.strategy !== "beam";
  return h("section", {
    key: index, class: changed ? "card pane changed" : "card pane", "aria-label": `Text ${index + 1}`,
    style: `--t: ${heated ? tone(wanted.temperature) : "var(--lab-muted)"}`,
  },
  h("div", { class: "pane-head" },
    h("header", {}, title(shown), strategyChoice(shown), tools(shown)),
    shown.problems.of(fieldOf(index))),
  facts(shown),
  h("div", { class: "chips" }, chips(shown, wanted),
    changed && h("span", { class: "chip idle" },
      `text is from ${strategyText(text)}; Write applies your changes`)),
  branches(shown), shown.text,
  run && text && h("p", { class: "written-with" }, summaryLine(run, text, shown.stages)));
};

/** The temperature; for a strategy on which it has no effect, none. */
const title = (/** @type {Shown} */ { pane, index, on, problems }) => {
  if (pane.strategy === "beam") return null;
  if (pane.strategy === "greedy") return h("span", { class: "panel-title" }, "T = 0");
  return h("label", { class: "panel-title" }, "T = ", h("input", {
    class: "panel-t", type: "text", inputmode: "decimal", autocomplete: "off",
    "aria-label": `T = of text ${index + 1}, its temperature`, ...problems.marks(fieldOf(index)),
    value: pane.typed ?? temperatureText(Number(pane.temperature)),
    oninput: (/** @type {any} */ { target }) => { pane.typed = target.value; },
    onchange: (/** @type {any} */ { target }) => on.temperature(target.value),
  }));
};

/** @type {Record<string, string>} The glossary's word for a strategy, where it has another name there. */
const TERMS = { beam: "beam search", beam_sampling: "beam sampling" };

const strategyChoice = (/** @type {Shown} */ { pane, index, strategies, maxWidth, busy, on }) => {
  const widths = Array.from({ length: maxWidth }, (_, i) => String(i + 1));
  return h("span", { class: "choice" },
    h("select", {
      "aria-label": `Strategy of text ${index + 1}`, disabled: busy, value: pane.strategy,
      title: strategies.find(({ name }) => name === pane.strategy)?.hint,
      onchange: (/** @type {any} */ { target }) => on.strategy(target.value),
    }, strategies.map(({ name, title: said }) => h("option", { value: name }, said))),
    isBeam(pane) && h("select", {
      "aria-label": `Beam width of text ${index + 1}: hypotheses kept at each step`, disabled: busy,
      value: String(pane.width), onchange: (/** @type {any} */ { target }) => on.width(Number(target.value)),
    }, widths.map((value) => h("option", { value }, `${value} wide`))),
    about(TERMS[pane.strategy] ?? pane.strategy, `the strategy of text ${index + 1}`));
};

const tools = (/** @type {Shown} */ { run, index, rate, copy, removable, on }) => h("span",
  { class: "pane-tools" },
  counted(textAt(run, index), rate),
  textAt(run, index) && h("button", {
    key: "copy", class: "quiet", type: "button", title: "Copy this text with its settings",
    "aria-label": `${copy}: text ${index + 1}`, onclick: on.copy,
  }, copy),
  removable && h("button", {
    key: "remove", class: "quiet", type: "button", onclick: on.remove,
    title: "Remove this pane", "aria-label": `Remove text ${index + 1}`,
  }, "×"));

/** What came of it, in numbers. */
const facts = (/** @type {Shown} */ shown) => {
  const text = textAt(shown.run, shown.index);
  return h("div", { class: "pane-facts" },
    text && h("span", {}, "mean surprise ", h("b", {}, meanSurprise(branchOf(text)))), parted(shown));
};

const counted = (/** @type {import("./run.js").Text | null} */ text, /** @type {number} */ rate) =>
  h("span", { class: "count" }, text && `${count(branchOf(text).ids.length)} tokens`,
    text && rate > 0 && h("span", { class: "rate" }, ` · ${rateText(rate)} tokens/s`));

const meanSurprise = (/** @type {import("./run.js").Branch} */ { ids, bits }) =>
  (ids.length ? `${(bits / ids.length).toFixed(2)} bits` : "–");

/** A text by how it was written: T = 0.5; where others were written so, by its number as well. */
const nameOf = (/** @type {Run} */ run, /** @type {number} */ index) => {
  const plain = run.texts.map(({ pane, settings }) => {
    if (pane.strategy === "beam") return "beam search";
    if (isBeam(pane)) return `beam sampling at T = ${temperatureText(settings.temperature)}`;
    return pane.strategy === "greedy" ? "greedy" : `T = ${temperatureText(settings.temperature)}`;
  });
  const alike = plain.filter((name) => name === plain[index]).length > 1;
  return alike ? `text ${index + 1} (${plain[index]})` : plain[index];
};

const parted = (/** @type {Shown} */ { run, index }) => {
  const at = run && divergence(run, index);
  return run && at !== null && h("span", { class: "parts" },
    `parts from ${nameOf(run, index - 1)} at token `, h("b", {}, String(at + 1)));
};

/** The stages that apply, what has no effect, and what to expect. */
const chips = (/** @type {Shown} */ { pane, stages }, /** @type {Settings} */ wanted) => {
  const [idle, without] = [idleText(pane, wanted, stages), withoutEffect(pane, wanted, stages)];
  const active = activeNames(wanted, stages).filter((name) => !without.includes(name));
  return [
    active.map((name) => h("span", { class: "chip" }, settingText(name, wanted[name], stages))),
    idle && h("span", { class: "chip idle" }, idle),
    pane.expect && h("span", { class: "expect muted" }, pane.expect),
  ];
};

const branches = (/** @type {Shown} */ { run, index, on }) => {
  const text = textAt(run, index);
  const several = !!text && text.branches.length > 1;
  return h("div", {
    class: "branches", role: "group", "aria-label": `Branches of text ${index + 1}`, hidden: !several,
  },
  several && text.branches.map((branch, i) => h("button", {
    class: "chip", type: "button", "aria-pressed": i === text.current, onclick: () => on.branch(i),
    title: branch.from ? `goes its own way at token ${branch.from.at + 1}` : "the text as first written",
  }, `branch ${i + 1}`)));
};

// ---- panes as links hold them, and whether what was written is what a link would write

/** @typedef {import("../link/record.js").Pane} PaneLink */

/** The numbers of all stages that turn them off. @returns {Record<string, any>} */
const off = () => Object.fromEntries(config.stages.flatMap((stage) => [stage, ...stage.parameters])
  .filter(({ name }) => name !== "temperature").map(({ name, neutral }) => [name, neutral]));

/** A pane for a link. @param {FormPane} pane @returns {PaneLink} */
export const paneLink = ({ strategy, temperature, width, changes }) => {
  const heated = strategy.endsWith("sampling") && typeof temperature === "number";
  const neutral = off();
  const own = Object.entries(changes).filter(([name, value]) => value !== neutral[name] && !isTokens(value));
  return {
    strategy,
    temperature: heated ? temperature : 1,
    width: strategy.startsWith("beam") ? Number(width) : null,
    settings: Object.keys(changes).length ? Object.fromEntries(own) : null,
  };
};
const isTokens = (/** @type {unknown} */ value) => typeof value === "object";

/**
 * The pane that a link means.
 * @param {PaneLink} link @param {import("./view.js").Config} own @returns {FormPane}
 */
export const paneOf = ({ strategy, temperature, width, settings }, own) => ({
  temperature: own.strategies.find(({ name }) => name === strategy)?.alone ?? temperature,
  strategy,
  width: width ?? own.width,
  changes: settings ? { ...off(), ...settings } : {},
});

/**
 * How many tokens a link asks for that writes the same texts again; null where none would: they were written
 * otherwise, branch off, or are searched and have gone on or were stopped.
 * @param {import("./run.js").Run | null} run @param {FormPane[]} panes
 * @param {import("../shell/store.js").State} state @returns {number | null}
 */
export const writtenLength = (run, panes, state) => {
  if (!run || run.texts.length !== panes.length) return null;
  const { model, prompt, seed } = run.head;
  if (model !== state.model || prompt !== state.context || seed !== state.seed) return null;
  const whole = openLengths(run).every((length) => length === run.goal);
  const plain = run.texts.every((text, i) => {
    const { picks, segments } = branchOf(text);
    const searched = isBeam(text.pane) && (!whole || segments.length > 1);
    return !picks.length && !searched && !isChanged(text, panes[i], state.settings);
  });
  if (!plain) return null;
  return whole ? run.goal : Math.max(1, ...lengths(run));
};
