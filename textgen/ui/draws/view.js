// The Draws tab: its controls, one question at a time, and the loop that keeps adding.
import { painted, plot } from "../bars/chart.js";
import { component, isSeen, whenSeen } from "../shell/component.js";
import { h, render } from "../shell/dom.js";
import { formChanged, keptForm, linkedForm } from "../shell/forms.js";
import { capital, count, temperatureText, typedCount, typedNumber } from "../shell/format.js";
import { seedOf, sourceOf, store, typedIn } from "../shell/lab.js";
import { createProblems, noteClass } from "../messages/problem.js";
import { saveMenu } from "../saving/save.js";
import { Problem } from "../server/server.js";
import { onTheme } from "../bars/theme.js";
import { areWords, contextSpans } from "../bars/tokens.js";
import { createUndo } from "../messages/undo.js";
import {
  basisOf, clearedBecause, oneMore, repeated, sameBasis, SLIDER, sliderToggled,
} from "./counts.js";
import { chanceCard, distanceCard, legend, panelCard, tableCard } from "./parts.js";

/** @typedef {import("./counts.js").Temperature} Temperature */
/** @typedef {import("./parts.js").Answer} Answer */
/** @typedef {{ temperatures: Temperature[], at: number, page: number }} Shown what an answer shows */
/**
 * @typedef {object} Wish
 * @property {"look" | "draw" | "more"} event
 * @property {Partial<Shown>} [changes] of this tab's own controls
 * @property {string} [field] by which a mistake is told
 * @property {string} [what] is thrown away besides counts
 * @property {Before} [before] what it takes to come back
 *
 * @typedef {{ basis: import("./counts.js").Basis, n: number, seed: string, note: string }} Counts as shown
 * @typedef {Shown & { text: string, planned: number, open: boolean, counts: Counts }} Form
 * @typedef {{ form: Form, seed: string }} Before a change
 */

const QUICK = [1, 10, 100, 1000, 10000, 100000, 1000000];
const NUMBER = "the number of draws"; // as a refusal names it
const SHOWN_PIECES = 60; // of the context
const SAME = "The seed is kept, so the same draws came again: untick “keep it” beside the seed for others.";

