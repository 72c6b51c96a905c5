// What was thrown away comes back: by a button that names it, and by Ctrl+Z or Cmd+Z outside of text fields.
//
//   const undo = createUndo("generate", { root, signal, restored: () => draw() });  // in a room's mount
//   undo.discarded("Greedy removed", () => memory.form.panes.splice(at, 0, pane));  // as it is thrown away
//   render(root, …, undo.node, …);                                                  // where it can be seen
//
// Bring back what is held in `memory`, which outlives a mount: a tab that is left and opened again can still
// undo. The room is drawn anew by `restored`. Call `undo.forget()` once there is nothing left to bring it
// back into. Ctrl+Z takes the newest of the rooms that are seen.
import { isSeen } from "../shell/component.js";
import { h, render } from "../shell/dom.js";

const MOST = 20; // that can be taken back, of all rooms

/**
 * @typedef {{ room: string, what: string, restore: () => void }} Discarded
 * @typedef {{ root: Element, signal: AbortSignal, restored: () => void }} Place
 *
 * @typedef {object} Undo
 * @property {(what: string, restore: () => void) => void} discarded `what` was done, as "Greedy removed"
 * @property {() => void} forget
 * @property {HTMLElement} node the button, and what is spoken
 */

/** @type {Discarded[]} The newest last. */
const stack = [];

/** @type {Map<string, Element>} By room: its root, as mounted last. */
const roots = new Map();

/** @param {string} room @param {Place} place @returns {Undo} */
export const createUndo = (room, { root, signal, restored }) => {
  roots.set(room, root);
  const node = document.createElement("div");
  node.className = "lab-undo";
  node.setAttribute("role", "status");
  node.tabIndex = -1;
  const draw = (said = "") => {
    const last = newest(({ room: of }) => of === room);
    render(node, h("span", { class: "lab-spoken" }, said), last && h("button", {
      class: "button", type: "button", title: "Ctrl+Z or ⌘Z", "aria-keyshortcuts": "Control+Z Meta+Z",
      onclick: () => {
        undo(last);
        node.focus(); // the button may be gone
      },
    }, `↶ Undo: ${last.what}`));
  };
  const undo = (/** @type {Discarded} */ last) => {
    stack.splice(stack.indexOf(last), 1);
    last.restore();
    restored();
    draw(`Undone: ${last.what}.`);
  };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || !isUndo(event)) return;
    const last = newest(({ room: of }) => isSeen(/** @type {Element} */ (roots.get(of))));
    if (last?.room !== room) return;
    event.preventDefault();
    undo(last);
  }, { signal });
  draw();
  return {
    node,
    discarded: (what, restore) => {
      stack.push({ room, what, restore });
      stack.splice(0, stack.length - MOST);
      draw(`${what}.`);
    },
    forget: () => {
      for (const one of stack.filter(({ room: of }) => of === room)) stack.splice(stack.indexOf(one), 1);
      draw();
    },
  };
};

/** @param {(one: Discarded) => boolean} fits */
const newest = (fits) => stack.findLast(fits);

const TYPED_IN = "textarea, select, [contenteditable], "
  + "input:not([type=range], [type=checkbox], [type=radio], [type=button])";

/** Whether keys mean Undo, and not that of a text field. @param {KeyboardEvent} event */
const isUndo = ({ key, ctrlKey, metaKey, altKey, shiftKey, target }) =>
  key.toLowerCase() === "z" && ctrlKey !== metaKey && !altKey && !shiftKey
    && !/** @type {Element | null} */ (target)?.closest?.(TYPED_IN);
