// How the page was opened: the flags behind the `?`, and the link behind the `#`, if there is one to show.
import { decode } from "./record.js";

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Kept */

const place = globalThis.location ?? { search: "", hash: "" };
const query = new URLSearchParams(place.search);
const isOn = (/** @type {string} */ name) => !["0", "false"].includes(query.get(name) ?? "0");

/** What the address asks for besides the state. */
export const flags = {
  embed: isOn("embed"), // the tab alone, for a frame in another page
  big: isOn("big"), // large type
  hide: (query.get("hide") ?? "").split(",").filter(Boolean), // parts of the page that are left out
  lesson: query.get("lesson") ?? "",
  lang: query.get("lang") ?? "",
};

/** @type {Kept} A browser that keeps nothing. */
const nothing = { getItem: () => null, setItem: () => {}, removeItem: () => {} };
const ofTab = () => {
  try {
    return globalThis.sessionStorage ?? nothing;
  } catch {
    return nothing;
  }
};

/** What this tab of the browser keeps until it is closed; of an embedded page nothing, so nothing is lost. */
export const kept = flags.embed ? nothing : ofTab();

/** Of what a tab keeps, and of the entries of its history that the page itself made. */
export const KEY = "temperature-lab";
const isReload = () => Boolean(globalThis.history?.state?.[KEY] && kept.getItem(KEY));

/** The link to show; null where the page begins as this tab left it. */
export const opened = isReload() ? null : decode(place.hash);

/** The lesson that `?lesson=` opens, as a link would; null where there is none, or a link to show instead. */
export const lesson = flags.lesson && !opened && !isReload()
  ? decode(`#v=1&tab=learn&lesson=${encodeURIComponent(flags.lesson)}`) : null;
