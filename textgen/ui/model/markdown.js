// Markdown as model cards use it, as elements. All of it enters as text: no HTML, no link, no picture.
import { h } from "../shell/dom.js";

/** @typedef {import("../shell/dom.js").Description} Description */
/** @typedef {(Description | string)[]} Inline */

// Bounded, so that no text makes the search long.
const INLINE = new RegExp([
  "`(?<code>[^`]{1,300})`",
  "\\*\\*(?<strong>[^*]{1,300})\\*\\*",
  "\\*(?<weak>[^*\\s][^*]{0,300})\\*",
  "<(?<address>https?:[^>\\s]{1,300})>",
  "!?\\[(?<words>[^\\]]{0,300})\\]\\((?<target>[^)\\s]{0,300})\\)",
].join("|"), "g");

/** @param {string} text @returns {Inline} */
const inline = (text) => {
  /** @type {Inline} */
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    parts.push(text.slice(end, match.index), mark(match.groups ?? {}));
    end = match.index + match[0].length;
  }
  return [...parts, text.slice(end)].filter((part) => part !== "");
};

const mark = (/** @type {Record<string, string>} */ { code, strong, weak, address, words, target }) => {
  if (code !== undefined) return h("code", {}, code);
  if (strong !== undefined) return h("b", {}, strong);
  if (weak !== undefined) return h("em", {}, weak);
  if (address !== undefined) return h("span", { class: "address" }, address);
  return h("span", {}, words, " (", h("span", { class: "address" }, target), ")");
};

// ---- blocks: how the lines of each kind look, and what becomes of them

/** @param {string} line @param {string} tag */
const row = (line, tag) => {
  const cells = line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
  return h("tr", {}, cells.map((cell) => h(tag, {}, inline(cell))));
};
const heading = (/** @type {string[]} */ [line]) => {
  const [signs] = line.match(/^#+/) ?? [""];
  return h(`h${Math.min(6, signs.length + 2)}`, {}, inline(line.slice(signs.length).trim()));
};
const indented = (/** @type {string[]} */ lines) =>
  h("pre", {}, lines.map((line) => line.slice(4)).join("\n").trimEnd());
const table = (/** @type {string[]} */ [head, ...rows]) => {
  const body = /^[\s|:-]+$/.test(rows[0] ?? "") ? rows.slice(1) : rows;
  return h("div", { class: "scroll" }, h("table", {},
    h("thead", {}, row(head, "th")), h("tbody", {}, body.map((line) => row(line, "td")))));
};
const list = (/** @type {string[]} */ lines) =>
  h("ul", {}, lines.map((line) => h("li", {}, inline(line.replace(/^\s*[-*]\s+/, "")))));

/**
 * @typedef {object} Kind
 * @property {RegExp} begins
 * @property {(line: string) => boolean} goesOn whether a line below the first belongs to it
 * @property {(lines: string[]) => Description} make
 */

/** @param {RegExp} begins @param {Kind["make"]} make @returns {Kind} */
const kind = (begins, make, goesOn = (/** @type {string} */ line) => begins.test(line)) =>
  ({ begins, goesOn, make });
const KINDS = [
  kind(/^#{1,6}\s/, heading, () => false),
  kind(/^ {4}/, indented, (line) => /^ {4}/.test(line) || !line.trim()),
  kind(/^\s*\|/, table),
  kind(/^\s*[-*]\s/, list),
];
const kindOf = (/** @type {string} */ line) => KINDS.find(({ begins }) => begins.test(line));
const isFence = (/** @type {string} */ line) => line.startsWith("```");
const PARAGRAPH = kind(/^/, (lines) => h("p", {}, inline(lines.join(" "))),
  (line) => !!line.trim() && !kindOf(line) && !isFence(line));
const FENCED = kind(/^/, ([, ...lines]) => h("pre", {}, lines.join("\n")), (line) => !isFence(line));

/** The blocks of a text, one after another: each ends where another kind begins. @param {string} text */
export const markdown = (text) => {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  /** @type {Description[]} */
  const blocks = [];
  let i = 0;
  while (i < lines.length) {
    if (!lines[i].trim()) {
      i += 1;
      continue;
    }
    const fence = isFence(lines[i]);
    const { goesOn, make } = fence ? FENCED : kindOf(lines[i]) ?? PARAGRAPH;
    const from = i;
    do i += 1; while (i < lines.length && goesOn(lines[i]));
    blocks.push(make(lines.slice(from, i)));
    if (fence) i += 1; // the one that closes
  }
  return inOrder(blocks);
};

/** Headings of which none is more than a level below the one before: a card may leave levels out. */
const inOrder = (/** @type {Description[]} */ blocks) => {
  let level = 2; // of the model's name, above the card
  return blocks.map((block) => {
    if (!/^h\d$/.test(block.tag)) return block;
    level = Math.min(Number(block.tag[1]), level + 1);
    return { ...block, tag: `h${level}` };
  });
};
