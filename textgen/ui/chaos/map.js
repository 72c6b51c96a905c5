// All of temperature chaos at a glance: blocks of rows whose texts agree so far, splitting to the right.
import { h } from "../shell/dom.js";
import { ink, mixed, thermal } from "../bars/theme.js";
import { blocksOf, decimalsOf } from "./picture.js";

/** @typedef {import("./picture.js").Picture} Picture */
/** @typedef {import("./picture.js").Block} Block */
/** @typedef {Record<"left" | "width" | "height" | "columns" | "decimals", number>} Cell in px */
/** @typedef {{ row: number, column: number | null }} Place */

const HEIGHT = 600; // px that rows share, where there are many
const TALLEST = 20; // px
const WIDEST = 24; // px
const [TOP, AXIS] = [8, 26]; // px above and below the blocks
const RIGHT = 16; // px at the right, for half of the last number
const READABLE = { width: 7, height: 13 }; // px that a letter needs
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]; // tokens between two numbers of the axis
/** @type {Record<string, number>} */
const MOVES = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
const HINT =
  "A block holds the rows that agree so far, in the colour of its middle temperature; " +
  "it splits at the token where rows differ.";
const LABEL =
  "Overview: one line a temperature, one column a token. Arrow keys move, Enter shows the flip";

/**
 * @typedef {object} MapState
 * @property {number} width px that the drawing may take
 * @property {number | null} row the one whose flip is shown
 * @property {number | null} reached the one that the arrow keys have reached
 * @property {Place | null} pointed what the pointer is over
 */

/**
 * @param {Picture} picture @param {MapState} state
 * @param {{ onPick: (row: number) => void, onReach: (row: number | null) => void,
 *   onPoint: (place: Place | null) => void }} actions
 */
