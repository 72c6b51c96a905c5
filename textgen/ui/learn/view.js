// The Learn tab: lessons. Each asks, is answered by the models, asks why, and ends in the tab it is about.
import { component, whenSeen } from "../shell/component.js";
import { h, render } from "../shell/dom.js";
import { formChanged, keptForm, linkedForm } from "../shell/forms.js";
import { numberFrom, percent } from "../shell/format.js";
import { config as page } from "../shell/config.js";
import { store } from "../shell/lab.js";
import { createBars } from "../bars/bars.js";
import { tone } from "../bars/theme.js";
import { openTabs } from "../frame/tabs.js";
import { loadState, pathTo } from "../link/address.js";
import { createProblems, createTrying } from "../messages/problem.js";
import { keptSession, post, refusalText } from "../classroom/line.js";
import { language, say } from "../words/words.js";
import { eraseProgress, keepAnswer, keepWords, ownWords, progress } from "./progress.js";
import { handout } from "./handout.js";
import {
  barsOf, factsText, folded, guessKey, numberText, panelsOf, panelTitle, pathsOf, predicted, textsOf,
} from "./reveal.js";

/**
 * @typedef {{ kind: "choice" | "number" | "bars", options: string[], lowest: number,
 *   highest: number }} Question
 * @typedef {{ name: string, minutes: number, models: string[], context: string, numbers: string,
 *   table: string, predict: Question, explain: Question, facts: Record<string, "share" | "number">,
 *   shows: string,
 *   play: Record<string, any> & { tab: string }, temperature: number }} Lesson
 * @typedef {import("./reveal.js").Panel} Panel
 * @typedef {string | number | number[]} Answer
 * @typedef {{ value: number, right?: string, correct?: boolean, distance?: number }
 *   & import("./reveal.js").Revealed} Verdict
 * @typedef {import("../shell/dom.js").Child} Child
 */

const NEAR = { number: 0.1, bars: 0.1 }; // of the range, or of total variation: a good prediction

