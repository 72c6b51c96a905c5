// What the page's words mean: an ⓘ beside a term opens its definition, by hover, focus and tap.
//
// The definitions are one file a language, `glossary.json` and `glossary.de.json`, fetched when the first one
// is opened. A stage that has no entry there says what `stages.py` says of it.
import { config } from "../shell/config.js";
import { h, render } from "../shell/dom.js";
import { capital } from "../shell/format.js";
import { language } from "../words/language.js";

/** @typedef {{ title: string, text: string }} Entry */
/** @typedef {Record<string, Entry>} Glossary */

/** @type {Record<string, string>} A further language is a further file and a line. */
const FILES = { en: "glossary.json", de: "glossary.de.json" };
const words = () => config.glossary[language];
const LINGER = 250; // ms in which the pointer may cross from the ⓘ to its definition
const GAP = 6; // px between them, and from the edge of the window

/**
 * A term with its ⓘ. A label, a summary or a button cannot hold it: put `about` beside those.
 * @param {string} key of the glossary
 * @param {string} [label] as it stands here
 */
export const term = (key, label = key) => h("span", { class: "term" }, label, about(key, label));

/** The ⓘ alone. @param {string} key of the glossary @param {string} [spoken] the term as one says it here */
export const about = (key, spoken = key) => {
  listen();
  return h("button", {
    class: "term-ask", type: "button", "data-term": key,
    "aria-label": words().ask.replace("{term}", spoken), "aria-expanded": false,
  });
};

// ---- the definitions

/** @type {Promise<Glossary> | null} */
let loading = null;

/** @returns {Promise<Glossary>} */
const glossary = () => (loading ??= load().catch((problem) => {
  loading = null; // the next one that is opened tries again
  throw problem;
}));

const load = async () => {
  const file = FILES[language] ?? FILES.en;
  const answer = await fetch(new URL(file, import.meta.url));
  if (!answer.ok) throw new Error(`${file}: ${answer.status}`);
  return (await answer.json()).terms;
};

/** What is known of a term. @param {string} key @param {Glossary} terms @returns {Entry} */
export const entryOf = (key, terms, stages = config.stages) => {
  if (Object.hasOwn(terms, key)) return terms[key];
  const stage = stages.flatMap((one) => [one, ...one.parameters]).find(({ name }) => name === key);
  if (!stage) return { title: key, text: words().none };
  const { title, help } = stage;
  return { title: capital(title), text: `${capital(help)}. ${stage.hint}.` };
};

// ---- the one that is open

/** @type {HTMLElement | null} The ⓘ whose definition is open. */
let asked = null;
let stays = false; // after a click: until another one, Escape, or the focus goes
/** @type {ReturnType<typeof setTimeout> | undefined} */
let leaving;

const open = async (/** @type {HTMLElement} */ button) => {
  clearTimeout(leaving);
  if (asked === button) return;
  close();
  asked = button;
  button.setAttribute("aria-expanded", "true");
  const key = button.dataset.term ?? "";
  const lost = () => ({ title: key, text: words().lost });
  const entry = await glossary().then((terms) => entryOf(key, terms), lost);
  if (asked === button) show(entry);
};

const close = () => {
  clearTimeout(leaving);
  if (!asked) return;
  asked.setAttribute("aria-expanded", "false");
  [asked, stays] = [null, false];
  show(null);
};

/** @type {{ card: HTMLElement, spoken: HTMLElement } | null} What is seen, and what is heard. */
let places = null;

const show = (/** @type {Entry | null} */ entry) => {
  const { card, spoken } = (places ??= newPlaces());
  render(spoken, entry && `${entry.title}: ${entry.text}`);
  if (!entry) return card.hidePopover();
  render(card, h("b", {}, entry.title), h("span", {}, entry.text));
  card.showPopover();
  place();
};

const newPlaces = () => {
  const [card, spoken] = [document.createElement("div"), document.createElement("div")];
  card.className = "term-card";
  card.lang = spoken.lang = language;
  card.popover = "manual"; // above all else, whatever its layer
  card.ariaHidden = "true";
  spoken.className = "lab-spoken";
  spoken.role = "status";
  document.body.append(card, spoken);
  return { card, spoken };
};

/** Below its ⓘ, or above it where there is no room; inside the window in any case. */
const place = () => {
  if (!asked || !places) return;
  const [at, { style, offsetWidth, offsetHeight }] = [asked.getBoundingClientRect(), places.card];
  if (!at.width || at.bottom < 0 || at.top > innerHeight) return close();
  const wide = document.documentElement.clientWidth;
  const left = Math.min(at.left + at.width / 2 - offsetWidth / 2, wide - offsetWidth - GAP);
  const below = at.bottom + GAP;
  const top = below + offsetHeight > innerHeight - GAP ? at.top - GAP - offsetHeight : below;
  style.left = `${Math.max(GAP, left)}px`;
  style.top = `${Math.max(GAP, top)}px`;
};

// ---- who opens and closes it: one listener for all terms, also those that are yet to come

const termAt = (/** @type {Event} */ { target }) =>
  /** @type {HTMLElement | null} */ (target instanceof Element ? target.closest(".term-ask") : null);
const onCard = (/** @type {Event} */ { target }) => target instanceof Node && places?.card.contains(target);

/** @type {Record<string, (event: any) => void>} */
const HEARD = {
  pointerover: (event) => {
    const button = event.pointerType === "mouse" && termAt(event);
    if (button) open(button);
    else if (onCard(event)) clearTimeout(leaving);
    else if (asked && !stays && !asked.matches(":focus-visible")) leave();
  },
  pointerdown: (event) => termAt(event) || onCard(event) || close(),
  click: (event) => {
    const button = termAt(event);
    if (!button) return;
    event.preventDefault();
    if (button === asked && stays) return close();
    open(button);
    stays = true;
  },
  focusin: (event) => {
    const button = termAt(event);
    if (button?.matches(":focus-visible")) open(button);
  },
  focusout: (event) => termAt(event) === asked && close(),
  keydown: (event) => {
    if (event.key !== "Escape" || !asked) return;
    event.stopPropagation();
    close();
  },
  scroll: place,
};

const leave = () => {
  clearTimeout(leaving);
  leaving = setTimeout(close, LINGER);
};

let listening = false;
const listen = () => {
  if (listening || !globalThis.document) return;
  listening = true;
  for (const [event, heard] of Object.entries(HEARD)) document.addEventListener(event, heard, true);
  addEventListener("resize", place);
};
