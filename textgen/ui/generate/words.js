// How a text comes about, in words, and in the files that are saved of it.
import { config } from "../shell/config.js";
import { activeStages } from "../bars/decoding.js";
import { plainText, valueText } from "../shell/format.js";
import { download } from "../saving/files.js";
import { saveMenu } from "../saving/save.js";
import { branchOf, isBeam, textOf, textRequest, tokenLabel } from "./run.js";

/**
 * @typedef {import("./run.js").Run} Run
 * @typedef {import("./run.js").Text} Text
 * @typedef {import("./run.js").Pane} Pane
 * @typedef {import("./run.js").Branch} Branch
 * @typedef {import("../shell/store.js").Settings} Settings
 * @typedef {import("../shell/config.js").StageConfig} Stage
 * @typedef {import("../bars/chart.js").Figure} Figure
 */

const USUAL = ["top_k", "top_p", "min_p"]; // named even where they are off

/** @param {Stage[]} stages @param {string} name */
const titleOf = (stages, name) => stages.find((stage) => stage.name === name)?.title ?? name;

/** The stages that are on besides temperature, in their order. */
export const activeNames = (/** @type {Settings} */ settings, /** @type {Stage[]} */ stages) => {
  const neutral = Object.fromEntries(stages.map((stage) => [stage.name, stage.neutral]));
  return activeStages(settings, neutral).filter((name) => name !== "temperature");
};

/** Whether a text is the best that a search finds, without any draw. */
const takesBest = (/** @type {Pane} */ pane, /** @type {Settings} */ settings) =>
  pane.strategy === "beam" || (pane.strategy === "beam_sampling" && settings.temperature === 0);

/**
 * The stages that are on and have no effect. Greedy takes the likeliest token: what comes later changes
 * nothing, nor does what only removes others, unless a later stage takes the likeliest away. A search for the
 * best text heeds what reads the text so far, and no other.
 * @param {Pane} pane @param {Settings} settings @param {Stage[]} stages
 */
export const withoutEffect = (pane, settings, stages) => {
  const active = activeNames(settings, stages);
  const known = (/** @type {string} */ name) => stages.find((stage) => stage.name === name);
  if (takesBest(pane, settings)) return active.filter((name) => !known(name)?.processor);
  if (settings.temperature !== 0) return [];
  const before = settings.order.slice(0, settings.order.indexOf("temperature"));
  const last = active.findLastIndex((name) => before.includes(name) && !known(name)?.keeps_top);
  return active.slice(last + 1);
};

/** The sentence that says so; "" where everything has its effect. */
export const idleText = (
  /** @type {Pane} */ pane, /** @type {Settings} */ settings, /** @type {Stage[]} */ stages,
) => {
  const best = takesBest(pane, settings);
  if (!best && settings.temperature !== 0) return "";
  const idle = withoutEffect(pane, settings, stages);
  const active = activeNames(settings, stages);
  const usual = USUAL.filter((name) => idle.includes(name) || !active.includes(name));
  const all = [...usual, ...idle.filter((name) => !USUAL.includes(name))];
  const names = ["seed", ...all.map((name) => titleOf(stages, name))].join(", ");
  return `${best ? "beam search: temperature, " : "greedy: "}${names} have no effect`;
};

/** "top-k 40" */
export const settingText = (
  /** @type {string} */ name, /** @type {any} */ value, /** @type {Stage[]} */ stages,
) => `${titleOf(stages, name)} ${valueText(value)}`;

/** How a text's tokens were chosen. @param {Text} text */
export const strategyText = ({ pane, settings }) => {
  const wide = `${pane.width} wide`;
  if (pane.strategy === "greedy") return "greedy";
  if (pane.strategy === "beam") return `beam search, ${wide}`;
  return `T = ${settings.temperature}${isBeam(pane) ? ` · beam sampling, ${wide}` : ""}`;
};

/** One line: how a text came about. */
export const summaryLine = (
  /** @type {Run} */ run, /** @type {Text} */ text, /** @type {Stage[]} */ stages,
) => {
  const active = activeNames(text.settings, stages);
  const on = text.settings.temperature === 1 ? active : ["temperature", ...active];
  const order = text.settings.order.filter((name) => on.includes(name)).join(" → ");
  const parts = [
    run.head.model,
    strategyText(text),
    ...active.map((name) => settingText(name, text.settings[name], stages)),
    ...(active.length > 1 ? [`order ${order}`] : []),
    `seed ${run.head.seed}`,
    `${branchOf(text).ids.length} tokens`,
    `Temperature Lab ${run.head.version}`,
  ];
  return parts.join(" · ");
};

// ---- files

/** A file's name without its ending. @param {Run} run */
export const fileName = (run) => `${run.head.model}-seed-${run.head.seed}`.replace(/[^\w.-]+/g, "_");

