// One pane: how its text is written, what came of it, and the text.
import { h } from "../shell/dom.js";
import { count, temperatureText, typedNumber } from "../shell/format.js";
import { thermal } from "../shell/theme.js";
import { branchOf, divergence, settingsOf } from "./run.js";
import { activeNames, idleText, settingText, withoutEffect } from "./words.js";

/**
 * @typedef {import("./run.js").Run} Run
 * @typedef {import("./run.js").Pane} Pane
 * @typedef {import("../shell/config.js").StageConfig} Stage
 * @typedef {import("../shell/store.js").Settings} Settings
 *
 * @typedef {Pane & { typed?: string }} FormPane `typed` is what stands in its temperature's field
 *
 * @typedef {object} Shown
 * @property {FormPane} pane
 * @property {number} index
 * @property {Run | null} run
 * @property {number} rate tokens a second; 0 for none
 * @property {Settings} sidebar
 * @property {Stage[]} stages
 * @property {Element} text
 * @property {string} copy what its copy button says
 * @property {boolean} removable
 * @property {object} on
 * @property {(temperature: number | string) => void} on.temperature
 * @property {() => void} on.remove
 * @property {() => void} on.copy
 * @property {(branch: number) => void} on.branch
 */

/** @param {number} rate tokens a second */
export const rateText = (rate) =>
  (rate >= 100 ? count(Math.round(rate)) : rate.toFixed(rate < 10 ? 1 : 0));

/** @param {Shown} shown */
export const paneTree = (shown) => {
  const { pane, index, run, sidebar } = shown;
  const text = run?.texts[index] ?? null;
  const wanted = settingsOf(pane, sidebar); // what Write would use
  const recorded = text?.settings ?? null; // what the text was written with
  const changed = !!recorded && JSON.stringify(wanted) !== JSON.stringify({ ...wanted, ...recorded });
  const t = wanted.temperature;
  const legal = typeof t === "number" && (t === 0 || (t >= 0.01 && t <= 100));
  return h("section", {
    key: index, class: changed ? "card pane changed" : "card pane", "aria-label": `Text ${index + 1}`,
    style: `--t: ${legal ? thermal(t) : "var(--lab-muted)"}`,
  },
  h("header", {}, title(shown, legal), h("span", { class: "grow" }), counted(shown),
    h("button", {
      class: "quiet", type: "button", title: "Copy this text with its settings", onclick: shown.on.copy,
    }, shown.copy),
    shown.removable && h("button", {
      key: "remove", class: "quiet", type: "button", onclick: shown.on.remove,
      title: "Remove this pane", "aria-label": "Remove this pane",
    }, "×")),
  h("div", { class: "pane-facts" },
    h("span", {}, "mean surprise ", h("b", {}, meanSurprise(shown))), parted(shown)),
  h("div", { class: "chips" }, chips(shown, /** @type {Settings} */ (wanted)),
    changed && h("span", { class: "chip idle" },
      `text is from T = ${recorded.temperature}; Write applies your changes`)),
  branches(shown), shown.text);
};

/** What stands where the temperature would, for a strategy on which it has no effect. */
const title = (/** @type {Shown} */ { pane, on }, /** @type {boolean} */ legal) => {
  const guide = pane.expect ? `T = ${temperatureText(Number(pane.temperature))} · ` : "";
  const plain = (/** @type {string} */ words) => h("span", { class: "panel-title" }, words);
  if (pane.strategy === "greedy") return plain(guide ? `${guide}greedy` : "Greedy");
  if (pane.strategy === "beam") return plain(`Beam search, ${pane.width} wide`);
  return h("label", { class: "panel-title" }, "T = ", h("input", {
    class: "panel-t", type: "text", inputmode: "decimal", autocomplete: "off",
    "aria-label": "Temperature of this pane", "aria-invalid": !legal,
    value: pane.typed ?? temperatureText(Number(pane.temperature)),
    oninput: (/** @type {any} */ { target }) => { pane.typed = target.value; },
    onchange: (/** @type {any} */ { target }) => {
      pane.typed = target.value;
      on.temperature(target.value === "" ? "nothing" : typedNumber(target.value));
    },
  }), pane.strategy === "beam_sampling" && h("span", { class: "panel-word" }, ` · ${pane.width} beams`));
};

const counted = (/** @type {Shown} */ { run, index, rate }) => {
  if (!run) return h("span", { class: "count" });
  const tokens = `${count(branchOf(run.texts[index]).ids.length)} tokens`;
  return h("span", { class: "count" }, rate ? `${tokens} · ${rateText(rate)} tokens/s` : tokens);
};

const meanSurprise = (/** @type {Shown} */ { run, index }) => {
  const branch = run && branchOf(run.texts[index]);
  return branch?.ids.length ? `${(branch.bits / branch.ids.length).toFixed(2)} bits` : "–";
};

/** A text by how it was written: T = 0.5. */
const nameOf = (/** @type {Run["texts"][number]} */ { pane, settings }) => {
  if (pane.strategy === "beam") return "beam search";
  return pane.strategy === "greedy" ? "greedy" : `T = ${temperatureText(settings.temperature)}`;
};

const parted = (/** @type {Shown} */ { run, index }) => {
  const at = run && divergence(run, index);
  return h("span", { class: "parts" },
    at !== null && run && [
      `parts from ${nameOf(run.texts[index - 1])} at token `, h("b", {}, String(at + 1)),
    ]);
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
  const text = run?.texts[index];
  const several = !!text && text.branches.length > 1;
  return h("div", {
    class: "branches", role: "group", "aria-label": "Branches of this text", hidden: !several,
  },
  several && text.branches.map((branch, i) => h("button", {
    class: "chip", type: "button", "aria-pressed": i === text.current, onclick: () => on.branch(i),
    title: branch.from ? `goes its own way at token ${branch.from.at + 1}` : "the text as first written",
  }, `branch ${i + 1}`)));
};
