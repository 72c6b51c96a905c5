// The Next token tab: the context with its open place, a sentence, a panel a temperature, the pipeline, the
// numbers. A slider's way: here → bars/decoding.js → bars/bars.js.
import { barsOf, createBars, othersOf, othersText, removedText, statsOf } from "../bars/bars.js";
import { component } from "../shell/component.js";
import { config as page } from "../shell/config.js";
import { createViews, dataOf } from "../bars/decoding.js";
import { h, render } from "../shell/dom.js";
import {
  capital, clip, clipStart, effectOf, graphemes, numberFrom, temperatureText,
} from "../shell/format.js";
import { formChanged, keptForm, linkedForm } from "../shell/forms.js";
import { about } from "../glossary/glossary.js";
import { neutral, seedOf, sourceOf, store } from "../shell/lab.js";
import { createProblems, noteClass } from "../messages/problem.js";
import { saveMenu } from "../saving/save.js";
import { latest, Problem } from "../server/server.js";
import { onTheme, tone } from "../bars/theme.js";
import { areWords, contextSpans, removerTitle } from "../bars/tokens.js";
import { createPins } from "./pins.js";
import { createPipeline } from "./pipeline.js";
import { createUndo } from "../messages/undo.js";
import { createArithmetic, createNumbers, createRatio, sentence } from "./tables.js";

/**
 * @typedef {import("../bars/decoding.js").Data} Data
 * @typedef {import("../bars/decoding.js").Distribution} Distribution
 * @typedef {Record<string, string>} Source as requests name it: model and context, or typed-in numbers
 */

const PLAY = { from: 0.1, to: 3, seconds: 6 }; // one way
const FIRST_TEMPERATURES = [0.5, 1, 2];
const NEXT_TEMPERATURES = [1.5, 0.2, 3, 0.8, 1.2, 0];
const WIDE = 8; // characters of a label from which on a panel must be wider
const ZOOM = "Stretch all bars by the same factor, or let the full width be 100%";
const LOADED_AFTER = 500; // ms
const AT_REST = 700; // ms without a change, after which the sentence is spoken
const HINT_SEEN = "temperature-lab hint"; // in the browser's storage: for good

