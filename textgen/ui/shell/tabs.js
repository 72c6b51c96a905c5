// The page's tabs, as a view opens another one.

/** Open a tab by its id: next, generate, draws, beam, experiments or model. @param {string} id */
export const openTab = (id) => {
  const tab = document.querySelector(`#tabs [role="tab"][data-tab-id="${id}"]`);
  /** @type {HTMLElement | null} */ (tab)?.click();
};
