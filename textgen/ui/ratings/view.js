// The Blind ratings part: choose, rate, gather, and in the end see what came of it. Until then the page
// itself does not know which text is which.
import { painted, plot } from "../bars/chart.js";
import { component, isSeen, whenSeen } from "../shell/component.js";
import { h, render } from "../shell/dom.js";
import { formChanged, keptForm, linkedForm } from "../shell/forms.js";
import { typedCount } from "../shell/format.js";
import { store } from "../shell/lab.js";
import { csvOf, download, savePicture } from "../saving/files.js";
import { createProblems } from "../messages/problem.js";
import { Problem } from "../server/server.js";
import { openTab } from "../frame/tabs.js";
import { onTheme } from "../bars/theme.js";
import { createUndo } from "../messages/undo.js";
import { currentRun } from "../sweep/form.js";
import { choiceCard, textCard } from "./rate.js";
import { doneCard, resultCards, titleOf } from "./result.js";
import { EACH, firstState, pickedOf, rated, ratedBy, selectionOf } from "./state.js";

/** @typedef {import("./state.js").State} State */

const NO_NAME =
  "Give a name first, so that your scores are not mixed with those of others: any name will do.";
const NO_NEXT = "The next rater needs a name, so that the scores are not mixed.";
const FIRST_A_SWEEP =
  "The texts that people rate here are those of a sweep. There is none on this page yet: run one in the " +
  "first part.";
const WHY = [
  "Who knows that a text was written at T = 2 reads it as nonsense. Here texts come in random order under " +
    "codes; neither you nor this page knows which is which until the end.",
  "Coherence and creativity are the two words that guides use of temperature. The sweep's own figures for " +
    "them are proxies; this is the measurement.",
];
const CLASS =
  "A class: everybody runs the same sweep, takes the same settings and seed, and so gets the same set; its " +
  "name tells. Save your scores and give the file to one of you, who loads them all. Texts are cut off at " +
  "the sweep's length: do not mind the end.";

