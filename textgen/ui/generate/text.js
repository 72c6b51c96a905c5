// A text, token by token, coloured by surprise: it only ever grows, follows its own end, and is read with the
// mouse, a finger or the keyboard. Spans are appended as tokens come: a renderer that compared 5,000 of them
// at each message would be slower than the writer.
import { createBars } from "../bars/bars.js";
import { term } from "../glossary/glossary.js";
import { h, render } from "../shell/dom.js";
import { clip, clipStart, finePercent } from "../shell/format.js";
import { problemText } from "../messages/problem.js";
import { addition, branchOf, isStop, tokenFacts, tokenLabel } from "./run.js";

/**
 * @typedef {import("./run.js").Run} Run
 * @typedef {import("./run.js").Branch} Branch
 * @typedef {{ text: number, index: number }} Place a token of one of the texts
 *
 * @typedef {object} Reading what a reader does with a text
 * @property {(span: HTMLElement, index: number, pinned: boolean) => void} show
 * @property {() => void} hide unless it is pinned
 * @property {() => void} enter go on with the keyboard in what is shown
 * @property {() => boolean} pinned whether something stays shown, of any text
 * @property {() => boolean} held whether something of this text stays shown
 * @property {string} name of the text
 */

const STEPS = [1, 2, 4, 6, 8]; // bits at which the surprise scale goes one step up
const PROMPT_TAIL = 60; // characters of the prompt shown before the text
const BLOCK = 32; // lines
const AT_END = 12; // px from the end that still count as being there
const KEYS_HELP = "arrow keys go from token to token, Enter shows what each could have been";
const ABOVE = 2; // lines above a token that is brought into sight
const LINE = 24; // px

/** How many steps the scale has. */
export const SURPRISE_STEPS = STEPS.length + 1;

/** @param {string} tag @param {Record<string, string>} attributes */
const element = (tag, attributes, text = "") => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.textContent = text;
  return node;
};

/** @param {number} bits */
export const surpriseClass = (bits) => `s${STEPS.filter((edge) => bits >= edge).length}`;