export const overview = (picture, state, { onPick, onReach, onPoint }) => {
  const cell = cellOf(picture, state.width);
  const { rows } = picture;
  const top = (/** @type {number} */ row) => TOP + row * cell.height;
  const name = (/** @type {number} */ row) => rows[row].t.toFixed(cell.decimals);
  const lettered = picture.columns && cell.width >= READABLE.width && cell.height >= READABLE.height;
  const ground = ink("--lab-card");

  const block = (/** @type {Block} */ { first, last, from, to, odd }) => {
    const [width, height] = [(to - from) * cell.width, (last - first + 1) * cell.height];
    const gap = height > 4 ? 1 : 0.4;
    const share = (lettered ? 0.5 : 0.92) * (odd ? 0.8 : 1);
    return h("rect", {
      x: cell.left + from * cell.width + gap / 2,
      y: top(first) + gap / 2,
      width: Math.max(width - gap, 0.5),
      height: height - gap,
      fill: mixed(thermal((rows[first].t + rows[last].t) / 2), ground, share),
    });
  };
  const letters = (/** @type {Block} */ { first, last, from, to }) => {
    const tokens = rows[first].tokens.slice(from, to).map((token) => (token === " " ? "\u00a0" : token));
    const xs = tokens.map((_, i) => cell.left + (from + i + 0.5) * cell.width);
    const y = top((first + last + 1) / 2) + 4.5;
    const text = (/** @type {string | number} */ x, /** @type {string} */ letter) =>
      h("text", { class: "letters", x, y, "text-anchor": "middle" }, letter);
    // a list of places counts in half characters where a token is one of two
    if (tokens.every(({ length }) => length === 1)) return text(xs.join(" "), tokens.join(""));
    return tokens.map((token, i) => text(xs[i], token));
  };
  const labels = () => {
    const every = Math.ceil(16 / cell.height);
    return rows.flatMap((_, row) =>
      row % every === 0
        ? [
            h(
              "text",
              {
                class: "axis",
                x: cell.left - 8,
                y: top(row + 0.5) + 4.5,
                "text-anchor": "end",
              },
              name(row),
            ),
          ]
        : [],
    );
  };
  const ticks = () => {
    const step = STEPS.find((n) => n * cell.width >= 44) ?? 1000;
    const tens = Array.from({ length: Math.floor(cell.columns / step) }, (_, i) => (i + 1) * step);
    return [1, ...tens.filter((n) => n > 1)].map((n) =>
      h(
        "text",
        {
          class: "axis",
          x: cell.left + (n - 0.5) * cell.width,
          y: top(rows.length) + 18,
          "text-anchor": "middle",
        },
        String(n),
      ),
    );
  };
  // a frame around the row whose flip is shown, and around the one that the arrow keys have reached
  const frame = (/** @type {string} */ kind, /** @type {number | null} */ row) =>
    row === null
      ? null
      : h("rect", {
          class: kind,
          x: cell.left,
          y: top(row),
          width: cell.columns * cell.width,
          height: cell.height,
          fill: "none",
        });

  const placeOf = (/** @type {any} */ { offsetX, offsetY }) => {
    const row = Math.floor((offsetY - TOP) / cell.height);
    const column = Math.floor((offsetX - cell.left) / cell.width);
    if (row < 0 || row >= rows.length) return null;
    return { row, column: column >= 0 && column < rows[row].tokens.length ? column : null };
  };
  const reach = (/** @type {number} */ by) => {
    const from = state.reached ?? state.row ?? 0;
    onReach(Math.min(Math.max(from + by, 0), rows.length - 1));
  };
  const onkeydown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter") onPick(state.reached ?? state.row ?? 0);
    const by = MOVES[event.key] ?? 0;
    if (!by) return;
    event.preventDefault();
    reach(by);
  };
  const pick = (/** @type {MouseEvent} */ event) => {
    const place = placeOf(event);
    if (place) onPick(place.row);
  };
  const words = () => {
    const place = state.pointed ?? (state.reached === null ? null : { row: state.reached, column: null });
    return place ? wordsOf(place) : HINT;
  };
  const wordsOf = (/** @type {Place} */ place) => {
    const { at, tokens } = rows[place.row];
    const token = place.column === null ? "" : tokens[place.column].trim() || "␣";
    const where = place.column === null ? "" : ` · token ${place.column + 1} “${token}”`;
    const differs = at === null ? "like the row above" : `differs from the row above at token ${at + 1}`;
    return `T = ${name(place.row)}${where} · ${place.row === 0 ? "the first row" : differs}`;
  };

  const blocks = blocksOf(rows);
  const width = Math.round(cell.left + cell.columns * cell.width + RIGHT);
  const height = Math.round(top(rows.length) + AXIS);
  return h(
    "div",
    { key: "map", "data-blocks": blocks.length },
    h(
      "div",
      {
        class: "chaos-map",
        tabindex: 0,
        role: "slider",
        "aria-label": LABEL,
        "aria-orientation": "vertical",
        "aria-valuemin": 0,
        "aria-valuemax": rows.length - 1,
        "aria-valuenow": state.reached ?? state.row ?? 0,
        "aria-valuetext": wordsOf({ row: state.reached ?? state.row ?? 0, column: null }),
        onkeydown,
        onblur: () => onReach(null),
      },
      h(
        "svg",
        {
          width,
          height,
          viewBox: `0 0 ${width} ${height}`,
          onclick: pick,
          onpointermove: (/** @type {any} */ event) => onPoint(placeOf(event)),
          onpointerleave: () => onPoint(null),
        },
        blocks.map(block),
        lettered ? blocks.map(letters) : [],
        labels(),
        ticks(),
        frame("picked", state.row),
        frame("reached", state.reached),
      ),
    ),
    h("p", { class: "muted chaos-told" }, words()),
  );
};

/** @param {Picture} picture @param {number} available px @returns {Cell} */
const cellOf = ({ rows }, available) => {
  const decimals = decimalsOf(rows);
  const left = 12 + 8 * rows[rows.length - 1].t.toFixed(decimals).length;
  const columns = Math.max(1, ...rows.map(({ tokens }) => tokens.length));
  const width = Math.min(Math.max(1, (available - left - RIGHT) / columns), WIDEST);
  return { left, columns, width, decimals, height: Math.min(TALLEST, Math.max(2, HEIGHT / rows.length)) };
};
