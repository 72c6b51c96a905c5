// The page's tabs: which one is open, opening another, and the keys that a list of tabs answers to.

/** Open a tab by its id: next, generate, draws, beam, experiments or model. @param {string} id */
export const openTab = (id) => {
  const tab = document.querySelector(`#tabs [role="tab"][data-tab-id="${id}"]`);
  /** @type {HTMLElement | null} */ (tab)?.click();
};

/**
 * Open a tab, and the tabs within it, as soon as they are there.
 * @param {string[]} ids from the outermost @param {number} [patience] frames
 */
export const openTabs = ([id, ...within], patience = 300) => {
  if (!id || !patience) return;
  const tab = document.querySelector(`#tabs [role="tab"][data-tab-id="${CSS.escape(id)}"]`);
  if (tab && tab.ariaSelected !== "true") /** @type {HTMLElement} */ (tab).click();
  if (tab) openTabs(within);
  else requestAnimationFrame(() => openTabs([id, ...within], patience - 1));
};

/** The ids of the tabs that are open, from the outermost. */
export const openedTabs = () => opened().map((tab) => tab.dataset.tabId ?? "");

/** The id of the tab that is open; within Experiments that of its part. */
export const openedTab = () => opened().at(-1)?.dataset.tabId ?? "";

/** Its title; within Experiments that of its part. */
export const openedTitle = () => opened().at(-1)?.textContent?.trim() ?? "";

const opened = () => /** @type {HTMLElement[]} */ (
  [...document.querySelectorAll('#tabs [role="tab"][aria-selected="true"]')]
    .filter((tab) => /** @type {HTMLElement | null} */ (
      tab.closest('[role="tabpanel"]'))?.style.display !== "none"));

/** Call back when another tab opens. @param {() => void} callback @param {AbortSignal} signal */
export const onTab = (callback, signal) => {
  // a frame later: a tab that opens may have tabs of its own
  const observer = new MutationObserver(() => requestAnimationFrame(callback));
  observer.observe(document.body, { subtree: true, attributes: true, attributeFilter: ["aria-selected"] });
  signal.addEventListener("abort", () => observer.disconnect());
};

/** A list of tabs is one tab stop with arrow keys inside; panels have names. @param {AbortSignal} signal */
export const listenToKeys = (signal) => {
  document.addEventListener("keydown", (event) => {
    const tab = /** @type {HTMLElement} */ (event.target).closest('[role="tab"]');
    const list = tab?.closest('#tabs [role="tablist"]');
    if (!tab || !list || event.ctrlKey || event.metaKey || event.altKey) return;
    const tabs = /** @type {HTMLElement[]} */ ([...list.querySelectorAll('[role="tab"]:not(:disabled)')]);
    const next = neighbour(tabs.indexOf(/** @type {HTMLElement} */ (tab)), tabs.length, event.key);
    if (next === null) return;
    event.preventDefault();
    tabs[next].click();
    tabs[next].focus();
  }, { signal });
  onTab(marked, signal);
  window.addEventListener("resize", marked, { signal }); // the open tab stays in sight
  const first = () => (opened().length ? marked() : requestAnimationFrame(first)); // the page is being built
  first();
};

/** Where a key leads from a place among `n`; null for keys that lead nowhere. */
export const neighbour = (
  /** @type {number} */ place, /** @type {number} */ n, /** @type {string} */ key,
) => {
  if (key === "Home") return 0;
  if (key === "End") return n - 1;
  if (key === "ArrowRight") return (place + 1) % n;
  return key === "ArrowLeft" ? (place + n - 1) % n : null;
};

const marked = () => {
  for (const tab of document.querySelectorAll('#tabs [role="tab"]')) {
    tab.setAttribute("tabindex", tab.ariaSelected === "true" ? "0" : "-1");
  }
  for (const tab of opened()) {
    const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
    panel?.setAttribute("aria-labelledby", tab.id);
    tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
};
