// Panes as links hold them, and whether what was written is what a link would write.
import { config } from "../shell/config.js";
import { branchOf, isBeam, isChanged, lengths, openLengths } from "./run.js";

/** @typedef {import("../link/record.js").Pane} PaneLink */
/** @typedef {import("./pane.js").FormPane} FormPane */

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
