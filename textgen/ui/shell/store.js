// What the sidebar says and all tabs share: one state, one way in (`set`), one way to listen.

/**
 * @typedef {{ order: string[], [stage: string]: any }} Settings a number for each stage, and their order
 * @typedef {object} State
 * @property {string} model a model's name, or `config.numbers` for typed-in numbers
 * @property {string} context the text before the next token
 * @property {string} numbers typed-in probabilities or logits
 * @property {string} kind what those are: auto, probabilities or logits
 * @property {Settings} settings
 * @property {string} seed digits: a whole number may be larger than a double holds
 * @property {boolean} locked whether the seed stays; else each result takes a new one
 *
 * @typedef {Partial<Omit<State, "settings">> & { settings?: Partial<Settings> }} Changes
 * @typedef {(state: State, before: State) => void} Listener
 */

/**
 * @param {State} initial
 */
export const createStore = (initial) => {
  let state = initial;
  /** @type {Set<Listener>} */
  const listeners = new Set();

  /** Change some of the state; those who listen are called if anything differs. @param {Changes} changes */
  const set = (changes) => {
    const before = state;
    const settings = { ...before.settings, ...changes.settings };
    const same = JSON.stringify(settings) === JSON.stringify(before.settings);
    state = { ...before, ...changes, settings: same ? before.settings : settings };
    const names = /** @type {(keyof State)[]} */ (Object.keys(state));
    if (names.every((name) => state[name] === before[name])) state = before;
    else for (const listener of [...listeners]) listener(state, before);
  };

  /** Call `listener` after each change, until `signal` ends it. @param {Listener} listener */
  const listen = (listener, /** @type {AbortSignal | undefined} */ signal = undefined) => {
    listeners.add(listener);
    signal?.addEventListener("abort", () => listeners.delete(listener));
  };

  return { get state() { return state; }, set, listen };
};

/** @typedef {ReturnType<typeof createStore>} Store */