/** All texts with their settings, to read. @param {Run} run @param {Stage[]} stages */
export const runText = (run, stages) => {
  const { version, time, model, weights_sha256, prompt, seed } = run.head;
  const head = [
    `Temperature Lab ${version} · ${time}`,
    `model ${model} · weights sha256 ${weights_sha256}`,
    `prompt ${JSON.stringify(prompt)} · seed ${seed}`,
    "",
  ];
  const texts = run.texts.map((text) =>
    `${"-".repeat(72)}\n[${summaryLine(run, text, stages)}]\n\n${prompt}${textOf(run, branchOf(text))}\n`);
  return [...head, ...texts].join("\n");
};

/** The run as JSON: how it came about, then of each pane its settings and every branch of its text. */
export const runRecord = (/** @type {Run} */ run) => {
  const { model, weights_sha256, version, time, prompt, seed } = run.head;
  return {
    app: "Temperature Lab",
    model, weights_sha256, version, time, prompt,
    seed: Number.isSafeInteger(Number(seed)) ? Number(seed) : seed, // else its digits, which are exact
    panes: run.texts.map((text) => ({
      temperature: text.pane.temperature,
      strategy: text.pane.strategy,
      ...(isBeam(text.pane) ? { beam_width: text.pane.width } : {}),
      settings: text.settings,
      ...branchRecord(run, branchOf(text), text.current),
      branches: text.branches.map((branch, i) => branchRecord(run, branch, i)),
    })),
  };
};

/** @param {Run} run @param {Branch} branch @param {number} number */
const branchRecord = (run, branch, number) => ({
  branch: number + 1,
  parts_from: branch.from && { branch: branch.from.branch + 1, token: branch.from.at + 1 },
  tokens: branch.ids.length,
  mean_surprise_bits: branch.ids.length ? Number((branch.bits / branch.ids.length).toFixed(4)) : null,
  text: textOf(run, branch),
  ids: branch.ids,
});

// ---- Save and Copy: the texts with all that is needed to write them again

const DIVERGED = "The receipt was saved, but its texts are not quite those on the page: written again from "
  + "the start, one came to a near-tie and parted. Press Write for texts that repeat.";

/** The Save menu of a run. @param {() => Run | null} current @param {Figure} figure of no token's surprise */
export const runMenu = (current, figure) => {
  const run = () => /** @type {Run} */ (current()); // asked for only where there is one
  const save = (/** @type {string} */ ending, /** @type {string} */ type, /** @type {string} */ content) =>
    download(`${fileName(run())}.${ending}`, type, content);
  return saveMenu({
    request: () => current() && textRequest(run()),
    own: { json: () => save("json", "application/json", JSON.stringify(runRecord(run()), null, 1)) },
    more: [{
      text: "Text",
      title: "All texts with their settings, to read",
      save: () => save("txt", "text/plain", runText(run(), config.stages)),
    }],
    doubt: ({ texts }) => (sameTexts(run(), texts) ? "" : DIVERGED),
    charts: () => surpriseCharts(run(), figure),
    name: () => fileName(run()),
    note: () => {
      const { seed, version } = run().head;
      return `surprise under the model at T = 1, in bits a token · seed ${seed} · Temperature Lab ${version}`;
    },
  });
};

/** Whether a receipt's texts are those on the page. @param {Run} run @param {{ ids: number[] }[]} texts */
const sameTexts = (run, texts) => texts.every(({ ids }, i) =>
  ids.join() === branchOf(run.texts[i]).ids.slice(0, ids.length).join());

/**
 * The surprise of each text, token by token, as charts of one scale.
 * @param {Run} run @param {Figure} empty
 */
const surpriseCharts = (run, empty) => {
  const branches = run.texts.map(branchOf);
  const top = Math.max(1, ...branches.flatMap(({ facts }) => facts.map(({ bits }) => bits)));
  return run.texts.map((text, i) => {
    const { ids, facts } = branches[i];
    const labels = ids.map((id) => tokenLabel(run, id));
    const figure = surpriseFigure(empty, facts.map(({ bits }) => bits), labels, top);
    const strategy = strategyText(text);
    const title = strategy[0].toUpperCase() + strategy.slice(1);
    return { title, line: summaryLine(run, text, config.stages), figure };
  });
};

/**
 * The surprise of a text's n tokens, bar by bar.
 * @param {Figure} empty of no token @param {number[]} bits (n) @param {string[]} labels (n)
 * @param {number} top of the axis, bits
 */
export const surpriseFigure = (empty, bits, labels, top) => {
  const figure = structuredClone(empty);
  figure.layout.yaxis.range = [0, top];
  const x = bits.map((_, place) => place + 1);
  Object.assign(figure.data[0], { x, y: bits, customdata: labels.map(plainText) });
  return figure;
};

/** Put a text on the clipboard. It belongs to secure pages; a classroom's http has only the old way. */
export const copyText = async (/** @type {string} */ text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
};

/** @param {string} text */
const copyBySelection = (text) => {
  const box = document.createElement("textarea");
  box.style.cssText = "position: fixed; opacity: 0";
  box.value = text;
  document.body.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  return done;
};