/** @param {Reading} reading */
export const createText = (reading) => {
  const spoken = `${reading.name}: ${KEYS_HELP}`;
  const node = element("div", { class: "text", role: "group", "aria-label": spoken });
  const last = node.appendChild(element("div", { class: "last" }));
  const toEnd = element("button", {
    class: "to-end", type: "button", "aria-label": `To the end of ${reading.name}`, title: "To the end",
  }, "↓");
  const frame = element("div", { class: "text-frame" });
  frame.append(node, toEnd);
  /** @type {Run | null} */
  let run = null;
  /** @type {Branch | null} */
  let branch = null;
  let shown = 0; // tokens
  let following = false; // the end, as it moves; a new text is read from its beginning
  /** @type {Element | null} */
  let block = null;
  /** @type {HTMLElement} */
  let line = node;
  /** @type {HTMLElement | null} the token that the mark stands at */
  let marked = null;
  /** @type {HTMLElement | null} the token that the keyboard comes to */
  let here = null;

  // ---- growing. A div a line, lines in blocks, so that what is out of sight costs nothing
  const newLine = (/** @type {number} */ from) => {
    if (!block || block.children.length >= BLOCK) {
      block = element("div", { class: "block" });
      last.before(block);
    }
    line.classList.remove("now");
    line = block.appendChild(element("div", { class: "line now", "data-from": String(from) }));
  };
  const clear = (prompt = "") => {
    [shown, following, block, marked, here] = [0, false, null, null, null];
    node.replaceChildren(last);
    node.scrollTop = 0;
    newLine(0);
    const tail = prompt.slice(prompt.lastIndexOf("\n") + 1);
    if (!tail) return;
    line.dataset.from = "-1"; // the context stands where token −1 would
    line.append(element("span", { class: "given", title: "the context" }, clipStart(tail, PROMPT_TAIL)));
  };
  const add = (/** @type {string} */ token, /** @type {number} */ bits) => {
    const span = document.createElement("span");
    const ends = token.endsWith("\n");
    span.className = ends ? `${surpriseClass(bits)} nl` : surpriseClass(bits);
    span.textContent = ends ? token.slice(0, -1) : token;
    line.append(span);
    if (!here) stopAt(span, shown);
    if (ends) newLine(shown + 1);
  };
  /** The token that ended the text has a card like any other, but is not written. */
  const end = (/** @type {string} */ label, /** @type {number} */ bits) => {
    const span = element("span", { class: `${surpriseClass(bits)} end` }, `ended at ${label}`);
    line.append(span);
    if (!here) stopAt(span, shown);
    line.classList.remove("now");
  };
  /** Show a branch, or what is new of it. @returns {boolean} whether it is another one than before */
  const show = (/** @type {Run} */ ofRun, /** @type {number} */ index) => {
    const wanted = branchOf(ofRun.texts[index]);
    const fresh = wanted !== branch || ofRun !== run;
    [run, branch] = [ofRun, wanted];
    if (fresh) clear(run.head.prompt);
    for (; shown < branch.ids.length; shown++) {
      const [id, { bits }] = [branch.ids[shown], branch.facts[shown]];
      if (isStop(run, id)) end(tokenLabel(run, id), bits);
      else add(addition(run, branch, shown), bits);
    }
    if (fresh && branch.from) bringIntoSight(branch.from.at);
    return fresh;
  };
  const empty = () => {
    if (!run && line !== node) return;
    [run, branch] = [null, null];
    clear();
  };

  // ---- the end. Reading a size makes the browser lay out at once, so sizes are read in scroll events alone,
  // which come when everything is laid out
  node.addEventListener("scroll", () => {
    following = node.scrollHeight - node.scrollTop - node.clientHeight < AT_END;
  }, { passive: true });
  /** Keep the end in sight, once the reader went there. */
  const follow = () => {
    if (following && !reading.held()) node.scrollTop = 1e9;
  };
  const goToEnd = () => {
    following = true;
    node.scrollTop = 1e9;
  };
  toEnd.addEventListener("click", goToEnd);
  const more = new IntersectionObserver(([{ isIntersecting }]) => {
    frame.classList.toggle("more", !isIntersecting);
  }, { root: node });
  more.observe(last);

  // ---- a token in sight
  const topOf = (/** @type {HTMLElement} */ span) =>
    span.getBoundingClientRect().top - node.getBoundingClientRect().top + node.scrollTop;
  const bringIntoSight = (/** @type {number} */ i) => {
    const span = spanAt(i);
    if (span) node.scrollTop = topOf(span) - ABOVE * LINE;
  };
  /** How far down its mark stands, in px; null without one. */
  const markTop = () => (marked ? topOf(marked) : null);
  /** Bring a height of the text into sight, unless it is seen from the beginning. */
  const scrollTo = (/** @type {number} */ top) => {
    node.scrollTop = top + ABOVE * LINE > node.clientHeight ? top - ABOVE * LINE : 0;
  };

  // ---- tokens and their places
  const from = (/** @type {HTMLElement} */ ofLine) => Number(ofLine.dataset.from);
  const lineOf = (/** @type {Element} */ span) => /** @type {HTMLElement} */ (span.parentElement);
  const indexOf = (/** @type {Element} */ span) => {
    const ofSpan = lineOf(span);
    return from(ofSpan) + [...ofSpan.children].indexOf(span);
  };
  const lines = () => /** @type {HTMLElement[]} */ ([...node.querySelectorAll(".line")]);
  const spanAt = (/** @type {number} */ i) => {
    const ofToken = lines().findLast((one) => from(one) <= i);
    return /** @type {HTMLElement | null} */ (ofToken?.children[i - from(ofToken)] ?? null);
  };
  /** The token that an event is about. @returns {HTMLElement | null} */
  const tokenOf = (/** @type {EventTarget | null} */ target) => {
    if (!(target instanceof HTMLElement) || !/^s\d/.test(target.className)) return null;
    return target.parentElement?.classList.contains("line") ? target : null;
  };
  /** Mark a token, and no other; null marks none. */
  const mark = (/** @type {number | null} */ i) => {
    const wanted = i === null ? null : spanAt(i);
    if (wanted === marked) return;
    marked?.classList.remove("part");
    marked = wanted;
    marked?.classList.add("part");
  };

  // ---- reading
  const showToken = (/** @type {HTMLElement} */ span, /** @type {boolean} */ pinned) => {
    const index = indexOf(span);
    if (branch?.facts[index]) reading.show(span, index, pinned);
  };
  const focus = (/** @type {number} */ index) => {
    const place = branch ? Math.min(Math.max(index, 0), branch.ids.length - 1) : 0;
    const span = branch && spanAt(place);
    if (!span) return;
    stopAt(span, place);
    span.focus();
    showToken(span, false);
  };
  /** Of all tokens one is a tab stop: where the keyboard was last. */
  const stopAt = (/** @type {HTMLElement} */ span, /** @type {number} */ index) => {
    for (const name of ["tabindex", "role", "aria-label"]) here?.removeAttribute(name);
    here = span;
    const name = span.textContent?.trim() || (run && branch ? tokenLabel(run, branch.ids[index]) : "");
    const attributes = { tabindex: "0", role: "button", "aria-label": `${name}, token ${index + 1}` };
    for (const [key, value] of Object.entries(attributes)) span.setAttribute(key, value);
  };
  const vertical = (/** @type {HTMLElement} */ span, /** @type {number} */ by) => {
    const all = lines();
    const next = all[all.indexOf(lineOf(span)) + by];
    return next ? Math.max(0, from(next)) : indexOf(span);
  };
  /** @type {Record<string, (span: HTMLElement) => number>} Where a key goes from a token. */
  const KEYS = {
    ArrowRight: (span) => indexOf(span) + 1,
    ArrowLeft: (span) => indexOf(span) - 1,
    ArrowDown: (span) => vertical(span, 1),
    ArrowUp: (span) => vertical(span, -1),
    Home: () => 0,
    End: () => Infinity,
  };
  node.addEventListener("keydown", (event) => {
    const span = tokenOf(event.target);
    if ((event.key === "Enter" || event.key === " ") && span) {
      event.preventDefault();
      showToken(span, true);
      reading.enter();
      return;
    }
    const index = span ? KEYS[event.key]?.(span) : undefined;
    if (index === undefined) return;
    event.preventDefault();
    focus(index);
  });
  node.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse" || reading.pinned()) return;
    const span = tokenOf(event.target);
    if (span) showToken(span, false);
    else reading.hide();
  });
  node.addEventListener("pointerleave", reading.hide);
  node.addEventListener("click", (event) => {
    const span = tokenOf(event.target);
    if (!span || !getSelection()?.isCollapsed) return; // who selects wants to copy
    stopAt(span, indexOf(span));
    showToken(span, true);
  });
  node.addEventListener("focusout", reading.hide);

  return { node: frame, show, empty, mark, markTop, scrollTo, follow, goToEnd };
};