export const mount = component("ratings", ({ root, config, memory, signal, ask }) => {
  const begins = firstState(config);
  const first = { ...begins, each: String(begins.each), seed: String(begins.seed) };
  const before = keptForm("ratings", first, () => ({ ...state, choices: null, note: "" }));
  const state = /** @type {State} */ (Object.assign(memory, { ...before, ...memory }));
  if (!state.set || (state.phase === "result" && !state.result)) state.phase = "choose";
  const problems = createProblems("ratings");
  const undo = createUndo("ratings", { root, signal, restored: () => draw() });
  const places = /** @type {{ text?: HTMLElement, chart?: HTMLElement }} */ ({});
  const set = (/** @type {Partial<State>} */ changes) => {
    Object.assign(state, changes);
    problems.clear();
    draw();
  };

  // ---- asking: one after another
  /** @type {Promise<unknown>} */
  let turn = Promise.resolve();
  /**
   * @param {string} name @param {() => object} request as things are when its turn has come
   * @param {(answer: any) => void} answered
   * @param {(problem: Problem) => void} [refused]
   */
  const asking = (name, request, answered, refused = byField(name)) => {
    turn = turn.then(async () => {
      try {
        answered(await ask(name, request()));
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        refused(problem);
      }
    });
  };
  /** A mistake stands by its field, or below the button that asked. */
  const byField = (/** @type {string} */ name) => (/** @type {Problem} */ problem) => {
    problems.clear();
    problems.refuse(problem, ["seed", EACH], name);
    draw();
  };
  const missing = (/** @type {string} */ field, /** @type {string} */ sentence) => {
    problems.clear();
    problems.tell(field, sentence);
    draw();
  };
  const ofSet = () => ({ ...state.selection, set: state.set?.set, ratings: state.ratings });

  // ---- from one phase to the next
  const look = () => {
    const run = currentRun();
    if (!run) return set({ run, choices: null });
    state.run = run;
    asking("choices", () => ({ run }),
      (choices) => set({ choices, note: "", picked: pickedOf(choices, state.picked) }),
      ({ message }) => set({ choices: null, note: message }));
  };
  const begin = () => {
    const [selection, rater] = [selectionOf(state), state.rater.trim()];
    if (!rater) return missing("rater", NO_NAME);
    asking("begin", () => selection, (answer) => {
      undo.forget();
      Object.assign(state, { selection, set: answer, ratings: [], result: null });
      start(rater);
    });
  };
  const start = (/** @type {string} */ who) => {
    set({ who, at: 0, phase: "rate" });
    places.text?.focus({ preventScroll: true });
  };
  const rate = (/** @type {number} */ score) => {
    const sheet = state.set?.sheet ?? [];
    state.ratings = rated(state, sheet[state.at][0], score);
    if (state.at === sheet.length - 1 && ratedBy(state) === sheet.length) set({ phase: "done" });
    else go(1);
  };
  const go = (/** @type {number} */ by) => {
    const last = (state.set?.sheet.length ?? 1) - 1;
    set({ at: Math.min(Math.max(state.at + by, 0), last) });
    if (places.text) places.text.scrollTop = 0;
  };
  const handOver = () => {
    const who = state.next.trim();
    if (!who) return missing("next", NO_NEXT);
    state.next = "";
    start(who);
  };
  /** Scores of others, each file added to what the page has by then. @param {string[]} files */
  const add = (files) => {
    for (const csv of files) {
      asking("add_scores", () => ({ ...ofSet(), csv }), ({ ratings }) => set({ ratings, pasted: "" }));
    }
  };
  const reveal = () => asking("reveal", ofSet, (result) => set({ result, phase: "result" }));
  const again = () => {
    const { ratings, result, phase, set: chosen } = state;
    undo.discarded(`${ratings.length} scores put aside`, () =>
      Object.assign(state, { ratings, result, phase, set: chosen }));
    set({ set: null, result: null, ratings: [], phase: "choose" });
    look();
  };

  // ---- files
  const save = () => {
    const name = state.set?.set ?? "";
    const rows = state.ratings.map((rating) => [name, ...rating]);
    download(`ratings-${name}.csv`, "text/csv", csvOf([["set", "item", "rater", "score"], ...rows]));
  };
  const json = () => {
    const all = { ...state.selection, ...state.result, figure: undefined, ratings: state.ratings };
    download(`ratings-${state.set?.set}.json`, "application/json", JSON.stringify(all, null, 1));
  };
  const picture = (/** @type {string} */ format) => {
    const { result } = state;
    if (!result) return;
    const note = `set ${result.set} · ${result.raters.length} raters · proxy below: by a computer`;
    const charts = [{ title: titleOf(result), plot: places.chart }];
    savePicture(charts, { name: `ratings-${result.set}`, note, format });
  };

  // ---- what stands where
  const phases = {
    choose: () => (state.choices ? choiceCard(state, config, { set, begin, problems }) : nothingYet()),
    rate: () => textCard(state, config, {
      rate, go, done: () => set({ phase: "done" }), ref: (element) => (places.text = element),
    }),
    done: () => doneCard(state, config, {
      set, add, reveal, save, problems, refuse: missing, back: () => set({ phase: "rate" }), next: handOver,
    }),
    result: () => state.result && resultCards(state.result, {
      save, json, picture, again, ref: (element) => (places.chart = element),
    }),
  };
  const nothingYet = () => (currentRun() && !state.note ? null : h("section", {
    class: "card ratings-none", key: "none",
  }, h("h3", {}, "First a sweep"), h("p", {}, FIRST_A_SWEEP),
  h("button", { class: "button primary", type: "button", onclick: () => openTab("sweep") }, "Go to Sweep")));

  /** @type {unknown[]} What the chart was last drawn from. */
  let drawn = [];
  const draw = () => {
    const { phase, note, result } = state;
    formChanged();
    const alone = phase === "rate" || phase === "result";
    render(root, h("p", { class: "note", role: "status" }, phase === "choose" ? note : ""), undo.node,
      h("div", { class: `ratings-all${alone ? " alone" : ""}${phase === "rate" ? " narrow" : ""}` },
        h("div", { class: "ratings-main" }, phases[phase]()), alone ? null : explanation()));
    const dark = document.body.classList.contains("dark");
    const now = [result, places.chart, dark];
    if (phase !== "result" || !result || !places.chart || !isSeen(places.chart)) return;
    if (now.every((part, i) => part === drawn[i])) return;
    drawn = now;
    plot(places.chart, painted(result.figure));
  };

  // ---- keys, where they mean nothing else: the arrows move from tab to tab as well
  const isTaken = (/** @type {any} */ { target, key }) => target.closest?.(
    `input, textarea, select, [role=combobox]${key.startsWith("Arrow") ? ", [role=tab]" : ""}`);
  document.addEventListener("keydown", (event) => {
    if (state.phase !== "rate" || !isSeen(root) || isTaken(event)) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const score = config.scores.find((/** @type {number} */ one) => String(one) === event.key);
    if (score) rate(score);
    else if (event.key === "ArrowLeft") go(-1);
    else if (event.key === "ArrowRight") go(1);
    else return;
    event.preventDefault();
  }, { signal });

  whenSeen(root, () => {
    if (state.phase === "choose" && currentRun() !== state.run) look();
    else draw();
  }, signal);
  onTheme(draw, signal);
  linkedForm("ratings", {
    read: () => ({
      each: typedCount(String(state.each)), question: state.question, order_seed: String(state.seed).trim(),
    }),
    load: ({ each, question, order_seed: seed }) =>
      Object.assign(state, { each: String(each), question, seed }),
    loaded: draw,
  }, () => store.state);
  draw();
  if (state.phase === "choose") look();
});

const explanation = () => h("section", { class: "card ratings-help" }, h("h3", {}, "Why blind"),
  WHY.map((text) => h("p", {}, text)), h("p", { class: "muted small" }, CLASS));