export const mount = component("learn", ({ root, config, ask, signal }) => {
  /** @type {Lesson[]} */
  const lessons = config.lessons;
  const first = { lesson: "", model: "", route: "" };
  const form = /** @type {typeof first} */ (
    keptForm("learn", first, () => Object.fromEntries(Object.keys(first).map(
      (name) => [name, form[/** @type {keyof typeof first} */ (name)]]))));
  const state = {
    panel: /** @type {Panel | null} */ (null),
    given: /** @type {{ predict: Answer | null, explain: Answer | null }} */ (
      { predict: null, explain: null }),
    verdict: /** @type {Verdict | null} */ (null), // of the prediction
    why: /** @type {Verdict | null} */ (null), // of the explanation
    busy: false,
    paper: /** @type {any} */ (null),
  };
  const problems = createProblems("learn");
  /** @type {import("../bars/bars.js").Bars[]} */
  const drawn = [];

  const current = () => lessons.find(({ name }) => name === form.lesson);
  const words = (/** @type {string} */ key, values = {}) => say(`learn.${form.lesson}.${key}`, values);

  // ---- what happens

  const trying = createTrying({
    problems, state, draw: () => draw(),
    refused: (problem, where) => problems.tell(where, refusalText(problem)),
  });
  const request = (more = {}) => ({ lesson: form.lesson, model: form.model || null, ...more });

  const open = (/** @type {string} */ name, model = "") => {
    Object.assign(form, { lesson: name, model });
    Object.assign(state, {
      panel: null, verdict: null, why: null, paper: null, given: { predict: null, explain: null },
    });
    if (!current()) {
      form.lesson = "";
      draw();
      formChanged();
      return;
    }
    formChanged();
    trying("open", async () => {
      const { panel } = await ask("open", request());
      if (form.lesson !== name || form.model !== model) return; // another one is open by now
      state.panel = panel;
      const lesson = /** @type {Lesson} */ (current());
      if (lesson.predict.kind === "number") {
        state.given.predict = (lesson.predict.lowest + lesson.predict.highest) / 2;
      }
      if (lesson.predict.kind === "bars") {
        state.given.predict = state.panel?.shares.slice(0, config.dragged) ?? [];
      }
    }).then(() => root.querySelector("h2")?.focus());
  };
  const commit = (/** @type {"predict" | "explain"} */ question) => {
    if (state.given[question] === null) {
      problems.tell(question, say("learn.choose"));
      draw();
      return;
    }
    trying(question, async () => {
      const { lesson, model } = form;
      const found = await ask("answer", request({ question, answer: state.given[question] }));
      if (form.lesson !== lesson || form.model !== model) return;
      if (question === "predict") state.verdict = found;
      else {
        state.why = found;
        keepAnswer(form.lesson, good(state.verdict) && found.correct);
      }
    }).then(() => /** @type {HTMLElement | null} */ (root.querySelector(".learn-now"))?.focus());
  };
  /** The same step, as a question to the class whose session runs in this browser. */
  const askClass = () => trying("predict", async () => {
    await post("ask", { ...keptSession(), question: { kind: "lesson", ...request() } });
    openTabs(pathTo("class"));
  });
  const good = (/** @type {Verdict | null} */ verdict) => {
    const lesson = current();
    if (!verdict || !lesson) return false;
    const { kind, lowest, highest } = lesson.predict;
    if (kind === "choice") return verdict.correct === true;
    const span = kind === "number" ? highest - lowest : 1;
    return (verdict.distance ?? 1) <= NEAR[kind] * span;
  };
  const play = () => {
    const { numbers, table, context, play: to, models } = /** @type {Lesson} */ (current());
    const source = numbers ? { numbers } : table ? { table } : { model: form.model || models[0], context };
    loadState({ ...source, ...to });
  };
  const print = () => trying("print", async () => {
    const { lesson } = form;
    const paper = await ask("handout", request());
    if (form.lesson !== lesson) return;
    state.paper = paper;
    draw();
    window.print();
  });

  // ---- the list

  const inRoute = (/** @type {string} */ name) => !form.route || config.routes[form.route].includes(name);
  const list = () => {
    const done = progress();
    return [
      h("p", { class: "learn-intro", key: "intro" }, say("learn.intro")),
      h("div", { class: "segments", role: "group", "aria-label": say("learn.routes"), key: "routes" },
        ["", ...Object.keys(config.routes)].map((minutes) => h("button", {
          type: "button", "aria-pressed": form.route === minutes,
          onclick: () => { form.route = minutes; draw(); },
        }, minutes ? say("learn.route", { n: minutes }) : say("learn.all")))),
      form.route && h("details", { class: "fold", key: "script" }, h("summary", {}, say("learn.script")),
        h("p", {}, say(`learn.script.${form.route}`))),
      h("ol", { class: "learn-list", key: "list" }, lessons.filter(({ name }) => inRoute(name)).map(
        ({ name, minutes }) => h("li", { key: name }, h("button", {
          type: "button", class: "learn-card card", onclick: () => open(name),
        }, h("b", {}, say(`learn.${name}.title`)), h("span", { class: "muted" }, say(`learn.${name}.ask`)),
        h("span", { class: "small muted" }, say("learn.minutes", { n: minutes }),
          name in done && h("span", { class: "learn-done" },
            done[name] ? say("learn.solved") : say("learn.seen"))),
        )))),
      Object.keys(done).length > 0 && h("p", { class: "small muted", key: "kept" }, say("learn.kept"), " ",
        h("button", { class: "quiet", type: "button", onclick: () => { eraseProgress(); draw(); } },
          say("learn.erase"))),
    ];
  };

  // ---- a question

  const option = (/** @type {"predict" | "explain"} */ question, /** @type {string} */ name) => {
    const verdict = question === "predict" ? state.verdict : state.why;
    const mark = verdict ? { right: verdict.right === name, chosen: state.given[question] === name } : null;
    const look = mark?.right ? " right" : mark?.chosen ? " wrong" : "";
    return h("label", { class: `learn-option${look}`, key: name },
      h("input", {
        type: "radio", name: `learn-${question}`, value: name, checked: state.given[question] === name,
        disabled: verdict !== null,
        onchange: () => {
          state.given[question] = name;
          problems.clear();
          draw();
        },
      }),
      h("span", {}, words(`${question}.${name}`)),
      mark?.right && h("span", { class: "learn-mark" }, say("learn.right")),
      mark?.chosen && !mark.right && h("span", { class: "learn-mark" }, say("learn.yours")));
  };
  const choices = (/** @type {"predict" | "explain"} */ question, /** @type {Question} */ { options }) =>
    h("fieldset", { class: "learn-options", ...problems.marks(question) },
      h("legend", {}, words(question === "predict" ? "ask" : "why")),
      options.map((name) => option(question, name)));

  const slider = (/** @type {Question} */ { lowest, highest }) => {
    const value = Number(state.given.predict);
    const move = (/** @type {any} */ { target }) => {
      const typed = numberFrom(target.value) || lowest;
      state.given.predict = Math.min(highest, Math.max(lowest, typed));
      draw();
    };
    const limits = { min: lowest, max: highest, step: 1, disabled: state.verdict !== null };
    return h("fieldset", { class: "learn-options" }, h("legend", {}, words("ask")),
      h("div", { class: "learn-number" },
        h("input", { type: "range", "aria-label": words("ask"), value, ...limits, oninput: move }),
        h("input", { type: "number", "aria-label": words("ask"), value, ...limits, onchange: move })));
  };
  const dragged = () => {
    const shares = /** @type {number[]} */ (state.given.predict ?? []);
    const sum = shares.reduce((all, share) => all + share, 0);
    const panel = /** @type {Panel} */ (state.panel);
    const move = (/** @type {number} */ i) => (/** @type {any} */ { target }) => {
      state.given.predict = shares.map((share, j) => (i === j ? Number(target.value) / 100 : share));
      draw();
    };
    return h("fieldset", { class: "learn-options" }, h("legend", {}, words("ask")),
      shares.map((share, i) => h("label", { class: "learn-bar", key: i },
        h("span", { class: "tok" }, panel.labels[i]),
        h("input", {
          type: "range", min: 0, max: 100, step: 1, value: Math.round(100 * share),
          disabled: state.verdict !== null, "aria-label": say("learn.bar", { label: panel.labels[i] }),
          oninput: move(i),
          "aria-valuetext": percent(share),
        }),
        h("span", { class: "learn-share" }, percent(share)))),
      h("p", { class: "muted small" }, sum > 1 ? say("learn.over", { n: Math.round(100 * sum) })
        : say("learn.left", { n: Math.round(100 * (1 - sum)) })));
  };
  const predictForm = (/** @type {Question} */ question) => {
    if (question.kind === "number") return slider(question);
    return question.kind === "bars" ? state.panel && dragged() : choices("predict", question);
  };

  // ---- what came of it

  const said = (/** @type {Lesson} */ lesson, /** @type {Verdict} */ verdict) => {
    if (lesson.predict.kind === "choice") {
      return verdict.correct ? say("learn.asYouSaid") : say("learn.other", {
        right: words(`predict.${verdict.right}`), yours: words(`predict.${state.given.predict}`),
      });
    }
    if (lesson.predict.kind === "bars") return say("learn.moved", { share: percent(verdict.distance ?? 0) });
    return say("learn.off", {
      yours: numberText(Number(state.given.predict)), value: numberText(verdict.value),
      distance: numberText(verdict.distance ?? 0),
    });
  };
  const factsOf = (/** @type {Lesson} */ { facts }, /** @type {Verdict} */ verdict) =>
    factsText(facts, verdict.facts);

  const drawBars = (
    /** @type {Panel} */ panel, /** @type {number} */ i, scale = 1, /** @type {number[]} */ guess = [],
  ) => {
    drawn[i] ??= createBars();
    const most = guess.length ? config.dragged : panel.labels.length; // of a guess the others are one bar
    const list_ = barsOf(panel.labels.slice(0, most), folded(panel.shares, most), guess);
    drawn[i].update(list_, { name: panelTitle(panel), colour: tone(panel.temperature), scale });
    const style = `--t:${tone(panel.temperature)}`;
    return h("section", { class: "card panel", key: `panel-${i}`, style },
      h("h3", { class: "learn-panel" }, panelTitle(panel)), drawn[i].node,
      guess.length > 0 && guessKey(say("learn.yourBars")));
  };
  /** The distributions; over the last one the bars that were dragged. */
  const drawnBars = (/** @type {Lesson} */ lesson, /** @type {Verdict} */ verdict) => {
    const panels = panelsOf(verdict);
    const guess = lesson.predict.kind !== "bars" ? []
      : predicted(/** @type {number[]} */ (state.given.predict));
    const scale = Math.max(...panels.flatMap(({ shares }) => shares), ...guess, 0.01);
    return panels.length > 0 && h("div", { class: "panels" },
      panels.map((panel, i) => drawBars(panel, i, scale, i === panels.length - 1 ? guess : [])));
  };
  const texts = (/** @type {Verdict} */ verdict) => {
    const sides = textsOf(verdict);
    return sides.length > 0 && h("div", { class: "panels" }, sides.map(({ temperature, title, body }) =>
      h("section", { class: "card panel", style: `--t:${tone(temperature)}` },
        h("h3", { class: "learn-panel" }, title), body)));
  };

  const reveal = (/** @type {Lesson} */ lesson, /** @type {Verdict} */ verdict) => [
    h("h3", { class: "learn-now", tabindex: -1, key: "reveal" }, say("learn.reveal")),
    h("p", { class: `learn-verdict${good(verdict) ? " right" : ""}`, role: "status" }, said(lesson, verdict)),
    drawnBars(lesson, verdict), texts(verdict), pathsOf(verdict),
    h("p", {}, words("told", factsOf(lesson, verdict))),
  ];
  const explained = (/** @type {Verdict} */ verdict) => [
    h("p", {
      class: `learn-verdict learn-now${verdict.correct ? " right" : ""}`, tabindex: -1, role: "status",
    },
      verdict.correct ? say("learn.asYouSaid") : say("learn.other", {
        right: words(`explain.${verdict.right}`), yours: words(`explain.${state.given.explain}`),
      })),
    h("p", {}, words("because", factsOf(/** @type {Lesson} */ (current()), state.verdict ?? verdict))),
    h("label", { class: "learn-own" }, say("learn.own"),
      h("textarea", {
        rows: 2, maxlength: 2000, value: ownWords(form.lesson),
        oninput: (/** @type {any} */ { target }) => keepWords(form.lesson, target.value),
      })),
  ];
  const ending = (/** @type {Lesson} */ lesson) => {
    const next = lessons[lessons.indexOf(lesson) + 1];
    return [
      h("h3", { key: "play" }, say("learn.play")), h("p", {}, words("play")),
      h("button", { class: "button", type: "button", onclick: play }, say("learn.open")),
      h("h3", { key: "limits" }, say("learn.limits")), h("p", {}, words("limits")),
      next && h("button", { class: "button primary", type: "button", onclick: () => open(next.name) },
        say("learn.next", { title: say(`learn.${next.name}.title`) })),
    ];
  };

  const button = (/** @type {"predict" | "explain"} */ question) => [
    h("button", {
      class: "button primary", type: "button", disabled: state.busy, onclick: () => commit(question),
    }, say(state.busy ? "learn.computing" : "learn.commit")),
    question === "predict" && keptSession() && h("button", {
      class: "button learn-class", type: "button", disabled: state.busy, onclick: askClass,
    }, say("learn.class")),
    problems.of(question),
  ];
  const modelChoice = (/** @type {Lesson} */ { name, models }) => models.length > 1 && h("label", {
    class: "field learn-model",
  }, say("learn.model"), h("select", {
    value: form.model || models[0],
    onchange: (/** @type {any} */ { target }) => open(name, target.value),
  }, models.map((model) => h("option", { value: model }, titleOf(model)))));

  const step = (/** @type {Lesson} */ lesson) => [
    h("div", { class: "learn-head", key: "head" },
      h("button", { class: "quiet", type: "button", onclick: () => open("") }, say("learn.back")),
      h("span", { class: "grow" }), modelChoice(lesson),
      h("button", { class: "button small", type: "button", disabled: state.busy, onclick: print },
        say("learn.print"))),
    problems.of("print"),
    h("h2", { tabindex: -1, key: "title" }, say(`learn.${lesson.name}.title`)),
    h("p", { class: "learn-life" }, words("life")),
    problems.of("open"),
    state.panel && !state.verdict && lesson.predict.kind !== "bars"
      && h("div", { class: "panels learn-first" }, drawBars(state.panel, 3)),
    lesson.table && h("pre", { class: "learn-table" }, lesson.table),
    predictForm(lesson.predict),
    !state.verdict && button("predict"),
    state.verdict && reveal(lesson, state.verdict),
    state.verdict && choices("explain", lesson.explain),
    state.verdict && !state.why && button("explain"),
    state.why && explained(state.why),
    state.why && ending(lesson),
    state.paper && handout(lesson, state.paper),
  ];

  const draw = () => {
    const lesson = current();
    render(root, h("div", { class: "learn", lang: language, key: form.lesson || "list" },
      lesson ? step(lesson) : list()));
  };

  open(form.lesson, form.model);
  linkedForm("learn", {
    read: () => ({ lesson: form.lesson }),
    load: ({ lesson }) => { if (lesson !== form.lesson) open(lesson); },
    loaded: () => {},
  }, () => store.state);
  whenSeen(root, draw, signal); // a session may have begun or ended meanwhile
  signal.addEventListener("abort", () => { drawn.length = 0; });
});

/** A model's title in the sidebar's list. */
const titleOf = (/** @type {string} */ name) =>
  page.models.flatMap(({ models }) => models).find((model) => model.name === name)?.title ?? name;