/** @typedef {ReturnType<typeof createText>} TextView */

/**
 * What is copied by hand keeps its lines. The style sheet draws a line's end: a copy would lose it, and with
 * it blank lines.
 * @param {HTMLElement} root of all texts
 */
export const keepLines = (root) => root.addEventListener("copy", (event) => {
  const range = getSelection()?.rangeCount ? getSelection()?.getRangeAt(0) : null;
  if (!range || range.collapsed || !root.contains(range.commonAncestorContainer)) return;
  const texts = [...root.querySelectorAll(".text")].filter((text) => range.intersectsNode(text));
  const parts = texts.map((text) => linesOf(range, text)).filter(Boolean);
  if (!parts.length) return;
  event.clipboardData?.setData("text/plain", parts.join("\n\n"));
  event.preventDefault();
});

/** What of a text lies in a range. @param {Range} range @param {Element} text */
const linesOf = (range, text) => {
  const whole = document.createRange();
  whole.selectNodeContents(text);
  const part = range.cloneRange();
  if (part.compareBoundaryPoints(Range.START_TO_START, whole) < 0) {
    part.setStart(whole.startContainer, whole.startOffset);
  }
  if (part.compareBoundaryPoints(Range.END_TO_END, whole) > 0) {
    part.setEnd(whole.endContainer, whole.endOffset);
  }
  const lines = part.cloneContents();
  for (const last of lines.querySelectorAll(".nl")) last.append("\n");
  return lines.textContent ?? "";
};

// ---- the card of one token: what the model thought of it, and what it could have been

const GAP = 6; // px between a token and its card
const TITLE = 24; // characters of the token
const EDGE = 8; // px between the card and the window's edge
const CHOOSE = "Choose another: the text goes on from there";
const CLICK = "The likeliest here · click to choose another";

/** @param {number} bits */
const bitsText = (bits) =>
  (bits > 0 && bits < 0.005 ? "under 0.01 bits" : `${bits.toFixed(bits < 10 ? 2 : 0)} bits`);
/** @param {string} name @param {string} value */
const fact = (name, value) =>
  h("div", { class: "fact" }, h("span", { class: "muted" }, term(name)), h("b", {}, value));

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

  let problem = ""; // why it could not be opened elsewhere
  /** @param {HTMLElement} span @param {Place} ofPlace @param {Run} run @param {boolean} stays */
  const show = (span, ofPlace, run, stays) => {
    hide(true);
    [anchor, place, pinned, problem] = [span, ofPlace, stays, ""];
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
    if (inside) span.focus({ preventScroll: true });
  };

  const draw = (/** @type {Run} */ run, /** @type {Place} */ ofPlace) => {
    const facts = tokenFacts(branchOf(run.texts[ofPlace.text]), ofPlace.index);
    const decoded = facts.decoded === 0 ? "0%, never drawn" : finePercent(facts.decoded);
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
      }, "Open in Next token here"),
      problem && problemText("problem-token-card", problem));
  };
  /** Say what is wrong, if the card is still that place's. */
  const refuse = (/** @type {string} */ sentence, /** @type {Run} */ run, /** @type {Place} */ ofPlace) => {
    if (place !== ofPlace) return;
    problem = sentence;
    draw(run, ofPlace);
    follow();
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

  return {
    node, show, hide, refuse, follow, focus,
    get place() { return place; },
    get pinned() { return pinned; },
  };
};
