// The tree of a beam search: beginnings that texts share stand once, what the search dropped is folded away.
import { h, render } from "../shell/dom.js";
import { clip, finePercent, percent } from "../shell/format.js";
import { ink } from "../bars/theme.js";

/**
 * @typedef {object} Candidate
 * @property {number} parent its row in the column before; −1: the start
 * @property {string} gap what stands between its parent's label and its own
 * @property {string} label
 * @property {number | null} local ln p; null is −∞
 * @property {number | null} total Σ ln p from the start
 * @property {"kept" | "pruned" | "finished"} state
 *
 * @typedef {Candidate[][]} Columns a step's candidates, best first
 * @typedef {{ step: number, row: number }} Place
 *
 * @typedef {object} Hypothesis a finished text
 * @property {string} text
 * @property {number} total
 * @property {number} length tokens
 * @property {boolean} ended by a stop
 * @property {number} order in which the search ranks it
 * @property {Place} end
 *
 * @typedef {object} Branch tokens in a row that share all their continuations; without tokens: the start
 * @property {string} name of its last token, the key of its row
 * @property {Place[]} chain
 * @property {string} lead of one that was dropped: what its branch had until then
 * @property {boolean} alive whether it leads to a text that the search holds
 * @property {Branch[]} next what follows
 * @property {Branch[]} dropped what the search dropped on its way
 *
 * @typedef {object} Row a line of the tree as it is shown
 * @property {string} name
 * @property {number} level from 0
 * @property {Branch} branch
 * @property {boolean | null} open of a row that folds what was dropped; null: a branch's own
 */

const STATES = {
  kept: "kept", finished: "finished", pruned: "pruned: outside the best of its step",
  overtaken: "kept at first, then overtaken",
};

const EXAMPLES = 3; // of what is folded

/** A log-probability, `−1.23`. @param {number | null} value @returns {string} */
export const nats = (value) => (value === null ? "−∞" : value.toFixed(2).replace("-", "−"));

/** The path to a candidate, from the start on. @param {Columns} columns @param {Place} place */
const pathTo = (columns, place) => {
  /** @type {Place[]} */
  const path = [];
  let { step, row } = place;
  for (; columns[step]?.[row]; step -= 1) {
    path.push({ step, row });
    row = columns[step][row].parent;
  }
  return path.reverse();
};

const nameOf = (/** @type {Place} */ { step, row }) => `${step}:${row}`;
const gapOf = (/** @type {Columns} */ columns, /** @type {Place} */ { step, row }) => columns[step][row].gap;
/** The text of tokens in a row; what stands before the first is not part of it. @param {Columns} columns */
const textOf = (columns, /** @type {Place[]} */ places) => places
  .map((place, i) => (i ? gapOf(columns, place) : "") + columns[place.step][place.row].label).join("");

/** The text that a candidate ends. @param {Columns} columns @param {Place} place */
export const textAt = (columns, place) => textOf(columns, pathTo(columns, place));

/** A candidate in numbers. @param {Columns} columns @param {Place} place @param {boolean} [alive] */
export const sentenceOf = (columns, place, alive = true) => {
  const { local, total } = columns[place.step][place.row];
  return `${textAt(columns, place)} · p ${finePercent(Math.exp(local ?? -Infinity))} · ln p ${nats(local)}`
    + ` · running ${nats(total)} · ${fateOf(columns, place, alive)}`;
};

const fateOf = (/** @type {Columns} */ columns, /** @type {Place} */ { step, row }, alive = true) => {
  const { state } = columns[step][row];
  return STATES[state === "kept" && !alive ? "overtaken" : state];
};

/**
 * Finished texts by score = Σ ln p ÷ length^penalty, best first; on ties in the order of the search.
 * @param {Hypothesis[]} hypotheses
 * @param {number} penalty
 */
export const ranked = (hypotheses, penalty) => hypotheses
  .map((hypothesis) => ({ ...hypothesis, score: hypothesis.total / hypothesis.length ** penalty }))
  .sort((a, b) => b.score - a.score || a.order - b.order);

// ---- what stands in the tree

/**
 * The first `shown` steps as a tree, from its start: what the search still holds, and what it dropped. While
 * the search is played, the tokens of its newest step stand alone.
 * @param {Columns} columns
 * @param {number} shown
 * @returns {Branch}
 */
