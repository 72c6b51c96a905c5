// Tokens that are kept in every panel, whether or not they are among the likeliest: searched by their text.
import { shownIds } from "../bars/bars.js";
import { idsByLabel } from "../bars/decoding.js";
import { h } from "../shell/dom.js";
import { clip, count } from "../shell/format.js";

/** @typedef {{ labels: string[], order: number[] }} Data */

const OFFERED = 20;
/** @type {Record<string, string>} */
const VISIBLE = { " ": "␣", "\n": "⏎", "\t": "⇥" };

/**
 * Labels that a text may mean: itself, those that begin with it, those that hold it; the shortest first.
 * @param {readonly string[]} labels @param {string} typed
 */
export const matches = (labels, typed, most = OFFERED) => {
  const text = typed.replace(/[ \n\t]/g, (char) => VISIBLE[char]);
  const small = text.toLowerCase();
  if (!small) return [];
  /** @type {string[][]} */
  const found = [[], [], [], []];
  for (const label of labels) {
    const at = label.toLowerCase().indexOf(small);
    if (at < 0) continue;
    const begins = at === 0 || (at === 1 && label[0] === "␣");
    found[label === text ? 0 : begins ? (label.length === at + text.length ? 1 : 2) : 3].push(label);
  }
  for (const some of found) some.sort((a, b) => a.length - b.length);
  return found.flat().slice(0, most);
};

/**
 * @param {object} options
 * @param {{ pins: string[] }} options.memory the labels that are kept
 * @param {number} options.most how many can be
 * @param {ReturnType<typeof import("../messages/problem.js").createProblems>} options.problems
 * @param {ReturnType<typeof import("../messages/undo.js").createUndo>} options.undo
 * @param {() => void} options.redraw
 */
export const createPins = ({ memory, most, problems, undo, redraw }) => {
  let typed = "";
  /** @type {{ of: any[], ids: number[] }} */
  let last = { of: [], ids: [] };

  /** The tokens with a bar: the likeliest, and those that are kept. @param {Data} data */
  const ids = (data) => {
    const of = [data, memory.pins];
    if (of.some((part, i) => part !== last.of[i])) {
      const likeliest = shownIds(data.order);
      const known = idsByLabel(data.labels);
      const kept = memory.pins.flatMap((label) => known.get(label) ?? []);
      last = { of, ids: [...new Set([...likeliest, ...kept])] };
    }
    return last.ids;
  };
  const set = (/** @type {string[]} */ pins) => {
    memory.pins = pins;
    redraw();
  };
  const keep = (/** @type {Data} */ data, /** @type {string} */ text) => {
    typed = text;
    problems.clear("pins");
    const [label] = matches(data.labels, text, 1);
    if (label === undefined) {
      const got = text ? `“${clip(text, 40)}”` : "nothing";
      const known = `one of the ${count(data.labels.length)} that the model knows`;
      problems.tell("pins", `A token to keep must be ${known}, got ${got}; pick one from the list`);
      return redraw();
    }
    if (memory.pins.length >= most && !memory.pins.includes(label)) {
      problems.tell("pins", `At most ${most} tokens can be kept, got ${most + 1}; let one of them go`);
      return redraw();
    }
    typed = "";
    set(memory.pins.includes(label) ? memory.pins : [...memory.pins, label]);
  };
  const drop = (/** @type {string} */ label) => {
    const before = memory.pins;
    set(before.filter((other) => other !== label));
    undo.discarded(`token ${clip(label, 20)} let go`, () => (memory.pins = before));
  };

  /** The search, and what is kept. @param {Data} data */
  const describe = (data) => {
    if (data.order.length === shownIds(data.order).length && !memory.pins.length) return false;
    const known = idsByLabel(data.labels);
    return h("div", { class: "pins", key: "pins" },
      h("label", { for: "pins-search" }, "Keep a token in all panels"),
      h("input", {
        id: "pins-search", type: "text", list: "pins-found", autocomplete: "off", spellcheck: "false",
        maxlength: 200, placeholder: "search", value: typed, ...problems.marks("pins"),
        oninput: (/** @type {any} */ { target, inputType }) => {
          typed = target.value;
          const chosen = !inputType || inputType === "insertReplacementText"; // from the list
          if (chosen && known.has(typed)) keep(data, typed);
          else redraw();
        },
        onkeydown: (/** @type {any} */ { key, target }) => key === "Enter" && keep(data, target.value),
      }),
      h("datalist", { id: "pins-found" },
        matches(data.labels, typed).map((label) => h("option", { key: label, value: label }))),
      h("button", { class: "button", type: "button", onclick: () => keep(data, typed) }, "Keep"),
      memory.pins.length > 0 && h("ul", { "aria-label": "Tokens that are kept" },
        memory.pins.map((label) => chip(label, known.has(label)))),
      problems.of("pins"));
  };
  const chip = (/** @type {string} */ label, /** @type {boolean} */ known) => h("li", { key: label },
    h("button", {
      class: "button", type: "button", "aria-label": `Let ${label} go`, title: "Keep it no longer",
      onclick: () => drop(label),
    }, h("span", { class: "token" }, clip(label, 24)), " ×"),
    !known && h("small", {}, "this model has no such token"));
  return { ids, describe };
};