export const mount = component("next_token", ({ root, memory, config, ask, signal }) => {
  // `drawn`: tokens drawn from typed-in numbers, which have no context: they only line up
  const first = { temperatures: FIRST_TEMPERATURES, zoom: true, drawn: [], pins: [] };
  Object.assign(memory, keptForm("next_token", first, () => memory), { ...memory });
  /** @type {Data | null} What is drawn. */
  let data = null;
  /** @type {Source} The source that it was made from. */
  let source = {};
  let problem = ""; // why there is no distribution of what the sidebar says
  let wide = false; // whether labels are words
  let sampled = 0; // how many tokens in a row
  /** @type {{ frame: number, at: number } | null} The frame that is asked for, and the last temperature. */
  let playing = null;
  const views = createViews(neutral);

  // ---- the server's answers
  const same = (/** @type {Source} */ a, /** @type {Source} */ b) =>
    JSON.stringify(a) === JSON.stringify(b);

  /** @param {import("../bars/decoding.js").Answer} answer @param {Source} of */
  const show = (answer, of) => {
    if (!data || !same(of, source)) sampled = 0;
    if (data && data.vocabulary !== answer.vocabulary) memory.drawn = [];
    data = dataOf(answer, data);
    memory.drawn = memory.drawn.filter((/** @type {number} */ id) => data && id in data.labels);
    wide = data.labels.some((label) => label.length > WIDE && graphemes(label).length > WIDE);
    [source, problem] = [of, ""];
    draw();
  };
  /** @param {Source} of @returns {Promise<import("../bars/decoding.js").Answer>} */
  const lookAt = (of) => ask("look", { ...of, known: data?.vocabulary ?? null });
  const look = latest(lookAt, {
    answered: (answer, of) => same(of, sourceOf(store.state)) && show(answer, of),
    refused: ({ message }, of) => {
      if (!same(of, sourceOf(store.state))) return;
      problem = message.replace(/\.$/, ""); // the bars that stand are those of before
      draw();
    },
  });

  /** What the page opens with may be known; the first visitor's page still asks, which loads the model. */
  const open = () => {
    const now = sourceOf(store.state);
    const known = page.opening && same(page.opening.source, now) ? page.opening.answer : null;
    if (!known) return look(now);
    show(known, now);
    const load = () => ask("look", { ...now, known: known.vocabulary }).catch(() => {});
    if (!page.loaded) setTimeout(load, LOADED_AFTER);
  };

  /** A question whose answer changes the context, and shows what comes after it. */
  const change = async (/** @type {string} */ name, request = {}) => {
    const asked = sourceOf(store.state);
    problems.clear("context");
    try {
      const answer = await ask(name, { ...asked, ...request, known: data?.vocabulary ?? null });
      if (!same(asked, sourceOf(store.state))) return null; // somebody typed meanwhile
      const next = "context" in asked ? { ...asked, context: answer.context } : asked;
      const before = sampled;
      show(answer, next);
      sampled = answer.picked === undefined ? 0 : before + 1;
      if ("context" in asked) store.set({ context: answer.context });
      return answer;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problems.tell("context", error.message);
      draw();
      return null;
    }
  };
  const pick = (/** @type {number} */ id) => {
    hint.done();
    if (data?.model) {
      change("append", { id });
    } else {
      memory.drawn = [...memory.drawn, id];
      draw();
    }
  };
  const back = async () => {
    const [before, row] = [store.state.context, memory.drawn];
    if (!data?.model) {
      memory.drawn = row.slice(0, -1);
      draw();
      undo.discarded("last token taken away", () => (memory.drawn = row));
    } else if (await change("back")) {
      undo.discarded("last token taken away", () => store.set({ context: before }));
    }
  };
  const sample = async () => {
    const { settings } = store.state;
    const answer = await change("sample", { settings, seed: seedOf(store.state), step: sampled });
    if (!answer) return;
    store.set({ seed: String(answer.seed) });
    if (!data?.model) memory.drawn = [...memory.drawn, answer.picked];
    draw();
  };

  // ---- panels
  const legal = (/** @type {number} */ t) => t === 0 || (t >= config.lowest && t <= config.highest);
  const problems = createProblems("next_token"); // with a panel's temperature, by its place; 0: the live one
  /** Whether a temperature can be taken; if not, its panel says why. @param {string} text as typed */
  const accepts = (/** @type {number} */ panel, /** @type {number} */ t, text) => {
    problems.clear();
    if (legal(t)) return true;
    const range = `0 or from ${config.lowest} to ${config.highest}`;
    problems.tell(String(panel), `T must be ${range}, got ${clip(text, 40) || "nothing"}; 0 is greedy`);
    draw();
    return false;
  };
  const setLive = (/** @type {number} */ t, /** @type {string} */ text) => {
    if (!accepts(0, t, text)) return;
    stopPlaying();
    if (t === store.state.settings.temperature) draw(); // without the sentence about another one
    else store.set({ settings: { temperature: t } });
  };
  const setFixed = (/** @type {number} */ place, /** @type {number} */ t, /** @type {string} */ text) => {
    if (!accepts(place + 1, t, text)) return;
    memory.temperatures = memory.temperatures.with(place, t);
    draw();
  };
  const live = createPanel(null, { problems, onPick: pick, onTemperature: setLive, onRemove: null });
  /** @type {Panel[]} */
  let fixed = [];
  const makePanels = () => {
    fixed = memory.temperatures.map((/** @type {number} */ _, /** @type {number} */ i) => createPanel(i + 1, {
      problems, onPick: pick, onTemperature: (t, text) => setFixed(i, t, text),
      onRemove: memory.temperatures.length > 1 ? () => remove(i) : null,
    }));
  };
  const buildPanels = () => {
    makePanels();
    draw();
  };
  const remove = (/** @type {number} */ place) => {
    const t = memory.temperatures[place];
    memory.temperatures = memory.temperatures.toSpliced(place, 1);
    problems.clear();
    buildPanels();
    undo.discarded(`T = ${temperatureText(t)} removed`, () => {
      memory.temperatures = memory.temperatures.toSpliced(place, 0, t);
    });
  };
  const add = () => {
    const next = NEXT_TEMPERATURES.find((t) => !memory.temperatures.includes(t)) ?? 1;
    memory.temperatures = [...memory.temperatures, next];
    buildPanels();
  };

  // ---- the live temperature plays: up and down by itself
  const play = () => {
    const started = performance.now();
    const frame = (/** @type {number} */ now) => {
      const phase = ((now - started) / 1000 / PLAY.seconds) % 2;
      const share = Math.max(0, phase < 1 ? phase : 2 - phase);
      const temperature = Number((PLAY.from + (PLAY.to - PLAY.from) * share).toFixed(2));
      playing = { frame: requestAnimationFrame(frame), at: temperature };
      store.set({ settings: { temperature } });
    };
    playing = { frame: requestAnimationFrame(frame), at: store.state.settings.temperature };
    draw();
  };
  const stopPlaying = () => {
    if (!playing) return;
    cancelAnimationFrame(playing.frame);
    playing = null;
    draw();
  };

  // ---- drawing
  const pipeline = createPipeline((order) => store.set({ settings: { order } }));
  const numbers = createNumbers({ onPick: pick, redraw: () => draw() });
  const ratio = createRatio(() => draw());
  const arithmetic = createArithmetic(() => draw());
  const save = saveMenu({
    request: () => data && {
      kind: "distribution", ...source, panels: shownViews(data).map((view) => view.settings),
    },
    charts: () => [live, ...fixed].map((panel) => panel.picture()),
    name: () => `next-token-${data?.model || "own-numbers"}`,
    note: () => `after ${JSON.stringify(data?.model ? clipStart(source.context, 80) : "your own numbers")}`
      + ` · ${data?.model || "typed-in numbers"}`
      + (memory.zoom ? " · bars stretched, all by the same factor" : ""),
  });
  const undo = createUndo("next_token", { root, signal, restored: () => buildPanels() });
  const pins = createPins({ memory, most: config.pins, problems, undo, redraw: () => draw() });
  const shownViews = (/** @type {Data} */ now) => views(now, store.state.settings, temperatures());
  const temperatures = () => [store.state.settings.temperature, ...memory.temperatures];

  /** @param {string} text @param {string} title @param {() => void} onclick */
  const button = (text, title, onclick, more = {}) =>
    h("button", { class: "button", type: "button", title, onclick, ...more }, text);
  const strip = () => {
    const pieces = piecesOf(data, memory.drawn);
    const kind = `tokens${areWords(pieces) ? " words" : ""}${problem ? " old" : ""}`;
    return h("section", { class: "card strip", "aria-label": "Context" },
      h("div", { class: kind, "aria-live": "polite" }, contextSpans(pieces, data?.unseen)),
      h("div", { class: "actions" },
        undo.node,
        button("↶ Back", "Take the last token away", back, { disabled: !pieces.length || problem !== "" }),
        playing ? button("■ Stop", "Leave the live temperature as it is", stopPlaying, { "data-do": "stop" })
          : button("▶ Play T", "Move the live temperature from 0.1 to 3 and back", play,
            { "data-do": "write" }),
        button("Sample one", "Draw one token from the live panel's distribution", sample,
          { class: "button primary", "data-do": "sample", disabled: problem !== "" })),
      problems.of("context"));
  };
  const zoom = () => {
    memory.zoom = !memory.zoom;
    draw();
  };
  const note = () => h("p", { class: noteClass(problem), role: "status" },
    problem ? `${capital(problem)}. The bars below are those of before.` : data?.note || "");

  /** One sentence on the live distribution, spoken when it has come to rest, and what concerns all panels. */
  const lead = (/** @type {Data} */ now, /** @type {Distribution} */ shown, /** @type {number} */ scale) => {
    const parts = sentence(now, shown);
    speech.say(parts.map((part) => (typeof part === "string" ? part : part.token)).join(""));
    return h("div", { class: "lead" },
      h("p", { class: "sentence", "aria-hidden": true }, parts.map((part) =>
        (typeof part === "string" ? part : h("b", { class: "token" }, part.token)))),
      speech.node,
      h("div", { class: "panel-tools" },
        button(`Full width: ${Math.round(100 * scale)}%`, ZOOM, zoom,
          { class: "quiet", "aria-pressed": memory.zoom }),
        button("+ Temperature", "Add a panel (six at most)", add,
          { class: "quiet", disabled: memory.temperatures.length >= config.most }),
        save));
  };
  const scaleOf = createScale();
  const speech = createSpeech(signal);
  const hint = createHint(() => draw());

  /** The panels' part, once there is something to show; what stands there after a refusal cannot be used. */
  const drawing = (/** @type {Data} */ now) => {
    const shown = shownViews(now);
    const ids = pins.ids(now);
    const scale = memory.zoom ? scaleOf(now, shown, ids) : 1;
    const what = now.model ? "put it into the context" : "add it to the row of drawn tokens";
    const panels = [live, ...fixed].map((panel, i) => panel.describe(now, ids, shown[i], scale, what));
    const places = wide ? "panels temperatures wide" : "panels temperatures";
    return h("div", { class: problem ? "view old" : "view", inert: problem !== "" },
      lead(now, shown[0], scale),
      hint.describe(),
      h("div", { class: places, "data-scale": scale }, panels),
      pins.describe(now),
      arithmetic(now, shown[0]),
      pipeline(now, shown[0].steps),
      h("div", { class: "pair" }, numbers(now, shown, what), ratio(now, temperatures())));
  };
  const draw = () => {
    render(root, strip(), note(), data && drawing(data));
    formChanged();
  };

  store.listen((state, before) => {
    const wanted = sourceOf(state);
    if (playing && state.settings.temperature !== playing.at) stopPlaying(); // somebody else moves it
    if (same(wanted, source)) problem = "";
    else if (!same(wanted, sourceOf(before))) look(wanted);
    draw();
  }, signal);
  onTheme(() => draw(), signal);
  signal.addEventListener("abort", stopPlaying);
  linkedForm("next", {
    read: () => ({ temperatures: memory.temperatures, stretched: memory.zoom, pins: memory.pins }),
    load: ({ temperatures: fixedOnes, stretched, pins: kept }) => {
      stopPlaying();
      problems.clear();
      Object.assign(memory, { temperatures: fixedOnes, zoom: stretched, pins: kept });
      makePanels();
    },
    loaded: () => draw(),
  }, () => store.state);
  buildPanels();
  open();
});

