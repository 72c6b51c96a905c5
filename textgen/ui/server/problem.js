// What goes wrong between a page and the server: a sentence for the user, or nobody there.

/** What the user should be told. */
export class Problem extends Error {
  /** @param {string} sentence @param {string} [setting] that the sentence is about, as requests name it */
  constructor(sentence, setting = "") {
    super(sentence);
    this.setting = setting;
  }
}

/** An answer that is not the server's, but of what stands before it. */
export const isAway = (/** @type {Response} */ { status }) => status >= 502 && status <= 504;
