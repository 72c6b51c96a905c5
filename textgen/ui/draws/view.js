// The Draws tab: its controls, one question at a time, and the loop that keeps adding.
import { painted, plot } from "../shell/chart.js";
import { component, isSeen, whenSeen } from "../shell/component.js";
import { h, render } from "../shell/dom.js";
import { keptForm } from "../shell/forms.js";
import { count, temperatureText, typedCount, typedNumber } from "../shell/format.js";
import { seedOf, sourceOf, store } from "../shell/lab.js";
import { saveMenu } from "../shell/save.js";
import { Problem } from "../shell/server.js";
import { onTheme } from "../shell/theme.js";
import { toast } from "../shell/toast.js";
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
 */

const QUICK = [1, 10, 100, 1000, 10000, 100000, 1000000];
const LOST = "The earlier draws are gone, since the page was loaded again: counting starts from none.";
const SAME = "The seed is kept, so the same draws came again: untick “keep it” beside the seed for others.";

export const mount = component("draws", ({ root, config, memory, signal, ask }) => {
  /** @type {Shown & { text: string, planned: number, open: boolean }} */
  const form = (memory.form ??= keptForm("draws", {
    temperatures: config.temperatures, at: config.at, page: 0, open: false,
    text: String(config.draws), planned: config.draws, // as typed, and the last number that can be
  }, () => memory.form));
  /** @type {{ basis: import("./counts.js").Basis, n: number, seed?: string, note: string }} What is shown. */
  const counts = (memory.counts ??= { basis: {}, n: 0, note: shownBefore() ? LOST : "" });
  /** @type {Answer | null} */
  let answer = null;
  let refusal = ""; // why the charts do not show what the sidebar says
  let running = false;
  let missed = true; // whether something changed while another tab was open
  let endToast = () => {};
  /** @type {Map<number, string>} Temperatures being typed, by their panel. */
  const drafts = new Map();

  // ---- asking: one question at a time; a look that waits is replaced by the next, draws are never dropped
  /** @type {Wish[]} */
  const wishes = [];
  let asked = ""; // the basis of the last question
  let busy = false;

  /** @param {Wish["event"]} event @param {Wish["changes"]} [changes] */
  const wish = (event, changes) => {
    const last = wishes.at(-1);
    if (event === "look" && last?.event === "look") last.changes = { ...last.changes, ...changes };
    else wishes.push({ event, changes });
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
  const fulfil = async (/** @type {Wish} */ { event, changes }) => {
    const shown = { temperatures: form.temperatures, at: form.at, page: form.page, ...changes };
    const now = basisOf(sourceOf(store.state), store.state.settings, shown.temperatures);
    asked = JSON.stringify(now);
    const same = sameBasis(now, counts.basis);
    const drawn = same && event !== "draw" ? counts.n : 0;
    const fresh = event !== "look" && !drawn;
    const seed = fresh ? seedOf(store.state) : counts.seed ?? "0"; // a look at nothing needs none
    const n = event === "look" ? form.planned : typedCount(form.text);
    const request = { ...now, seed, drawn, n, at: shown.at, page: shown.page };
    let next;
    try {
      next = await ask(event === "look" ? "look" : "draw", request);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      return refuse(problem.message, event === "look" && !changes);
    }
    const note = event === "draw" ? "" : !same && counts.n ? clearedBecause(now, counts.basis) : counts.note;
    const again = event === "draw" && same && counts.n === next.n && counts.seed === next.seed;
    if (fresh) store.set({ seed: next.seed });
    Object.assign(form, { temperatures: shown.temperatures, at: next.table.at, page: next.table.page });
    Object.assign(counts, { basis: now, n: next.n, seed: next.seed, note: again ? SAME : note });
    accept(next);
    if (event === "more" && running) goOn();
  };
  const accept = (/** @type {Answer} */ next) => {
    [answer, refusal] = [next, ""];
    endToast();
    remember(next.n);
    draw();
    paint();
  };
  /** A mistake in the sidebar is a sentence here while it lasts; one in our own controls is a toast. */
  const refuse = (/** @type {string} */ sentence, /** @type {boolean} */ quietly) => {
    running = false;
    if (quietly) refusal = sentence;
    else endToast = toast(sentence);
    draw();
  };

  // ---- the sidebar: while another tab is open the server is not asked, but when this one opens again
  const changed = () => (isSeen(root) ? wish("look") : (missed = true));
  store.listen((state) => {
    const now = basisOf(sourceOf(state), state.settings, form.temperatures);
    if (JSON.stringify(now) !== asked) changed();
  }, signal);
  whenSeen(root, () => {
    if (!missed) return;
    missed = false;
    wish("look");
  }, signal);

  // ---- the number of draws
  const setNumber = (/** @type {string} */ text) => {
    form.text = text;
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

  // ---- temperatures: those that were refused give way to those that are shown
  const setTemperatures = (/** @type {Temperature[]} */ temperatures) => {
    drafts.clear();
    const problem = repeated(temperatures);
    if (problem) refuse(problem, false);
    else wish("look", { temperatures });
  };
  const changeTemperature = (/** @type {number} */ k, /** @type {string} */ text) => {
    setTemperatures(form.temperatures.map((old, i) => (i === k ? typedNumber(text) : old)));
  };

  // ---- adding until stopped
  let started = 0;
  const step = () => {
    if (!running) return;
    if (!isSeen(root)) return stop();
    started = performance.now();
    wish("more");
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
    setNumber("100");
    wish("draw", { temperatures: [2], at: 0 });
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

  const controls = () => {
    const [n, typed] = [plannedNumber(), typedCount(form.text)];
    const follows = form.temperatures.includes(SLIDER);
    const most = form.temperatures.length >= config.most;
    return h("section", { class: "card draws-controls" },
      h("div", { class: "draws-row" },
        h("label", { class: "draws-label" }, "Draws ", h("input", {
          class: "draws-n", type: "text", inputmode: "numeric", maxlength: 40,
          "aria-label": "Number of draws", value: form.text,
          oninput: (/** @type {any} */ event) => setNumber(event.target.value),
        })),
        h("div", { class: "chips" }, QUICK.map((quick) => h("button", {
          class: "chip", type: "button", "aria-pressed": quick === typed,
          onclick: () => setNumber(count(quick)),
        }, count(quick)))),
        h("span", { class: "grow" }),
        h("span", { class: "draws-status", role: "status" }, status())),
      h("div", { class: "draws-row actions" },
        button("draw", "Draw", () => wish("draw"),
          { class: "button primary", title: "Start again from none", disabled: running }),
        button("more", n ? `Add ${count(n)} more` : "Add more", () => wish("more"),
          { title: "Add to the counts", disabled: running }),
        button("keep", running ? "■ Stop" : "▶ Keep adding", () => (running ? stop() : run()),
          { title: "Add again and again, live", "aria-pressed": running }),
        button("example", "100 draws at T = 2", example,
          { title: "One temperature, one hundred draws", disabled: running }),
        h("span", { class: "grow" }),
        button("follow", "Follow the slider", () => setTemperatures(sliderToggled(form.temperatures)), {
          title: "A panel at the temperature of the sidebar's slider", "aria-pressed": follows,
          disabled: most && !follows,
        }),
        button("add", "+ Temperature", () => setTemperatures(oneMore(form.temperatures)),
          { title: "Six at most", disabled: most }),
        menu));
  };
  const panels = (/** @type {Answer} */ shown) => shown.panels.map((panel, k) => panelCard(panel, shown, {
    key: k,
    live: form.temperatures[k] === SLIDER,
    draft: drafts.get(k),
    type: (text) => drafts.set(k, text),
    change: (text) => changeTemperature(k, text),
    remove: () => setTemperatures(form.temperatures.filter((_, i) => i !== k)),
    place: place(k),
  }));
  const toggle = () => {
    form.open = !form.open;
    draw();
  };
  const draw = () => {
    root.classList.toggle("stale", refusal !== "");
    render(root, controls(),
      h("p", { class: "note", role: "status" }, refusal || notes()),
      legend(answer?.panels.some((panel) => panel.removed > 0) ?? false),
      answer && h("div", { class: answer.panels.length > 4 ? "panels many" : "panels" }, panels(answer)),
      answer && h("div", { class: "pair" },
        tableCard(answer, { open: form.open, toggle, show: (changes) => wish("look", changes) }),
        h("div", { class: "draws-side" }, distanceCard(answer, place("distance")), chanceCard())));
  };
  draw();
});

// ---- the number of draws shown survives a reload of the page, so that their loss can be said
const KEY = "temperature-lab-draws";

const shownBefore = () => {
  try {
    return Number(sessionStorage.getItem(KEY)) > 0;
  } catch {
    return false; // storage is switched off
  }
};
const remember = (/** @type {number} */ n) => {
  try {
    sessionStorage.setItem(KEY, String(n));
  } catch {
    // storage is switched off
  }
};
