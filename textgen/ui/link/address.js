// The address follows the page, and the page the address: what is shown, as a link; a link, as what is shown.
//
//   loadState("#v=1&tab=draws&temperature=0.5")   // or a record: what it leaves out is neutral
//   currentState()                                // the record of the open tab, every part of it
import { onTab, openedTab, openTabs } from "../frame/tabs.js";
import { awaitForm, formOf, onForm } from "../shell/forms.js";
import { store } from "../shell/lab.js";
import { flags, KEY } from "./opened.js";
import { decode, encode, formFields, neutralRecord, sharedOf, stateOf, tabs } from "./record.js";

/** @typedef {import("./record.js").Linked} Linked */

const OFTEN = 500; // ms: browsers refuse to change an address much more often
const WITHIN = ["sweep", "chaos", "calibration", "ratings"]; // tabs of the tab Experiments

/** What a tab shows, as links hold it. @param {string} [tab] @returns {Linked} */
export const currentState = (tab = openedTab()) => {
  const own = tabs().includes(tab) ? tab : "next";
  const said = { ...neutralRecord(own), ...sharedOf(store.state), ...formOf(own), tab: own };
  return decode(encode(said))?.record ?? neutralRecord(own);
};

/** The address of what a tab shows, for somebody else: without the flags that this page was opened with. */
export const linkTo = (record = currentState(), query = "") => {
  const { origin, pathname } = window.location;
  return `${origin}${pathname}${query}${encode(record)}`;
};

/**
 * Show what a link says.
 * @param {string | { tab: string, [part: string]: any }} link or some parts of a record
 * @returns {string[]} a sentence for each part that could not be read
 */
export const loadState = (link) => {
  const text = typeof link === "string" ? link.slice(Math.max(0, link.indexOf("#")))
    : encode({ ...neutralRecord(link.tab), ...link });
  const read = decode(text);
  if (!read) return ["that is no link to this page: it has no v=1"];
  const { record, problems } = read;
  const state = stateOf(record, store.state);
  const form = formOf(record.tab) && isSame(currentState(record.tab), record) ? null
    : awaitForm(record.tab, record);
  form?.load(record, state);
  store.set(state);
  form?.loaded(record);
  arrive(record.tab);
  return problems;
};

/** Whether a tab's form says already what a record does. @param {Linked} now @param {Linked} record */
const isSame = (now, record) => formFields(record.tab).every(({ name }) =>
  JSON.stringify(now[name]) === JSON.stringify(record[name]));

/** The tab that a link leads to, until it is open: what lies on the way there is no place of its own. */
let arriving = "";

const arrive = (/** @type {string} */ tab) => {
  if (tab === openedTab()) return;
  arriving = tab;
  openTabs(pathTo(tab));
};
/** The tabs to open for one, from the outermost. */
export const pathTo = (/** @type {string} */ tab) => (WITHIN.includes(tab) ? ["experiments", tab] : [tab]);

// ---- the address

/** This entry of the history is the page's own from now on, however soon it is loaded anew. */
const mark = () => {
  try {
    window.history.replaceState({ ...window.history.state, [KEY]: true }, "");
  } catch {
    // more often than this browser lets: the first change of the address does it
  }
};

/**
 * Keep the address as the page is, and the page as the address is, from now on.
 * @param {AbortSignal} signal @param {string} first the tab that is being opened; "" for the page's first
 * @param {(problems: string[]) => void} tell what of a link could not be read
 */
export const followAddress = (signal, first, tell) => {
  let at = ""; // the tab of the present entry of the history
  let pushes = false; // whether the next address is another entry
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  arrive(first || openedTab());
  mark();

  const write = () => {
    clearTimeout(timer);
    timer = undefined;
    if (!at || (formFields(at).length && !formOf(at))) return; // the room tells when it is there
    const hash = encode(currentState(at));
    const { history, location } = window;
    if (hash === location.hash && history.state?.[KEY] && !pushes) return;
    const entry = { ...history.state, [KEY]: true };
    const address = `${location.pathname}${location.search}${hash}`;
    try {
      if (pushes && !flags.embed) history.pushState(entry, "", address);
      else history.replaceState(entry, "", address);
      pushes = false;
    } catch {
      changed(); // more often than this browser lets
    }
  };
  const changed = () => {
    timer ??= setTimeout(write, OFTEN);
  };
  const tabChanged = () => {
    const tab = openedTab();
    if (tab === arriving) arriving = "";
    if (arriving || tab === at || !tabs().includes(tab)) return;
    if (timer !== undefined) write();
    pushes = at !== "";
    at = tab;
    write();
  };
  const moved = () => {
    const { hash } = window.location;
    const read = decode(hash);
    if (!read) return;
    clearTimeout(timer); // what was to be written is of the entry that was left
    timer = undefined;
    [at, pushes] = [read.record.tab, false];
    tell(loadState(hash));
    changed();
  };

  store.listen(changed, signal);
  onForm(changed);
  onTab(tabChanged, signal);
  window.addEventListener("popstate", moved, { signal });
  const leave = () => { arriving = ""; };
  window.addEventListener("pointerdown", leave, { signal, capture: true });
  window.addEventListener("keydown", leave, { signal, capture: true });
  const begin = () => (openedTab() ? tabChanged() : requestAnimationFrame(begin)); // the page is being built
  begin();
};
