// The card of one token: what the model thought of it, and what it could have been.
import { h, render } from "../shell/dom.js";
import { clip, finePercent, percent } from "../shell/format.js";
import { branchOf, tokenFacts, tokenLabel } from "./run.js";

/**
 * @typedef {import("./run.js").Run} Run
 * @typedef {ReturnType<typeof tokenFacts>} TokenFacts
 * @typedef {{ text: number, index: number }} Place a token of one of the texts
 */

const GAP = 6; // px between a token and its card
const TITLE = 24; // characters of the token
const LABEL = 13; // characters of an alternative
const DIGIT = 9.2; // px, of 15 px monospaced
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

  /** @param {HTMLElement} span @param {Place} ofPlace @param {Run} run @param {boolean} stays */
  const show = (span, ofPlace, run, stays) => {
    hide(true);
    [anchor, place, pinned] = [span, ofPlace, stays];
    span.classList.add("here");
    render(node, ...content(run, ofPlace));
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

  const content = (/** @type {Run} */ run, /** @type {Place} */ ofPlace) => {
    const facts = tokenFacts(branchOf(run.texts[ofPlace.text]), ofPlace.index);
    const decoded = facts.decoded === 0 ? "0%, removed" : finePercent(facts.decoded);
    const hint = pinned ? CHOOSE : CLICK;
    const longest = Math.max(...facts.alternatives.map(({ id }) => tokenLabel(run, id).length));
    return [
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
      h("div", { class: "alternatives", style: `--label:${Math.ceil(DIGIT * Math.min(LABEL, longest))}px` },
        facts.alternatives.map((one) => alternative(run, one, one.id === facts.id, ofPlace))),
      h("button", {
        class: "button open", type: "button", onclick: () => onOpen(ofPlace),
      }, "Open in Next token here"),
    ];
  };
  /** @param {Run} run @param {{ id: number, p: number }} one @param {boolean} taken @param {Place} ofPlace */
  const alternative = (run, { id, p }, taken, ofPlace) => {
    const label = tokenLabel(run, id);
    const named = `${label}, ${percent(p)}`;
    return h("button", {
      class: "alternative", type: "button", disabled: taken, onclick: () => onBranch(ofPlace, id),
      "aria-label": taken ? `${named}: the text has this one` : `Go on with ${named}`,
    },
    h("span", { class: "tok" }, clip(label, LABEL)),
    h("span", { class: "bar" }, h("i", { style: `width:${(100 * p).toFixed(2)}%` })),
    h("span", { class: "share" }, percent(p)));
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
    node.querySelector(".alternative:not(:disabled)") ?? node.querySelector(".open"))?.focus();

  return { node, show, hide, follow, focus, get place() { return place; }, get pinned() { return pinned; } };
};
