// The sweep whose results the page shows, for whoever wants its texts.

/** @type {string | null} */
let shown = null;

/** The id of the run; null where there is none yet. */
export const currentRun = () => shown;

export const setCurrentRun = (/** @type {string} */ run) => {
  shown = run;
};
