// A picture of temperature chaos as data: how its rows are cut, grouped and split. No DOM here.

/**
 * @typedef {{ t: number, at: number | null, tokens: string[] }} Row
 *   `at`: the first token that differs from the row above; null: none, or the first row
 * @typedef {{ kind: string, model: string, prompt: string, temperatures: number[], seed: number,
 *   length: number, settings: import("../shell/store.js").Settings }} Request
 * @typedef {{ request: Request, columns: boolean, summary: string[], rows: Row[], figure: any,
 *   note: string }} Picture `columns`: whether each token is one character
 * @typedef {{ first: number, last: number }} Run rows of one text
 * @typedef {{ first: number, last: number, from: number, to: number, odd: boolean }} Block
 */

/**
 * What a row shares with the one above, the first token that differs, and the rest.
 * @param {Row} row @param {boolean} first whether it has none above it
 * @returns {{ shared: string, token: string, rest: string }}
 */
export const cut = ({ tokens, at }, first) => {
  if (first) return { shared: "", token: "", rest: tokens.join("") };
  if (at === null) return { shared: tokens.join(""), token: "", rest: "" };
  const token = tokens[at] ?? "";
  // the space before a word is no difference
  const gap = token.trim() ? token.length - token.trimStart().length : 0;
  const shown = token.trim() ? token.slice(gap) : token.replaceAll(" ", "␣");
  return {
    shared: tokens.slice(0, at).join("") + " ".repeat(gap),
    token: shown,
    rest: tokens.slice(at + 1).join(""),
  };
};

/**
 * The decimals that temperatures have, if they are few, else as many as tell two rows apart, and one more.
 * @param {Row[]} rows two or more
 */
export const decimalsOf = (rows) => {
  const step = rows[1].t - rows[0].t;
  const there = Math.max(...rows.map(({ t }) => (String(t).split(".")[1] ?? "").length));
  const enough = Math.max(2, Math.ceil(-Math.log10(step)) + 1);
  return there <= enough + 1 ? there : enough;
};

/** Rows as runs of one text. @param {Row[]} rows @returns {Run[]} */
export const runsOf = (rows) => {
  const starts = rows.flatMap(({ at }, row) => (row === 0 || at !== null ? [row] : []));
  return starts.map((first, i) => ({ first, last: (starts[i + 1] ?? rows.length) - 1 }));
};

/**
 * Blocks of rows [first, last] that agree on the columns [from, to): from the left, each block is split where
 * one of its rows differs from the one above. `odd`: every other part of a split.
 * @param {Row[]} rows @returns {Block[]}
 */
export const blocksOf = (rows) => {
  /** @type {Block[]} */
  const blocks = [];
  const split = (
    /** @type {number} */ first,
    /** @type {number} */ last,
    /** @type {number} */ from,
    /** @type {boolean} */ odd,
  ) => {
    const inner = rows.slice(first + 1, last + 1).map(({ at }) => at ?? Infinity);
    const next = Math.min(...inner, Infinity);
    const to = Math.min(next, rows[first].tokens.length);
    if (from < to) blocks.push({ first, last, from, to, odd });
    if (next === Infinity) return;
    const starts = [first, ...inner.flatMap((at, i) => (at === next ? [first + 1 + i] : []))];
    starts.forEach((start, i) => split(start, (starts[i + 1] ?? last + 1) - 1, next, i % 2 === 1));
  };
  split(0, rows.length - 1, 0, false);
  return blocks;
};
