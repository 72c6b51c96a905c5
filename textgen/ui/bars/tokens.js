// A context token by token, with visible whitespace and the open place after it.
import { h } from "../shell/dom.js";
import { config } from "../shell/config.js";
import { valueText } from "../shell/format.js";

/** @typedef {[label: string, known: boolean]} Piece a token, or what the model does not know */

const SHOWN = 160; // pieces at the end

/** The last pieces, of which the first `unseen` of all are out of the model's sight, then a "?". */
export const contextSpans = (/** @type {Piece[]} */ pieces, unseen = 0, shown = SHOWN) => {
  const cut = Math.max(0, pieces.length - shown);
  return [
    cut > 0 && h("span", { class: "muted" }, `… ${cut} earlier `),
    pieces.slice(cut).map((piece, i) => pieceSpan(piece, cut + i < unseen)),
    h("span", { class: "tok open", title: "the token the model is about to choose" }, "?"),
  ];
};

const pieceSpan = (/** @type {Piece} */ [label, known], /** @type {boolean} */ unseen) => {
  const [kind, title] = known ? (unseen ? UNSEEN : [""]) : UNKNOWN;
  const blank = /^[␣⏎⇥]+$/.test(label) ? " space" : "";
  return h("span", { class: `tok${kind}${blank}`, title }, label);
};
const UNKNOWN = [" unknown", "the model does not know this; it is left out"];
const UNSEEN = [" unseen", "the model does not see this: it lies too far back"];

/** Spaces are no tokens of words: each piece stands on its own. */
export const areWords = (/** @type {Piece[]} */ pieces) =>
  pieces.some(([label, known]) => known && [...label].length > 1);

/** A stage's name in a sentence. */
export const stageTitle = (/** @type {string} */ name) =>
  config.stages.find((stage) => stage.name === name)?.title ?? name;

/** A stage with its value: top-k 8. */
export const stageText = (/** @type {string} */ name, /** @type {any} */ value) =>
  `${stageTitle(name)} ${valueText(value)}`;

/** What removed a token: of temperature only T = 0 does. */
export const removerTitle = (/** @type {string} */ name) =>
  (name === "temperature" ? "T = 0" : stageTitle(name));
