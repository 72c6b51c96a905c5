// Copy and Save: the texts with all that is needed to write them again.
import { config } from "../shell/config.js";
import { plainText } from "../shell/format.js";
import { download, saveMenu } from "../shell/save.js";
import { branchOf, textRequest, tokenLabel } from "./run.js";
import { fileName, runRecord, runText, strategyText, summaryLine } from "./words.js";

/**
 * @typedef {import("./run.js").Run} Run
 * @typedef {import("../shell/chart.js").Figure} Figure
 */

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
    const figure = structuredClone(empty);
    figure.layout.yaxis.range = [0, top];
    Object.assign(figure.data[0], {
      x: ids.map((_, place) => place + 1),
      y: facts.map(({ bits }) => bits),
      customdata: ids.map((id) => plainText(tokenLabel(run, id))),
    });
    const strategy = strategyText(text);
    const title = strategy[0].toUpperCase() + strategy.slice(1);
    return { title, line: summaryLine(run, text, config.stages), figure };
  });
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