/** The context; of typed-in numbers the tokens drawn. @returns {import("../bars/tokens.js").Piece[]} */
const piecesOf = (/** @type {Data | null} */ data, /** @type {number[]} */ drawn) => {
  if (!data) return [];
  return data.model ? data.pieces : drawn.map((id) => [data.labels[id], true]);
};

const SCALES = [0.02, 0.05, 0.1, 0.15, 0.25, 0.4, 0.6, 1];

/** The probability of the longest bar. @param {Data} data @param {Distribution} view @param {number[]} ids */
const longest = (data, { summary, probabilities }, ids) =>
  Math.max(summary.top, othersOf(data, ids, probabilities).probability);

/** One scale for all panels, which the longest bar nearly fills; a slider makes it larger, never smaller. */
const createScale = () => {
  /** @type {{ data: Data | null, rest: string, scale: number }} */
  let last = { data: null, rest: "", scale: 0 };
  /** @param {Data} data @param {Distribution[]} views @param {number[]} ids of the tokens with a bar */
  const scaleOf = (data, [live, ...fixed], ids) => {
    const others = { ...live.settings, temperature: 0 };
    const rest = JSON.stringify([others, fixed.map(({ settings }) => settings)]);
    const most = Math.max(...[live, ...fixed].map((view) => longest(data, view, ids)));
    const scale = SCALES.find((step) => step >= most) ?? 1;
    const same = last.data === data && last.rest === rest;
    last = { data, rest, scale: same ? Math.max(scale, last.scale) : scale };
    return last.scale;
  };
  return scaleOf;
};

