// The Sweep part of the Experiments tab: the form above, what was found below. The server holds the results.
import { component, isSeen, whenSeen } from "../shell/component.js";
import { h, render } from "../shell/dom.js";
import { formChanged, keptForm, linkedForm } from "../shell/forms.js";
import { count } from "../shell/format.js";
import { store } from "../shell/lab.js";
import { titleOf } from "../own/own.js";
import { createProblems } from "../messages/problem.js";
import { latest } from "../server/server.js";
import { onTheme } from "../bars/theme.js";
import { createUndo } from "../messages/undo.js";
import { sweepFiles } from "./files.js";
import {
  counted, currentRun, duration, existing, filled, firstForm, formCard, formLink, formOfLink, progressText,
  requestOf, setCurrentRun, sizeOf,
} from "./form.js";
import { differenceCard, firstPair, guideCard, metricCharts, numbersCard, textsCard } from "./results.js";

/** @typedef {import("./results.js").Look} Look */
/** @typedef {import("./results.js").Point} Point */
/** @typedef {import("./form.js").Message} Message */
/** @typedef {"strategy" | "model" | "prompt"} Kind what the charts may have a line for */
/** @typedef {{ lines: Kind, model: number, prompt: number, strategy: number }} View places in the settings */

const KINDS = { strategy: "Strategies", model: "Models", prompt: "Prompts" };
const NO_JUDGE = "none, so coherence is what the writer itself expects";
/** @type {Record<string, import("./form.js").Field>} Where a setting of the request is typed. */
const FIELDS = {
  models: "models", prompts: "prompts", temperature: "temperatures", temperatures: "temperatures",
  strategies: "strategies", seed: "first", seeds: "seeds", length: "length", judge: "judge",
};
const LOST = "The server gave no answer: the connection may be lost. What is on the page stays.";
const LEFT = "Stopped, since the page was loaded anew. The finished texts are kept, as shown below.";

/**
 * What was swept in two lines: all of it, or what a view shows of it.
 * @param {any} facts @param {View | null} view
 */
const wordsOf = ({ models, prompts, texts, of, tokens, seeds, first, length, judge, complete }, view) => {
  const seen = (/** @type {string[]} */ list, /** @type {"model" | "prompt"} */ kind) =>
    (view && view.lines !== kind ? [list[view[kind]]] : list);
  return [
    `${seen(models, "model").map(titleOf).join(" · ")} after ${seen(prompts, "prompt").join(", ")}`,
    [
      `${count(texts)}${complete ? "" : ` of ${count(of)}`} texts`, counted(tokens, "token"),
      `${counted(seeds, "seed")} from ${first}`, `at most ${counted(length, "token")} each`,
      `judge: ${judge ? titleOf(judge) : view ? "none" : NO_JUDGE}`,
    ].join(" · "),
  ];
};