export const branchesOf = (columns, shown) => {
  const [children, alive] = [childrenOf(columns, shown), livingOf(columns, shown)];
  const newest = shown < columns.length ? shown - 1 : Infinity;
  const isAlive = (/** @type {Place} */ place) => alive.has(nameOf(place));
  const goesOn = (/** @type {boolean} */ living) => (/** @type {Place} */ place) =>
    (living ? isAlive(place) : columns[place.step][place.row].state !== "pruned");

  /** @param {Place[]} chain @param {boolean} living @param {string} lead @returns {Branch} */
  const grown = (chain, living, lead) => {
    /** @type {Branch[]} */
    const dropped = [];
    for (;;) {
      const all = children.get(chain.length ? nameOf(chain[chain.length - 1]) : "") ?? [];
      const next = all.filter(goesOn(living));
      const off = all.filter((place) => !next.includes(place));
      const before = textOf(columns, chain);
      dropped.push(...off.map((place) => grown([place], false, before + gapOf(columns, place))));
      if (next.length !== 1 || !chain.length || next[0].step === newest) {
        const name = chain.length ? nameOf(chain[chain.length - 1]) : "start";
        const follows = next.map((place) => grown([place], living, ""));
        return { name, chain, lead, alive: living, next: follows, dropped };
      }
      chain.push(next[0]);
    }
  };
  return grown([], true, "");
};

/** What continues each candidate, by its name; "" is the start. @param {Columns} columns */
const childrenOf = (columns, /** @type {number} */ shown) => {
  /** @type {Map<string, Place[]>} */
  const children = new Map();
  columns.slice(0, shown).forEach((column, step) => column.forEach(({ parent }, row) => {
    const name = step ? nameOf({ step: step - 1, row: parent }) : "";
    children.set(name, [...(children.get(name) ?? []), { step, row }]);
  }));
  return children;
};

/** The names of candidates that lead to a text that is finished or goes on. @param {Columns} columns */
const livingOf = (columns, /** @type {number} */ shown) => {
  /** @type {Set<string>} */
  const alive = new Set();
  columns.slice(0, shown).forEach((column, step) => column.forEach(({ state }, row) => {
    if (state !== "finished" && (state !== "kept" || step !== shown - 1)) return;
    for (const place of pathTo(columns, { step, row })) alive.add(nameOf(place));
  }));
  return alive;
};

const foldName = (/** @type {Branch} */ { name }) => `${name} dropped`;
/** How many candidates. @param {Branch[]} branches @returns {number} */
const sizeOf = (branches) =>
  branches.reduce((sum, { chain, next, dropped }) =>
    sum + chain.length + sizeOf(next) + sizeOf(dropped), 0);

/** @typedef {(name: string) => boolean} IsOpen */

/**
 * The rows of a branch as they stand below each other.
 * @param {Branch} branch @param {IsOpen} isOpen @returns {Row[]}
 */
export const rowsOf = (branch, isOpen, level = 0) => {
  /** @type {Row[]} */
  const rows = [{ name: branch.name, level, branch, open: null }];
  if (branch.dropped.length) {
    const open = isOpen(foldName(branch));
    rows.push({ name: foldName(branch), level: level + 1, branch, open });
    if (open) rows.push(...branch.dropped.flatMap((one) => rowsOf(one, isOpen, level + 2)));
  }
  return [...rows, ...branch.next.flatMap((one) => rowsOf(one, isOpen, level + 1))];
};

/**
 * What a key does in the tree, as the ARIA practices have it.
 * @param {Row[]} rows @param {string} at the row that has the focus @param {string} key
 * @returns {{ at?: string, toggle?: string }}
 */
export const keyed = (rows, at, key) => {
  const place = Math.max(0, rows.findIndex(({ name }) => name === at));
  const { level, open, name } = rows[place];
  const parent = rows.slice(0, place).findLast((row) => row.level < level);
  const child = rows[place + 1]?.level > level ? rows[place + 1] : undefined;
  /** @type {Record<string, () => Row | undefined>} */
  const moves = {
    ArrowDown: () => rows[place + 1], ArrowUp: () => rows[place - 1],
    ArrowRight: () => child, ArrowLeft: () => parent,
    Home: () => rows[0], End: () => rows[rows.length - 1],
  };
  const toggles = { Enter: open !== null, " ": open !== null, ArrowRight: open === false, ArrowLeft: open };
  if (toggles[/** @type {keyof typeof toggles} */ (key)]) return { toggle: name };
  const row = moves[key]?.();
  return row ? { at: row.name } : {};
};

