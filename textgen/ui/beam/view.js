// The Beam search tab: the tree as it grows, the ranking of what it found, and what greedy would do.
import { idleText } from "../generate/words.js";
import { component, isSeen, whenSeen } from "../shell/component.js";
import { config as page } from "../shell/config.js";
import { h, render } from "../shell/dom.js";
import { formChanged, keptForm, linkedForm } from "../shell/forms.js";
import { clip, clipStart, numberFrom, typedCount } from "../shell/format.js";
import { about, term } from "../glossary/glossary.js";
import { seedOf, store, typedIn } from "../shell/lab.js";
import { createProblems } from "../messages/problem.js";
import { saveMenu } from "../saving/save.js";
import { latest } from "../server/server.js";
import { areWords, contextSpans } from "../bars/tokens.js";
import { branchesOf, keyed, nats, picture, ranked, rowsOf, sentenceOf, tree } from "./tree.js";

/** @typedef {{ text: string, total: number }} Path one text, token by token */
/**
 * @typedef {object} View a finished search
 * @property {import("./tree.js").Columns} columns
 * @property {import("./tree.js").Hypothesis[]} hypotheses
 * @property {Path} greedy
 * @property {Path} sampled
 * @property {string} verdict how the best text compares with greedy's
 * @property {string} note
 * @property {import("../bars/tokens.js").Piece[]} pieces of the context
 * @property {number} unseen
 * @property {string} seed
 * @property {any} request
 */

const wholeOf = (/** @type {string} */ text) => (text === "" ? null : typedCount(text));
const PACE = 450; // ms a step while playing
const HEADS = ["text", term("Σ ln p"), "length", term("score")]; // of the ranking
const PENALTY = { min: -1, max: 2, step: 0.05 }; // of length
const PENALTY_RANGE = `Length penalty must be from ${PENALTY.min} to ${PENALTY.max}`;
const STALE = "The model or the context has changed: press Search.";
const HOW = "Point at a line, or move to it with the arrow keys, for its numbers.";