export const mount = component("sweep", ({ root, config, memory, signal, ask, stream }) => {
  const start = {
    status: "", rate: 0, look: null, point: null, pair: null,
    view: { lines: "strategy", model: 0, prompt: 0, strategy: 0 }, all: false, metric: config.firstMetrics[0],
    guide: { by: "temperature", down: false, line: "all", own: false, open: false },
  };
  const results = () => ({
    ...kept, form: null, asked: null, last: null, ready: false, status: writing.busy() ? LEFT : kept.status,
  });
  /**
   * @type {{ form: import("./form.js").Chosen, status: string, problem: import("./form.js").Trouble | null,
   *   rate: number, last: Message | null, asked: import("./form.js").Form | null, look: Look | null,
   *   point: Point | null, pair: import("./results.js").Pair | null, view: View, all: boolean,
   *   metric: string, guide: import("./results.js").GuideState, ready: boolean }}
   *   What stays when the part is mounted again:
   *   `rate` is in tokens a second, `problem` was refused, `last` and `asked` are of what is written.
   */
  const kept = Object.assign(memory, {
    form: existing(keptForm("sweep", firstForm(config), () => memory.form)),
    problem: null, last: null, asked: null, ready: false,
    ...keptForm("sweep results", start, results), ...memory,
  });
  /** @type {{ answer: import("./results.js").Texts, point: Point } | null} The texts behind a point. */
  let texts = null;
  /** @type {import("./results.js").Difference[] | null} */
  let differences = null;
  /** @type {HTMLElement | null} */
  let reader = null;

  const problems = createProblems("sweep");
  const unanswered = createProblems("sweep-results"); // questions about what was found
  const undo = createUndo("sweep", { root, signal, restored: () => draw() });
  /** Change the form; `what` says what that throws away. */
  const change = (/** @type {Partial<import("./form.js").Chosen>} */ changes, what = "") => {
    const names = /** @type {(keyof typeof changes)[]} */ (Object.keys(changes));
    const before = Object.fromEntries(names.map((name) => [name, kept.form[name]]));
    const same = JSON.stringify(before) === JSON.stringify(changes);
    if (what && !same) undo.discarded(what, () => Object.assign(kept, { form: { ...kept.form, ...before } }));
    set({ form: { ...kept.form, ...changes }, problem: null });
  };

  // ---- writing: one sweep at a time
  const atATime = `${counted(config.limits.sweeps, "sweep")} at a time`;
  const writing = stream({
    message: (message) => {
      const before = kept.last?.version ?? 0;
      kept.last = message;
      if (message.version > before) showResults(message.run);
      kept.status = progressText(message);
      draw();
    },
    waits: (status) => set({ status }),
    ended: (why) => {
      kept.status = endText(why);
      const { last } = kept;
      if (last?.written && last.seconds > 0.2) kept.rate = last.written / last.seconds;
      if (why === "stopped" && last?.texts) showResults(last.run);
      keepReplaced();
      if (why === "lost") kept.problem = { field: "all", problem: LOST };
      draw();
    },
    refused: (sentence, setting) => (kept.problem = { field: FIELDS[setting] ?? "all", problem: sentence }),
  });
  const endText = (/** @type {string} */ why) => {
    const { last } = kept;
    if (why === "complete" && last) return `${counted(last.texts, "text")} in ${duration(last.seconds)}.`;
    if (why === "stopped") {
      if (!last?.texts) return "Stopped before the first texts were finished.";
      return "Stopped. The finished texts are kept, as shown below."; // the server may have finished more
    }
    return currentRun() ? "That was not done; the results below are as they were." : "That was not done.";
  };
  const run = () => {
    const form = filled(kept.form);
    if ("problem" in sizeOf(form, config.strategies, config.limits)) return toTrouble();
    Object.assign(kept, { asked: form, last: null, status: "Starting…", problem: null });
    writing.start("run", { request: requestOf(config, form) });
    draw();
  };

  /** To the field whose problem keeps the sweep from being run; where it is of all, to the temperatures. */
  const toTrouble = () => {
    const row = [...root.querySelectorAll(".sweep-row")].find((one) => one.querySelector(".lab-problem"));
    const field = row?.querySelector("[aria-invalid]") ?? row?.querySelector("button, textarea");
    /** @type {HTMLElement | null} */ (field ?? root.querySelector(".sweep-temperatures"))?.focus();
  };

  /** Let the server get ready for sweeps, once. */
  const ready = () => {
    if (!kept.ready) ask("ready", {}).catch(() => {}); // the first sweep then takes longer to begin
    kept.ready = true;
  };

  // ---- asking what is shown of a sweep
  const refused = (/** @type {string} */ question) => (/** @type {Error} */ { message }) => {
    unanswered.tell(question, message);
    draw();
  };
  const looking = latest((/** @type {object} */ request) => ask("look", request), {
    answered: (/** @type {Look} */ look) => {
      kept.look = look;
      unanswered.clear();
      if (!fitsPair(look)) kept.pair = firstPair(look);
      if (Number(kept.guide.line) >= look.lines.length) kept.guide.line = "all";
      compare();
      if (kept.point) read(kept.point);
      draw();
    },
    refused: refused("look"),
  });
  const reading = latest((/** @type {{ point: Point, cell: object, reach: boolean }} */ { cell }) =>
    ask("texts", { run: currentRun(), cell }), {
    answered: (answer, { point, reach }) => {
      texts = { answer, point };
      unanswered.clear("texts");
      draw();
      if (!reach || !kept.point) return;
      reader?.scrollIntoView({ block: "nearest" });
      reader?.querySelector("h3")?.focus({ preventScroll: true });
    },
    refused: refused("texts"),
  });
  const comparing = latest((/** @type {object} */ request) => ask("difference", request), {
    answered: ({ rows }) => {
      differences = rows;
      unanswered.clear("difference");
      draw();
    },
    refused: refused("difference"),
  });
  /** @type {(() => void) | null} Brings back the results that those of the sweep that is written replaced. */
  let replaced = null;
  const keepReplaced = () => {
    if (replaced) undo.discarded("The results before replaced", replaced);
    replaced = null;
  };
  const showResults = (/** @type {string} */ id) => {
    const [before, { look, view, pair, guide }] = [currentRun(), kept];
    if (before !== id) {
      replaced = before === null ? null : () => {
        setCurrentRun(before);
        Object.assign(kept, { look, view, pair, guide, point: null });
        [texts, differences] = [null, null];
        lookAgain();
      };
      const { strategies = [], models = [] } = kept.asked ?? {};
      const lines = strategies.length === 1 && models.length > 1 ? "model" : "strategy";
      Object.assign(kept, { view: { lines, model: 0, prompt: 0, strategy: 0 }, point: null, pair: null });
      [texts, differences] = [null, null];
    }
    setCurrentRun(id);
    lookAgain();
  };
  const lookAgain = () => looking({ run: currentRun(), view: kept.view });
  const show = (/** @type {Partial<View>} */ changes) => {
    Object.assign(kept, { view: { ...kept.view, ...changes }, point: null });
    texts = null;
    lookAgain();
    draw();
  };
  const cellOf = (/** @type {number} */ line, /** @type {number} */ temperature) =>
    ({ ...kept.view, [kept.view.lines]: line, temperature });
  const fitsPair = (/** @type {Look} */ { lines, temperatures }) => kept.pair &&
    kept.pair.line < lines.length && Math.max(kept.pair.first, kept.pair.second) < temperatures.length;
  const compare = () => {
    const { look, pair } = kept;
    if (!look || !pair || look.order.length < 2) return;
    const [first, second] = [cellOf(pair.line, pair.first), cellOf(pair.line, pair.second)];
    comparing({ run: currentRun(), first, second });
  };

  // ---- the texts behind a point
  const read = (/** @type {Point} */ point, reach = false) =>
    reading({ point, cell: cellOf(point.line, point.temperature), reach });
  const choose = (/** @type {number} */ line, /** @type {number} */ temperature) => {
    kept.point = { line, temperature };
    read(kept.point, true);
    draw();
  };
  const move = (/** @type {number} */ step) => {
    const { look, point } = kept;
    const next = look && point ? look.order[look.order.indexOf(point.temperature) + step] : undefined;
    if (point && next !== undefined) choose(point.line, next);
  };
  const closeReader = () => set({ point: null });
  const set = (/** @type {Partial<typeof kept>} */ changes) => {
    Object.assign(kept, changes);
    draw();
  };

  // ---- what stands where
  const charts = metricCharts(config, choose);
  const files = sweepFiles({
    config, look: () => kept.look,
    words: () => (kept.look ? wordsOf(kept.look.facts, kept.view) : []),
    shown: () => charts.shown(kept.all),
    run: currentRun,
  });
  const hint = () => h("p", { class: "muted sweep-hint", key: "hint" },
    "Press Run: charts appear while it writes, and stay when you stop it. Every result can be saved, cited " +
    `and repeated. This server writes ${atATime}; further ones wait. Of each visitor it writes ` +
    `${config.limits.running} at a time, and up to ${count(config.limits.visitor)} tokens a minute in all.`);
  const found = (/** @type {Look} */ look) => h("div", { class: "sweep-results", key: "results" },
    head(look),
    charts.view(look, kept.all, { toggle: () => set({ all: !kept.all }), redraw: draw }),
    unanswered.of("texts"),
    textsBehind(look),
    numbersCard(look, config.metrics, kept.metric, { choose: (metric) => set({ metric }), cell: choose }),
    h("div", { class: "pair" },
      guideCard(look, config.metrics, kept.guide, {
        set: (changes) => set({ guide: { ...kept.guide, ...changes } }), cell: choose,
      }),
      differenceCard(look, config.metrics, kept.pair ?? firstPair(look), differences, {
        problem: unanswered.of("difference"),
        set: (changes) => {
          kept.pair = { ...(kept.pair ?? firstPair(look)), ...changes };
          compare();
          draw();
        },
      })));
  const textsBehind = (/** @type {Look} */ look) => {
    if (!kept.point || !texts) return null;
    const { answer, point: { line, temperature } } = texts;
    const at = look.order.indexOf(temperature);
    const [first, last] = [at === 0, at === look.order.length - 1];
    const place = { name: look.lines[line].name, t: look.temperatures[temperature], first, last };
    const ref = (/** @type {HTMLElement} */ card) => (reader = card);
    return textsCard(answer, config.metrics, place, { move, close: closeReader, ref });
  };
  const head = (/** @type {Look} */ { facts }) => {
    const [title, line] = wordsOf(facts, null);
    return h("section", { class: "card sweep-head" },
      h("header", {},
        h("div", {}, h("h3", {}, title), h("p", { class: "muted" }, line)),
        h("span", { class: "grow" }),
        files),
      h("div", { class: "sweep-choice" }, choices(facts)),
      unanswered.of("look"),
      h("div", { class: "sweep-notes" },
        facts.notes.map((/** @type {string} */ note) => h("p", { class: "note" }, note))));
  };
  /** What has a line of its own, and which one of what has none. */
  const choices = (/** @type {any} */ { strategies, models, prompts }) => {
    /** @type {Record<Kind, string[]>} */
    const lists = { strategy: strategies, model: models.map(titleOf), prompt: prompts };
    const several = /** @type {Kind[]} */ (Object.keys(lists)).filter((kind) => lists[kind].length > 1);
    const compared = kept.view.lines;
    return [
      several.length > 1 ? [h("span", { class: "muted" }, "Compare"), h("div", { class: "segments" },
        several.map((kind) => h("button", {
          type: "button", "aria-pressed": compared === kind, onclick: () => show({ lines: kind }),
        }, KINDS[kind])))] : null,
      several.filter((kind) => kind !== compared).map((kind) => h("select", {
        key: kind, "aria-label": `Which of the ${KINDS[kind].toLowerCase()}`, value: String(kept.view[kind]),
        onchange: (/** @type {any} */ { target }) => show({ [kind]: Number(target.value) }),
      }, lists[kind].map((text, i) => h("option", { value: i }, text)))),
    ];
  };

  /** What the form says of itself, else what the server refused. */
  const tellProblem = () => {
    problems.clear();
    const size = sizeOf(filled(kept.form), config.strategies, config.limits);
    const trouble = "problem" in size ? size : kept.problem;
    if (trouble) problems.tell(trouble.field, trouble.problem);
  };
  const draw = () => {
    const { form, last, status: text, rate, look } = kept;
    const busy = writing.busy();
    const progress = { busy, share: busy && last ? last.written / last.total : 0, text, rate };
    tellProblem();
    formChanged();
    render(root,
      formCard(config, form, progress, {
        problems, set: change, run, stop: writing.stop, undo: undo.node,
      }),
      look ? found(look) : [unanswered.of("look"), hint()]);
    root.setAttribute("aria-busy", String(busy));
    if (look && isSeen(root)) charts.draw(look, kept.all, kept.point);
  };
  store.listen(draw, signal);
  whenSeen(root, () => {
    draw();
    ready();
  }, signal);
  onTheme(draw, signal);
  linkedForm("sweep", {
    read: () => formLink(kept.form),
    load: (fields) => change(formOfLink(fields, config), "The form of before the link replaced"),
    loaded: draw,
  }, () => store.state);
  draw();
  if (currentRun()) lookAgain();
});