// ---- how it is drawn

/**
 * @typedef {object} Look
 * @property {Columns} columns
 * @property {Place[]} best whose paths are dark
 * @property {IsOpen} isOpen
 * @property {string} at the row that the keyboard comes to
 * @property {(row: Row) => void} onPoint
 * @property {(name: string) => void} onToggle
 * @property {(event: KeyboardEvent) => void} onKey
 */

/** @param {Branch} start @param {Look} look */
export const tree = (start, look) => {
  const levels = Math.max(...rowsOf(start, look.isOpen).map(({ level }) => level));
  return h("ul", {
    class: "beam-tree", role: "tree", style: `--levels:${Math.max(1, levels)}`, onkeydown: look.onKey,
    "aria-label": "Beam search tree: shared beginnings stand once",
  }, branchItem(start, look, darkOf(look), 0));
};

/** The names of candidates on the paths of the best. @param {Look} look */
const darkOf = ({ columns, best }) => new Set(best.flatMap((end) => pathTo(columns, end)).map(nameOf));

/** @typedef {import("../shell/dom.js").Description} Description */
/** @param {Branch} branch @param {Look} look @param {Set<string>} dark @param {number} level
 * @returns {Description} */
const branchItem = (branch, look, dark, level) => {
  /** @type {Row} */
  const row = { name: branch.name, level, branch, open: null };
  const inside = [
    branch.dropped.length > 0 && foldItem(branch, look, dark, level + 1),
    ...branch.next.map((one) => branchItem(one, look, dark, level + 1)),
  ].filter(Boolean);
  return item(row, look, {
    expanded: inside.length ? true : null, edge: branch.chain.length ? chanceOf(branch, look.columns) : 0,
    kind: kindOf(branch, look.columns, dark),
  }, branchRow(branch, look.columns), inside);
};

/** @param {Branch} branch @param {Look} look @param {Set<string>} dark @param {number} level
 * @returns {Description} */
const foldItem = (branch, look, dark, level) => {
  const [name, count] = [foldName(branch), sizeOf(branch.dropped)];
  const open = look.isOpen(name);
  const onclick = () => look.onToggle(name);
  const text = `${count} pruned${open ? "" : examplesOf(branch.dropped, look.columns)}`;
  const arrow = h("span", { "aria-hidden": true }, open ? "▾ " : "▸ ");
  return item({ name, level, branch, open }, look, { expanded: open, edge: 0, kind: "fold" },
    [h("span", { class: "beam-fold", onclick }, arrow, text)],
    open ? branch.dropped.map((one) => branchItem(one, look, dark, level + 1)) : []);
};

/** The likeliest of what was dropped last: `: ; 25.2% · : 9.1%`. @param {Branch[]} dropped */
const examplesOf = (dropped, /** @type {Columns} */ columns) => {
  const last = Math.max(...dropped.map(({ chain }) => chain[0].step));
  const some = dropped.map(({ chain }) => chain[0]).filter(({ step }) => step === last).slice(0, EXAMPLES);
  return `: ${some.map(({ step, row }) => {
    const { label, local } = columns[step][row];
    return `${clip(label, 15)} ${percent(Math.exp(local ?? -Infinity))}`;
  }).join(" · ")}${some.length < sizeOf(dropped) ? " …" : ""}`;
};

/**
 * @param {Row} row @param {Look} look
 * @param {{ expanded: boolean | null, edge: number, kind: string }} how
 * @param {import("../shell/dom.js").Child[]} content @param {import("../shell/dom.js").Child[]} inside
 */
const item = (row, { at, onPoint }, { expanded, edge, kind }, content, inside) => {
  const point = () => onPoint(row);
  return h("li", {
    key: row.name, class: `beam-item ${kind}`, role: "none", style: `--edge:${(1 + 6 * edge).toFixed(1)}px`,
  }, h("div", {
    class: "beam-row", role: "treeitem", tabindex: row.name === at ? 0 : -1, "aria-level": row.level + 1,
    "aria-expanded": expanded, onfocus: point, onmouseenter: point,
  }, content), inside.length > 0 && h("ul", { role: "group" }, inside));
};

const lastOf = (/** @type {Branch} */ { chain }) => chain[chain.length - 1];