export const mount = component("beam", ({ root, config, memory, ask, signal }) => {
  const first = { ...config.form, width: String(config.form.width), length: String(config.form.length) };
  const form = (memory.form ??= keptForm("beam", first, () => memory.form));
  const result = { view: /** @type {View | null} */ (null), origin: {} }; // and what it is of
  memory.result ??= keptForm("beam result", result, () => memory.result);
  let { view, origin } = /** @type {typeof result} */ (memory.result);
  /** @type {{ step: number | null } | null} Of the link whose search is asked for. */
  let linked = null;
  let searching = false;
  const problems = createProblems("beam");
  let shown = view?.columns.length ?? 0;
  let pruned = false; // whether what the search dropped is unfolded
  /** @type {Set<string>} Rows that are folded or unfolded against that. */
  const flipped = new Set();
  const isOpen = (/** @type {string} */ name) => pruned !== flipped.has(name);
  let at = "start"; // the row of the tree that the keyboard comes to
  let pointed = ""; // the candidate that is pointed at, in numbers
  /** @type {ReturnType<typeof setInterval> | undefined} Ticks while the search is played. */
  let timer;

  // ---- asking
  /** @typedef {{ from: object, play: boolean, request: object }} Question */
  const search = latest((/** @type {Question} */ { request }) => ask("search", request), {
    answered: (answer, { from, play }) => {
      [view, origin, pointed, at] = [answer, from, "", "start"];
      flipped.clear();
      problems.clear();
      memory.result = { view, origin };
      store.set({ seed: answer.seed });
      shown = play ? 0 : Math.min(linked?.step ?? Infinity, answer.columns.length);
      linked = null;
      if (play) start();
      else pause();
    },
    refused: (problem) => {
      problems.clear();
      problems.refuse(problem, ["width", "length"], typedIn(store.state) ? "table" : "run");
      draw();
    },
    idle: (idle) => {
      searching = !idle;
      root.setAttribute("aria-busy", String(searching));
      if (!view) draw();
    },
  });
  const begin = (play = false) => {
    const from = originOf();
    const { settings, seed } = store.state;
    const request = { ...from, form: typed(), settings, seed: linked ? seed : seedOf(store.state) };
    search({ from, play: play && !linked, request });
  };
  /** The form with its numbers as numbers. */
  const typed = () => ({ ...form, width: wholeOf(form.width), length: wholeOf(form.length) });
  const originOf = () => {
    const { state } = store;
    return typedIn(state) ? {} : { model: state.model, context: state.context };
  };
  const stale = () => view !== null && JSON.stringify(originOf()) !== JSON.stringify(origin);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  root.setAttribute("aria-busy", "false");
  whenSeen(root, () => view || searching || begin(!still.matches), signal);
  /** What is drawn of the sidebar: most of its changes say nothing here. */
  const ofSidebar = () => `${stale()} ${typedIn(store.state)} ${heeded()}`;
  let drawnOfSidebar = "";
  store.listen(() => ofSidebar() !== drawnOfSidebar && draw(), signal);

  // ---- playing
  const start = () => {
    pause();
    if (!view) return;
    if (shown >= view.columns.length) shown = 0;
    timer = setInterval(() => (view && shown < view.columns.length ? show(shown + 1) : pause()), PACE);
    draw();
  };
  const pause = () => {
    clearInterval(timer);
    timer = undefined;
    draw();
  };
  signal.addEventListener("abort", pause);
  const show = (/** @type {number} */ step) => {
    shown = Math.min(Math.max(step, 0), view?.columns.length ?? 0);
    draw();
  };
  const goTo = (/** @type {number} */ step) => {
    pause();
    show(step);
  };

  // ---- the form
  /** Keep what was typed or chosen. @param {string} name @param {(target: any) => unknown} read */
  const keep = (name, read) => (/** @type {Event} */ { target }) => {
    form[name] = read(target);
    draw();
  };
  const number = (
    /** @type {string} */ name, /** @type {string} */ label,
    /** @type {import("../shell/dom.js").Child} */ more = null,
  ) => h("span", { class: "field" }, h("label", { class: "field" }, label, h("input", {
    class: "count-field", type: "text", inputmode: "numeric", autocomplete: "off", value: form[name],
    oninput: keep(name, ({ value }) => value), ...problems.marks(name),
  })), more, problems.of(name));
  const choice = (
    /** @type {string} */ name, /** @type {string} */ label, /** @type {string} */ spoken,
    /** @type {[string, string][]} */ options,
  ) => h("label", { class: "field" }, label,
    h("select", { "aria-label": spoken, value: form[name], onchange: keep(name, ({ value }) => value) },
      options.map(([value, text]) => h("option", { value }, text))));
  const tick = (
    /** @type {string} */ label, /** @type {boolean} */ checked,
    /** @type {(event: any) => void} */ onchange,
  ) => h("label", { class: "field tick" }, h("input", { type: "checkbox", checked, onchange }), label);
  const formRow = () => h("section", { class: "form" },
    number("width", "Width", about("beam width", "width")), number("length", "Length"),
    choice("stop", "A text ends at", "A text ends at", config.stops),
    h("span", { class: "field" }, choice("early", "Stop early", "Stop early", config.early),
      about("early stopping", "stop early")),
    h("span", { class: "field" },
      tick("beam sampling", form.sample, keep("sample", ({ checked }) => checked)), about("beam sampling")),
    h("p", { class: "muted beam-heeds" }, heeded()));
  /** What of the sidebar this search heeds. */
  const heeded = () => {
    const pane = { strategy: form.sample ? "beam_sampling" : "beam" };
    const idle = idleText(/** @type {any} */ (pane), store.state.settings, page.stages);
    if (!idle) return "Beam sampling heeds the temperature and all stages of the sidebar.";
    return `${idle[0].toUpperCase()}${idle.slice(1)}${form.sample ? ", since T = 0 draws nothing." : "; beam "
      + "sampling heeds them."}`;
  };
  const blackboard = () => h("section", { class: "card blackboard", key: "blackboard" },
    h("h3", {}, "Your own numbers"),
    h("p", { class: "muted" },
      "What follows what: the text so far, a colon, then each token with its probability. The first line, "
      + "with nothing before the colon, is the start."),
    h("textarea", {
      rows: 7, spellcheck: "false", "aria-label": "Conditional probabilities", value: form.table,
      oninput: keep("table", ({ value }) => value), ...problems.marks("table"),
    }), problems.of("table"));

  // ---- the parts
  const menu = saveMenu({
    request: () => view?.request,
    charts: () => {
      const title = `Beam search, width ${view?.request.beam.width}`;
      return view ? [{ title, line: "p, and Σ ln p", drawing: picture(branches(), look(bestOf())) }] : [];
    },
    name: () => `beam-${view?.request.model ?? "own-numbers"}`,
    note: () => `${view?.request.model ?? "typed-in numbers"} · after `
      + JSON.stringify(clipStart(view?.request.prompt ?? "", 80)),
  });
  const strip = () => {
    const pieces = view?.pieces ?? [];
    return h("section", { class: "card strip" },
      h("div", { class: areWords(pieces) ? "tokens words" : "tokens" },
        view && contextSpans(pieces, view.unseen)),
      h("div", { class: "actions" }, menu,
        h("button", {
          class: "button primary", type: "button", "data-do": "write", onclick: () => begin(),
        }, "Search"),
        about("beam search")),
      problems.of("run"));
  };
  /** @type {HTMLElement | undefined} */
  let scroller;
  const player = () => {
    const last = view?.columns.length ?? 0;
    return h("div", { class: "player" },
      h("button", { class: "button", type: "button", onclick: () => (timer ? pause() : start()) },
        timer ? "❚❚ Pause" : "▶ Play"),
      h("input", {
        type: "range", min: 0, max: last, step: 1, value: String(shown), "aria-label": "Step",
        "aria-valuetext": `step ${shown} of ${last}`,
        oninput: (/** @type {any} */ { target }) => goTo(Number(target.value)),
      }),
      h("span", { class: "muted counter" }, view && `step ${shown} of ${last}`),
      tick("show pruned", pruned, ({ target }) => {
        pruned = target.checked;
        flipped.clear();
        draw();
      }), about("pruned"));
  };
  const treeCard = () => h("section", { class: "card" },
    player(),
    h("div", { class: "beam-head", "aria-hidden": true },
      h("span", {}, "shared beginnings stand once"), h("span", {}, "p"), h("span", {}, "Σ ln p")),
    h("div", {
      class: "beam-scroll", opaque: true, ref: (/** @type {HTMLElement} */ node) => (scroller = node),
    }),
    h("p", { class: "muted hover" }, pointed || HOW));
  const branches = () => branchesOf(view?.columns ?? [], shown);
  /** @param {import("./tree.js").Place[]} best @returns {import("./tree.js").Look} */
  const look = (best) => ({
    columns: view?.columns ?? [], best, isOpen, at,
    onPoint: ({ name, branch, open }) => {
      const { chain, alive } = branch;
      const place = open === null && chain[chain.length - 1];
      pointed = place && view ? sentenceOf(view.columns, place, alive) : "";
      at = name;
      draw();
    },
    onToggle: toggle,
    onKey: (event) => {
      const { at: next, toggle: name } = keyed(rowsOf(branches(), isOpen), at, event.key);
      if (!next && !name) return;
      event.preventDefault();
      if (name) return toggle(name);
      at = next ?? at;
      draw();
      /** @type {HTMLElement | null | undefined} */ (scroller?.querySelector("[tabindex='0']"))?.focus();
    },
  });
  const toggle = (/** @type {string} */ name) => {
    if (!flipped.delete(name)) flipped.add(name);
    draw();
  };
  let drawnTree = "";
  let drawnView = view;
  /** Draw the tree, which may have a thousand rows, if it is another one. */
  const drawTree = (/** @type {import("./tree.js").Place[]} */ best) => {
    const wanted = JSON.stringify([shown, pruned, [...flipped], at, best]);
    if (!view || !scroller || (view === drawnView && wanted === drawnTree)) return;
    [drawnView, drawnTree] = [view, wanted];
    render(scroller, tree(branches(), look(best)));
  };

  // ---- the length penalty: a slider, and a field that takes 0.7 and 0,7
  /** @type {string | null} As it is being typed. */
  let penaltyTyped = null;
  const setPenalty = (/** @type {number} */ penalty, /** @type {string | null} */ text = null) => {
    [form.length_penalty, penaltyTyped] = [penalty, text];
    problems.clear("penalty");
    draw();
  };
  const typePenalty = (/** @type {string} */ text) => {
    const penalty = numberFrom(text);
    if (penalty >= PENALTY.min && penalty <= PENALTY.max) return setPenalty(penalty, text);
    penaltyTyped = text;
    problems.tell("penalty", `${PENALTY_RANGE}, got ${clip(text, 40) || "nothing"}; 0 ranks by the sum`);
    draw();
  };
  const leavePenalty = () => {
    if (problems.has("penalty")) return; // what was typed stays beside its sentence
    penaltyTyped = null;
    draw();
  };

  const ranking = () => (view ? ranked(view.hypotheses, form.length_penalty) : []);
  /** Where the best two texts end. */
  const bestOf = () => ranking().slice(0, 2).map(({ end }) => end);
  const rankCard = () => h("section", { class: "card ranking" }, h("h3", {}, "Ranking"),
    h("div", { class: "field wide" },
      h("label", { for: "beam-penalty" }, "length penalty"), about("length penalty"),
      h("input", {
        id: "beam-penalty", class: "count-field", type: "text", inputmode: "decimal", autocomplete: "off",
        value: penaltyTyped ?? form.length_penalty.toFixed(2), ...problems.marks("penalty"),
        oninput: (/** @type {any} */ { target }) => typePenalty(target.value), onblur: leavePenalty,
      }),
      h("input", {
        type: "range", ...PENALTY, value: String(form.length_penalty),
        "aria-label": "Length penalty, slider", "aria-valuetext": nats(form.length_penalty),
        oninput: (/** @type {any} */ { target }) => setPenalty(Number(target.value)),
      })),
    problems.of("penalty"),
    h("p", { class: "muted" },
      "score = Σ ln p ÷ length^penalty. The sums are negative, so above 0 long texts gain, below 0 short "
      + "ones."),
    h("div", { class: "scroll" }, h("table", {},
      h("thead", {}, h("tr", {}, HEADS.map((title) => h("th", { scope: "col" }, title)))),
      h("tbody", {}, ranking().map((text, i) => h("tr", { class: i < 2 ? "best" : "" },
        h("th", { scope: "row", class: "token" }, text.text,
          text.ended && h("span", { role: "img", "aria-label": "ended by its stop token" }, " ■")),
        h("td", {}, nats(text.total)), h("td", {}, text.length),
        h("td", { class: "strong" }, nats(text.score))))))),
    ranking().some(({ ended }) => ended) && h("p", { class: "muted small" }, "■ ended by its stop token"),
    view && h("div", { class: "compare" }, h("h3", {}, "Beside it"),
      path(term("greedy", "Greedy"), view.greedy), path(term("sampling", "Sampled"), view.sampled),
      h("p", { class: "muted" }, view.verdict, / nats /.test(view.verdict) && about("nats"))));
  const path = (/** @type {import("../shell/dom.js").Child} */ name, /** @type {Path} */ { text, total }) =>
    h("p", {}, h("b", {}, name), " ", h("span", { class: "token" }, text),
      h("span", { class: "muted" }, ` · Σ ln p ${nats(total)}`));

  const draw = () => {
    formChanged();
    drawnOfSidebar = ofSidebar();
    render(root, strip(), formRow(),
      h("p", { class: "note", role: "status" },
        stale() ? STALE : view?.note ?? (searching ? "Searching…" : ""),
        !stale() && / BOS\b/.test(view?.note ?? "") && about("BOS")),
      typedIn(store.state) && blackboard(),
      h("div", { class: stale() ? "beam-pair old" : "beam-pair" }, treeCard(), rankCard()));
    drawTree(bestOf());
  };
  linkedForm("beam", {
    read: () => ({
      ...typed(), early_stopping: EARLY[form.early], sampling: form.sample, pruned,
      table: typedIn(store.state) ? form.table : null,
      step: linked?.step ?? (view && shown < view.columns.length && !timer ? shown : null),
    }),
    load: ({ width, length, early_stopping: early, sampling: sample, table, ...fields }) => {
      pause();
      problems.clear();
      flipped.clear();
      const { length_penalty, stop } = fields;
      const word = Object.keys(EARLY).find((name) => EARLY[name] === early);
      Object.assign(form, { width: String(width), length: String(length), length_penalty, stop, sample });
      Object.assign(form, { early: word, table: table ?? config.form.table });
      [view, origin, pruned, linked] = [null, {}, fields.pruned, { step: fields.step }];
      memory.result = { view, origin };
    },
    loaded: () => {
      draw();
      if (isSeen(root)) begin();
    },
  }, () => store.state);
  draw();
});

/** @type {Record<string, string>} When a search stops early, by the form's word: as receipts say it. */
const EARLY = { no: "false", yes: "true", never: "never" };