/** Speaks a sentence once it has stayed for a while; silent while it changes. */
const createSpeech = (/** @type {AbortSignal} */ signal) => {
  const node = document.createElement("div");
  node.className = "lab-spoken";
  node.setAttribute("role", "status");
  let last = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const say = (/** @type {string} */ text) => {
    if (text === last) return;
    last = text;
    clearTimeout(timer);
    timer = setTimeout(() => (node.textContent = text), AT_REST);
  };
  signal.addEventListener("abort", () => clearTimeout(timer));
  return { node, say };
};

/** What a newcomer can do here, until it was done or dismissed once in this browser. */
const createHint = (/** @type {() => void} */ redraw) => {
  let seen = storage(() => localStorage.getItem(HINT_SEEN)) !== null;
  const done = () => {
    if (seen) return;
    seen = true;
    storage(() => localStorage.setItem(HINT_SEEN, "seen"));
    redraw();
  };
  const describe = () => !seen && h("div", { class: "newcomer", key: "hint" },
    h("p", {}, "A bar is how likely a token comes next. Pull the slider: the bars follow. "
      + "Click one: it joins the context."),
    h("button", { class: "quiet", type: "button", onclick: done }, "Got it"));
  return { describe, done };
};

/** A browser may forbid its storage. @template T @param {() => T} use @returns {T | null} */
const storage = (use) => {
  try {
    return use();
  } catch {
    return null;
  }
};

// ---- a panel: a temperature, its four numbers and its bars; the live one follows the slider

/**
 * @typedef {object} Actions
 * @property {ReturnType<typeof createProblems>} problems by panel
 * @property {(id: number) => void} onPick
 * @property {(temperature: number, text: string) => void} onTemperature NaN for what is no number
 * @property {(() => void) | null} onRemove
 */

const STEP = { live: 0.01, fixed: 0.05, key: 0.1 };