/** The probability of a branch's tokens after what stands before them. */
const chanceOf = (/** @type {Branch} */ { chain }, /** @type {Columns} */ columns) => Math.exp(
  chain.reduce((sum, { step, row }) => sum + (columns[step][row].local ?? -Infinity), 0));

const kindOf = (
  /** @type {Branch} */ branch, /** @type {Columns} */ columns, /** @type {Set<string>} */ dark,
) => {
  if (!branch.chain.length) return "begin";
  const { step, row } = lastOf(branch);
  const { state } = columns[step][row];
  const kind = branch.alive ? state : "pruned";
  return dark.has(nameOf({ step, row })) ? `${kind} best` : kind;
};

/** Text, probability and sum. @param {Branch} branch @param {Columns} columns */
const branchRow = (branch, columns) => {
  if (!branch.chain.length) return [h("span", { class: "beam-start" }, "start")];
  const last = lastOf(branch);
  return [
    h("span", { class: "beam-text" },
      branch.lead && h("span", { class: "beam-lead" }, branch.lead), textOf(columns, branch.chain)),
    h("span", { class: "beam-number" }, spoken(", p "), finePercent(chanceOf(branch, columns))),
    h("span", { class: "beam-number" }, spoken(", running "), nats(columns[last.step][last.row].total),
      spoken(`, ${fateOf(columns, last, branch.alive)}: ${textAt(columns, last)}`)),
  ];
};

const spoken = (/** @type {string} */ text) => h("span", { class: "lab-spoken" }, text);

// ---- as a picture that stands alone

const PICTURE = { width: 600, row: 28, indent: 20, letter: 8.6, numbers: 170 }; // px

/** The rows as a drawing. @param {Branch} start @param {Look} look @returns {SVGSVGElement} */
export const picture = (start, look) => {
  const rows = rowsOf(start, look.isOpen).filter(({ open }) => open !== false);
  const svg = /** @type {SVGSVGElement} */ (document.createElementNS("http://www.w3.org/2000/svg", "svg"));
  svg.setAttribute("width", String(PICTURE.width));
  svg.setAttribute("height", String(PICTURE.row * rows.length + 8));
  render(svg, rows.map((row, i) => pictureRow(rows, i, look.columns, darkOf(look))));
  return svg;
};

/** @param {Row[]} rows @param {number} i @param {Columns} columns @param {Set<string>} dark */
const pictureRow = (rows, i, columns, dark) => {
  const { level, branch, open } = rows[i];
  const { width, row, indent, letter, numbers } = PICTURE;
  const [x, y] = [8 + indent * level, row * i + row / 2 + 4];
  const parent = rows.slice(0, i).findLastIndex((one) => one.level < level);
  const kind = open === null ? kindOf(branch, columns, dark) : "fold";
  const [strong, muted] = [ink("--lab-text"), ink("--lab-muted")];
  const colour = kind.endsWith("best") ? strong : kind === "finished" ? "#1b7f79" : "#3f86c0";
  const fill = /^(pruned|fold|begin)$/.test(kind) ? muted : strong;
  const text = open !== null ? `${sizeOf(branch.dropped)} pruned`
    : branch.chain.length ? branch.lead + textOf(columns, branch.chain) : "start";
  const number = { y, "text-anchor": "end", "dominant-baseline": "central", "font-size": 13, fill };
  const down = row * (i - parent) - row / 2 + 4;
  const edge = 0.8 + 6 * (open === null && branch.chain.length ? chanceOf(branch, columns) : 0);
  return [
    parent >= 0 && [
      h("path", { d: `M${x - indent + 6},${y - down} V${y}`, fill: "none", stroke: muted }),
      h("path", {
        d: `M${x - indent + 6},${y} H${x - 3}`, fill: "none", "stroke-width": edge.toFixed(1),
        stroke: fill === muted ? muted : colour, "stroke-dasharray": fill === muted ? "4 3" : null,
      }),
    ],
    h("text", {
      x, y, "dominant-baseline": "central", "font-size": 14, "font-family": "IBM Plex Mono, monospace", fill,
      "font-weight": kind.endsWith("best") ? 700 : 400,
    }, clip(text, Math.max(8, Math.floor((width - numbers - x) / letter)))),
    open === null && branch.chain.length > 0 && [
      h("text", { x: width - 84, ...number }, finePercent(chanceOf(branch, columns))),
      h("text", { x: width - 6, ...number }, nats(columns[lastOf(branch).step][lastOf(branch).row].total)),
    ],
  ];
};
