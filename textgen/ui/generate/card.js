// The card of one token: what the model thought of it, and what it could have been.
import { h, render } from "../shell/dom.js";
import { createBars } from "../shell/bars.js";
import { clip, finePercent } from "../shell/format.js";
import { branchOf, tokenFacts, tokenLabel } from "./run.js";

/**
 * @typedef {import("./run.js").Run} Run
 * @typedef {{ text: number, index: number }} Place a token of one of the texts
 */

const GAP = 6; // px between a token and its card
const TITLE = 24; // characters of the token
const EDGE = 8; // px between the card and the window's edge
const CHOOSE = "Choose another: the text goes on from there";
const CLICK = "The likeliest here · click to choose another";

/** @param {number} bits */
const bitsText = (bits) => `${bits.toFixed(bits < 10 ? 2 : 0)} bits`;
/** @param {string} name @param {string} value */
const fact = (name, value) =>
  h("div", { class: "fact" }, h("span", { class: "muted" }, name), h("b", {}, value));

/** @param {{ onOpen: (place: Place) => void, onBranch: (place: Place, id: number) => void }} actions */
export const createCard = ({ onOpen, onBranch }) => {
  const node = document.createElement("div");
  const attributes = { class: "token-card", role: "dialog", "aria-label": "A token", popover: "manual" };
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  /** @type {Place | null} */
  let place = null;
  let pinned = false; // stays until it is closed
  /** @type {HTMLElement | null} the token on the page */
  let anchor = null;
  const alternatives = createBars({ onPick: (id) => place && onBranch(place, id) });

  /** @param {HTMLElement} span @param {Place} ofPlace @param {Run} run @param {boolean} stays */
  const show = (span, ofPlace, run, stays) => {
    hide(true);
    [anchor, place, pinned] = [span, ofPlace, stays];
    span.classList.add("here");
    draw(run, ofPlace);
    node.classList.toggle("pinned", pinned);
    node.showPopover();
    move(span.getBoundingClientRect());
  };
  /** Close the card; one that is pinned only with `force`. */
  const hide = (force = false) => {
    if (!anchor || (pinned && !force)) return;
    const span = anchor;
    const inside = node.contains(document.activeElement);
    [anchor, place, pinned] = [null, null, false];
    span.classList.remove("here");
    if (node.matches(":popover-open")) node.hidePopover();
    if (!inside) return;
    span.tabIndex = -1;
    span.focus({ preventScroll: true });
  };

  const draw = (/** @type {Run} */ run, /** @type {Place} */ ofPlace) => {
    const facts = tokenFacts(branchOf(run.texts[ofPlace.text]), ofPlace.index);
    const decoded = facts.decoded === 0 ? "0%, removed" : finePercent(facts.decoded);
    const hint = pinned ? CHOOSE : CLICK;
    alternatives.update(facts.alternatives.map(({ id, p: probability }) => {
      const taken = id === facts.id;
      const note = taken ? "the text has this one" : "";
      return { id, label: tokenLabel(run, id), probability, taken, note };
    }), { name: "The likeliest here", colour: "var(--lab-muted)", hint: "go on with it" });
    render(node,
      h("header", {},
        h("span", { class: "tok" }, clip(tokenLabel(run, facts.id), TITLE)),
        h("span", { class: "muted" }, `token ${ofPlace.index + 1}`),
        h("span", { class: "grow" }),
        h("button", {
          class: "quiet close", type: "button", "aria-label": "Close", onclick: () => hide(true),
        }, "×")),
      h("div", { class: "facts" },
        fact("as learned", finePercent(facts.learned)), fact("surprise", bitsText(facts.bits)),
        fact("under the settings", decoded), fact("rank", String(facts.rank))),
      h("div", { class: "muted small" }, hint),
      alternatives.node,
      h("button", {
        class: "button open", type: "button", onclick: () => onOpen(ofPlace),
      }, "Open in Next token here"));
  };

  /** Put the card below a token, or above where there is no room. @param {DOMRect} token */
  const move = (token) => {
    const { width, height } = node.getBoundingClientRect();
    const below = token.bottom + GAP + height + EDGE <= window.innerHeight;
    const top = below ? token.bottom + GAP : Math.max(EDGE, token.top - GAP - height);
    const left = Math.min(Math.max(EDGE, token.left - 20), window.innerWidth - width - EDGE);
    node.style.top = `${top}px`;
    node.style.left = `${left}px`;
  };
  /** Keep beside a token that scrolls; let go of one that scrolled out of its text. */
  const follow = () => {
    if (!anchor) return;
    const token = anchor.getBoundingClientRect();
    const text = anchor.closest(".text")?.getBoundingClientRect();
    if (!text || token.bottom < text.top || token.top > text.bottom) hide(true);
    else move(token);
  };
  const focus = () => /** @type {HTMLElement | null} */ (
    node.querySelector("button.bar") ?? node.querySelector(".open"))?.focus();

  return { node, show, hide, follow, focus, get place() { return place; }, get pinned() { return pinned; } };
};