/** @param {number | null} place from 1; null: the live panel @param {Actions} actions */
export const createPanel = (place, { problems, onPick, onTemperature, onRemove }) => {
  const live = place === null;
  const own = live ? "the live panel" : `panel ${place}`;
  const field = String(place ?? 0);
  const label = `Temperature of ${own}`;
  const bars = createBars({ onPick });
  /** @type {string | null} A temperature being typed. */
  let draft = null;
  /** @type {{ of: any[], node: import("../shell/dom.js").Description } | null} */
  let last = null;
  /** @type {{ temperature: number, line: string }} */
  let shown = { temperature: 1, line: "" };

  const commit = (/** @type {any} */ { target }) => {
    if (draft === null) return;
    draft = last = null; // a refused number gives way to that of the bars
    onTemperature(numberFrom(target.value), target.value);
  };
  const keys = (/** @type {KeyboardEvent} */ event) => {
    const turn = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (event.key === "Enter") /** @type {any} */ (event.target).blur();
    if (!turn) return;
    event.preventDefault();
    draft = last = null;
    const next = Math.max(0, Number((shown.temperature + turn * (live ? STEP.live : STEP.key)).toFixed(2)));
    onTemperature(next, String(next));
  };

  /** @param {number} t @param {string} name */
  const header = (t, name) =>
    h("header", {},
      h("label", { class: "panel-title" }, "T = ", h("input", {
        class: "panel-t", type: "text", inputmode: "decimal", autocomplete: "off",
        "aria-label": label, value: draft ?? temperatureText(t),
        ...problems.marks(field),
        onkeydown: keys, onchange: commit, onblur: commit,
        oninput: (/** @type {any} */ event) => (draft = event.target.value),
      })),
      h("span", { class: "panel-word" }, live ? `live · ${effectOf(t)}` : effectOf(t)),
      onRemove && h("button", {
        class: "quiet", type: "button", title: "Remove this panel", "aria-label": `Remove ${own}, ${name}`,
        onclick: onRemove,
      }, "×"));
  const slider = (/** @type {number} */ t) => h("input", {
    class: "thermal-range", type: "range", min: 0, max: 3, step: live ? STEP.live : STEP.fixed,
    value: String(t), "aria-label": `${label}, slider`,
    "aria-valuetext": `${temperatureText(t)}, ${effectOf(t)}`,
    oninput: (/** @type {any} */ { target }) => onTemperature(target.valueAsNumber, target.value),
  });

  /**
   * The panel's description; its bars are brought up to date at once, unless nothing has changed.
   * @param {Data} data @param {number[]} ids of the tokens with a bar
   * @param {Distribution} view @param {number} scale @param {string} hint of a bar
   */
  const describe = (data, ids, view, scale, hint) => {
    const of = [data, ids, view, scale, hint, draft, problems.has(field) && {}];
    if (last && of.every((part, i) => part === last?.of[i])) return last.node;
    last = { of, node: made(data, ids, view, scale, hint) };
    return last.node;
  };
  /**
   * @param {Data} data @param {number[]} ids @param {Distribution} view @param {number} scale
   * @param {string} hint
   */
  const made = (data, ids, view, scale, hint) => {
    const { temperature } = view.settings;
    const [name, colour] = [`T = ${temperatureText(temperature)}`, tone(temperature)];
    const stats = statsOf(view);
    const others = othersText(data, ids, view);
    shown = { temperature, line: stats.map(([before, value, after]) => before + value + after).join(" · ") };
    bars.update(barsOf(data, ids, view, (id) => `removed by ${removerTitle(view.removedBy[id] ?? "")}`),
      { name: `Probabilities at ${name}`, colour, scale, hint });
    return h("section", {
      class: live ? "card panel live" : "card panel", style: `--t: ${colour}`,
      "aria-label": live ? `Live panel, ${name}` : `Panel ${place}, ${name}`,
    },
    h("div", { class: "panel-head" }, header(temperature, name), slider(temperature), problems.of(field)),
    h("div", { class: "panel-stats" }, stats.map(([before, value, after, key]) =>
      h("span", {}, before, h("b", {}, value), after, live && key && about(key)))),
    bars.node,
    h("div", { class: "panel-foot" },
      h("p", {}, others, others.includes("<unk>") && about("<unk>")), h("p", {}, removedText(view))));
  };
  const picture = () =>
    ({ title: `T = ${temperatureText(shown.temperature)}`, line: shown.line, drawing: bars.picture() });
  return { describe, picture };
};

/** @typedef {ReturnType<typeof createPanel>} Panel */
