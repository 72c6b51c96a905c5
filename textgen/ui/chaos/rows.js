// The texts of temperature chaos, a line a temperature: what is shared with the line above is dim.
import { h } from "../shell/dom.js";
import { thermal } from "../bars/theme.js";
import { cut, decimalsOf, runsOf } from "./picture.js";

/** @typedef {import("./picture.js").Picture} Picture */
/** @typedef {import("./picture.js").Run} Run */

/**
 * @typedef {object} Look how the rows are shown
 * @property {number | null} row the one whose flip is shown
 * @property {boolean} fold whether rows alike are folded
 * @property {number[]} open first rows of folds that are open
 */

const RULER = 10; // tokens between two numbers above the columns
const FEW = 2; // rows alike that are worth a fold

/**
 * @param {Picture} picture @param {Look} look
 * @param {{ onPick: (row: number) => void, onToggle: (first: number) => void }} actions
 */
export const textRows = (picture, look, { onPick, onToggle }) => {
  const decimals = decimalsOf(picture.rows);
  const current = look.row ?? 0; // one stop of the Tab key, arrows inside

  const line = (/** @type {number} */ row) => {
    const { t, at } = picture.rows[row];
    const { shared, token, rest } = cut(picture.rows[row], row === 0);
    const below = at === null ? "like the row above" : `differs at token ${at + 1}`;
    const differs = row === 0 ? "the first" : below;
    const where = row === 0 ? "" : at === null ? "=" : String(at + 1);
    const kind = ["chaos-line", row === 0 && "first", row === look.row && "picked"].filter(Boolean).join(" ");
    const pick = () => window.getSelection()?.isCollapsed !== false && onPick(row);
    return h(
      "div",
      { class: kind, key: `row-${row}`, "data-row": row, style: `--t:${thermal(t)}`, onclick: pick },
      h(
        "button",
        {
          class: "chaos-t",
          type: "button",
          title: differs,
          tabindex: row === current ? 0 : -1,
        },
        h("span", {}, t.toFixed(decimals)),
        h("span", { class: "lab-spoken" }, `: ${differs}`),
        h("span", { class: "chaos-where", "aria-hidden": true }, where),
      ),
      h(
        "span",
        { class: "chaos-text" },
        h("span", { class: "shared" }, shared),
        token && h("b", {}, token),
        h("span", { class: "new" }, rest),
      ),
    );
  };
  const fold = (/** @type {Run} */ { first, last }) => {
    const open = look.open.includes(first);
    return h(
      "div",
      { class: "chaos-line alike", key: `fold-${first}` },
      h("span", { class: "chaos-t" }),
      h(
        "button",
        {
          class: "quiet",
          type: "button",
          "aria-expanded": open,
          tabindex: -1,
          onclick: () => onToggle(first),
        },
        `${open ? "▾" : "▸"} ${last - first} rows alike, to T = ${picture.rows[last].t.toFixed(decimals)}`,
      ),
    );
  };
  const lines = (/** @type {Run} */ run) => {
    const rest = Array.from({ length: run.last - run.first }, (_, i) => line(run.first + 1 + i));
    if (!look.fold || rest.length < FEW) return [line(run.first), rest];
    return [line(run.first), fold(run), look.open.includes(run.first) ? rest : null];
  };
  const label = "The texts, one a temperature. Arrow keys move between them, Enter shows the flip.";
  return h(
    "div",
    { class: "chaos-box", role: "group", "aria-label": label, key: "texts" },
    h(
      "div",
      { class: "chaos-line chaos-ruler", "aria-hidden": true },
      h("span", { class: "chaos-t" }, h("span", {}, "T"), h("span", { class: "chaos-where" }, "differs")),
      h("span", { class: "chaos-text" }, picture.columns ? ruler(picture.request.length) : ""),
    ),
    h("div", { class: "chaos-body", onkeydown: moveFocus }, runsOf(picture.rows).map(lines)),
  );
};

/** The numbers 1, 10, 20, … each above its column. */
const ruler = (/** @type {number} */ length) => {
  const tens = Array.from({ length: Math.floor(length / RULER) }, (_, i) => RULER * (i + 1));
  return [1, ...tens].reduce((text, number) => text.padEnd(number - 1) + String(number), "");
};

/** @type {Record<string, number>} */
const MOVES = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };

const moveFocus = (/** @type {any} */ event) => {
  const buttons = [...event.currentTarget.querySelectorAll("button")];
  const here = buttons.indexOf(event.target);
  if (!(event.key in MOVES) || here < 0) return;
  event.preventDefault();
  const next = buttons[Math.min(Math.max(here + MOVES[event.key], 0), buttons.length - 1)];
  for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
  next.focus();
};