export const mount = component("draws", ({ root, config, memory, signal, ask }) => {
  /** @type {Form} */
  const form = (memory.form ??= keptForm("draws", {
    temperatures: config.temperatures, at: config.at, page: 0, open: false,
    text: String(config.draws), planned: config.draws, // as typed, and the last number that can be
    counts: { basis: {}, n: 0, seed: "0", note: "" },
  }, () => memory.form));
  const { counts } = form;
  /** @type {Answer | null} */
  let answer = null;
  let refusal = ""; // why the charts do not show what the sidebar says
  let running = false;
  let missed = true; // whether something changed while another tab was open
  const problems = createProblems("draws");
  const undo = createUndo("draws", { root, signal, restored: () => wish({ event: "look" }) });
  /** @type {Map<number, string>} Temperatures being typed, by their panel. */
  const drafts = new Map();

  // ---- asking: one question at a time; a look that waits is replaced by the next, draws are never dropped
  /** @type {Wish[]} */
  const wishes = [];
  let asked = ""; // the basis of the last question
  let busy = false;
  let loads = 0; // links that were loaded: an answer to what was asked before says nothing

  const wish = (/** @type {Wish} */ next) => {
    const last = wishes.at(-1);
    if (next.event !== "look" || last?.event !== "look") wishes.push(next);
    else {
      const [changes, before] = [{ ...last.changes, ...next.changes }, last.before ?? next.before];
      wishes[wishes.length - 1] = { ...last, ...next, changes, before };
    }
    if (!busy) work();
  };
  const work = async () => {
    setBusy(true);
    try {
      for (let next = wishes.shift(); next && !signal.aborted; next = wishes.shift()) await fulfil(next);
    } finally {
      setBusy(false);
    }
  };
  const setBusy = (/** @type {boolean} */ now) => {
    busy = now;
    root.setAttribute("aria-busy", String(now));
  };
  const fulfil = async (/** @type {Wish} */ { event, changes, field, what, before }) => {
    const shown = { temperatures: form.temperatures, at: form.at, page: form.page, ...changes };
    const now = basisOf(sourceOf(store.state), store.state.settings, shown.temperatures);
    asked = JSON.stringify(now);
    const same = sameBasis(now, counts.basis);
    const drawn = same && event !== "draw" ? counts.n : 0;
    const fresh = event !== "look" && !drawn;
    const seed = fresh ? seedOf(store.state) : counts.seed; // a look at nothing needs none
    const n = event === "look" ? form.planned : typedCount(form.text);
    const request = { ...now, seed, drawn, n, at: shown.at, page: shown.page };
    const asking = loads;
    let next;
    try {
      next = await ask(event === "look" ? "look" : "draw", request);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (asking === loads) refuse(problem, event === "look" && !changes, field);
      return;
    }
    if (asking !== loads) return;
    const note = event === "draw" ? "" : !same && counts.n ? clearedBecause(now, counts.basis) : counts.note;
    const again = event === "draw" && same && counts.n === next.n && counts.seed === next.seed;
    const lost = what ?? (counts.n && !drawn ? drawnText(counts.n) : "");
    if (lost && before && !again) discard(lost, before);
    if (fresh) store.set({ seed: next.seed });
    Object.assign(form, { temperatures: shown.temperatures, at: next.table.at, page: next.table.page });
    Object.assign(counts, { basis: now, n: next.n, seed: next.seed, note: again ? SAME : note });
    accept(next);
    if (event === "more" && running) goOn();
  };
  const accept = (/** @type {Answer} */ next) => {
    [answer, refusal] = [next, ""];
    problems.clear();
    drafts.clear();
    draw();
    paint();
  };
  /** A mistake in the sidebar is a sentence here while it lasts; one of ours stands by its field. */
  const refuse = (/** @type {Problem} */ problem, /** @type {boolean} */ quietly, field = "run") => {
    running = false;
    problems.clear();
    const before = answer ? "; the counts below are those of before" : "";
    if (quietly) refusal = capital(problem.message) + before;
    else problems.refuse(problem, [NUMBER], field);
    draw();
  };

  // ---- what is thrown away comes back: the same seed and number bring the same draws
  const snapshot = () => ({ form: structuredClone(form), seed: store.state.seed });
  const discard = (/** @type {string} */ what, /** @type {Before} */ before) => undo.discarded(what, () => {
    running = false;
    Object.assign(counts, before.form.counts);
    Object.assign(form, before.form, { counts });
    drafts.clear();
    store.set({ seed: before.seed });
  });
  const drawnText = (/** @type {number} */ n) => `${count(n)} ${n === 1 ? "draw" : "draws"} thrown away`;

  // ---- the sidebar: while another tab is open the server is not asked, but when this one opens again
  const changed = () => (isSeen(root) ? wish({ event: "look" }) : (missed = true));
  store.listen((state) => {
    const now = basisOf(sourceOf(state), state.settings, form.temperatures);
    if (JSON.stringify(now) !== asked) changed();
  }, signal);
  whenSeen(root, () => {
    if (!missed) return;
    missed = false;
    wish({ event: "look" });
  }, signal);

  // ---- the number of draws
  const setNumber = (/** @type {string} */ text) => {
    form.text = text;
    problems.clear(NUMBER);
    const n = plannedNumber();
    if (n) form.planned = n;
    draw();
    if (n && answer && !counts.n) changed(); // the bands stand for the draws to come
  };
  /** The number that is typed, if so many can be drawn. */
  const plannedNumber = () => {
    const n = typedCount(form.text);
    return typeof n === "number" && Number.isInteger(n) && n >= 1 && n <= config.limit ? n : null;
  };

  // ---- temperatures: what was typed and refused stays in its field
  /** @param {Temperature[]} temperatures @param {{ field?: string, what?: string }} [more] */
  const setTemperatures = (temperatures, { field, what } = {}) => {
    const problem = repeated(temperatures);
    if (problem) refuse(new Problem(problem), false, field);
    else wish({ event: "look", changes: { temperatures }, field, what, before: snapshot() });
  };
  const changeTemperature = (/** @type {number} */ k, /** @type {string} */ text) => {
    const temperatures = form.temperatures.map((old, i) => (i === k ? typedNumber(text) : old));
    setTemperatures(temperatures, { field: `panel${k}` });
  };
  const follow = () => {
    const what = form.temperatures.includes(SLIDER) ? "the slider's panel removed" : undefined;
    setTemperatures(sliderToggled(form.temperatures), { what });
  };
  const removeTemperature = (/** @type {number} */ k) => {
    const what = `T = ${temperatureText(answer?.panels[k].temperature ?? 1)} removed`;
    setTemperatures(form.temperatures.filter((_, i) => i !== k), { what });
  };

  // ---- adding until stopped
  let started = 0;
  const step = () => {
    if (!running) return;
    if (!isSeen(root)) return stop();
    started = performance.now();
    wish({ event: "more" });
  };
  const run = () => {
    running = true;
    draw();
    step();
  };
  const stop = () => {
    running = false;
    draw();
  };
  const goOn = () => {
    if (counts.n >= config.total) stop();
    else setTimeout(step, Math.max(0, config.tick - (performance.now() - started)));
  };
  const example = () => {
    running = false;
    const [before, what] = [snapshot(), "100 draws at T = 2"];
    setNumber("100");
    wish({ event: "draw", changes: { temperatures: [2], at: 0 }, what, before });
  };

  // ---- showing
  /** @type {Map<number | string, HTMLElement>} Where the charts are drawn. */
  const places = new Map();
  const place = (/** @type {number | string} */ name) => (/** @type {HTMLElement} */ node) => {
    places.set(name, node);
  };
  const paint = () => {
    if (!answer) return;
    if (!isSeen(root)) {
      missed = true; // a hidden chart has no width
      return;
    }
    answer.panels.forEach(({ figure }, k) => plotAt(k, figure));
    plotAt("distance", answer.distance);
  };
  const plotAt = (/** @type {number | string} */ name, /** @type {import("./parts.js").Figure} */ figure) => {
    const node = places.get(name);
    if (node) plot(node, painted(figure));
  };
  onTheme(paint, signal);

  const status = () => {
    if (!answer?.n) return "nothing drawn yet: the shades show what to expect";
    const each = answer.panels.length > 1 ? " at each temperature" : "";
    return `${count(answer.n)} ${answer.n === 1 ? "draw" : "draws"}${each} · seed ${answer.seed}`;
  };
  const full = `${count(config.total)} draws are all that one count holds: press Draw to start again.`;
  const notes = () =>
    [counts.n >= config.total ? full : counts.note, answer?.note].filter(Boolean).join(" ");

  const button = (
    /** @type {string} */ key, /** @type {string} */ text, /** @type {() => void} */ onclick,
    /** @type {object} */ more = {},
  ) => h("button", { class: "button", type: "button", key, onclick, ...more }, text);

  const menu = saveMenu({
    request: () => answer?.request,
    charts: () => [
      ...(answer?.panels ?? []).map((panel, k) => ({
        title: `T = ${temperatureText(panel.temperature)}`,
        line: `distance to the truth ${panel.distance} · ${panel.test}`,
        plot: places.get(k),
      })),
      { title: "Distance between the drawn shares and the probabilities", plot: places.get("distance") },
    ],
    name: () => `draws-seed-${answer?.seed}`,
    note: () => `${count(counts.n)} draws at each temperature · seed ${answer?.seed} · `
      + (answer?.request?.model ?? "typed-in numbers"),
  });

  /** What the draws come after. */
  const context = () => {
    if (!answer) return null;
    const { pieces, unseen } = answer;
    if (typedIn(store.state)) return h("p", { class: "muted draws-context" }, "Drawn from your own numbers");
    return h("div", { class: "draws-context" }, h("span", { class: "muted" }, "Drawn after "),
      h("span", { class: areWords(pieces) ? "tokens words" : "tokens" },
        contextSpans(pieces, unseen, SHOWN_PIECES)));
  };
  const controls = () => {
    const [n, typed] = [plannedNumber(), typedCount(form.text)];
    return h("section", { class: "card draws-controls" }, context(),
      h("div", { class: "draws-row" },
        h("label", { class: "draws-label" }, "Draws ", h("input", {
          class: "draws-n", type: "text", inputmode: "numeric", maxlength: 40,
          "aria-label": "Number of draws", value: form.text, ...problems.marks(NUMBER),
          oninput: (/** @type {any} */ event) => setNumber(event.target.value),
        })),
        h("div", { class: "chips" }, QUICK.map((quick) => h("button", {
          class: "chip", type: "button", "aria-pressed": quick === typed,
          onclick: () => setNumber(count(quick)),
        }, count(quick)))),
        h("span", { class: "grow" }),
        h("span", { class: "draws-status", role: "status" }, status()),
        problems.of(NUMBER)),
      h("div", { class: "draws-row actions" },
        button("draw", "Draw", () => wish({ event: "draw", before: snapshot() }),
          { class: "button primary", "data-do": "draw", disabled: running }),
        button("more", n ? `Add ${count(n)} more` : "Add more", () => wish({ event: "more" }),
          { disabled: running }),
        button("keep", running ? "■ Stop" : "▶ Keep adding", () => (running ? stop() : run()),
          { "aria-pressed": running, "data-do": running ? "stop" : "write" }),
        button("example", "100 draws at T = 2", example, { disabled: running }),
        undo.node),
      problems.of("run"));
  };
  /** What the marks of the charts mean, and what concerns all panels. */
  const lead = () => {
    const follows = form.temperatures.includes(SLIDER);
    const most = form.temperatures.length >= config.most;
    return h("div", { class: "draws-lead" },
      legend(answer?.panels.some((panel) => panel.removed > 0) ?? false),
      h("div", { class: "panel-tools" },
        button("follow", "Follow the slider", follow,
          { class: "quiet", "aria-pressed": follows, disabled: most && !follows }),
        button("add", "+ Temperature", () => setTemperatures(oneMore(form.temperatures)),
          { class: "quiet", disabled: most }),
        menu));
  };
  const panels = (/** @type {Answer} */ shown) => shown.panels.map((panel, k) => panelCard(panel, shown, {
    key: k,
    live: form.temperatures[k] === SLIDER,
    draft: drafts.get(k),
    type: (text) => {
      drafts.set(k, text);
      problems.clear(`panel${k}`);
      draw();
    },
    change: (text) => changeTemperature(k, text),
    remove: () => removeTemperature(k),
    place: place(k),
    problems,
  }));
  const toggle = () => {
    form.open = !form.open;
    draw();
  };
  const draw = () => {
    formChanged();
    root.classList.toggle("stale", refusal !== "");
    render(root, controls(),
      h("p", { class: noteClass(refusal), role: "status" },
        refusal || (answer ? notes() : "The model reads the context…")),
      lead(),
      answer && h("div", { class: answer.panels.length > 4 ? "panels many" : "panels" }, panels(answer)),
      answer && h("div", { class: "pair" },
        tableCard(answer, { open: form.open, toggle, show: (changes) => wish({ event: "look", changes }) }),
        h("div", { class: "draws-side" }, distanceCard(answer, place("distance")), chanceCard())));
  };
  linkedForm("draws", {
    read: () => {
      const { temperatures, at, page, open, planned } = form;
      const basis = basisOf(sourceOf(store.state), store.state.settings, temperatures);
      const drawn = sameBasis(basis, counts.basis) ? counts.n : 0;
      const seed = drawn && counts.seed !== store.state.seed ? counts.seed : null;
      const table = at === config.at ? null : at + 1;
      return { temperatures, n: planned, drawn, drawn_seed: seed, table, page: page + 1, open };
    },
    load: ({ temperatures, n, drawn, drawn_seed: seed, table, page, open }, state) => {
      running = false;
      loads += 1;
      wishes.length = 0;
      problems.clear();
      drafts.clear();
      const at = Math.min((table ?? config.at + 1) - 1, temperatures.length - 1);
      Object.assign(form, { temperatures, text: String(n), planned: n, at, page: page - 1, open });
      const basis = basisOf(sourceOf(state), state.settings, temperatures);
      Object.assign(counts, { basis, n: drawn, seed: seed ?? state.seed, note: "" });
    },
    loaded: () => changed(),
  }, () => store.state);
  draw();
});
