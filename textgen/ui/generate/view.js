// The Generate tab: one prompt, one seed, up to four texts.
import { component } from "../shell/component.js";
import { config } from "../shell/config.js";
import { h, render } from "../shell/dom.js";
import { formChanged, keptForm, linkedForm } from "../shell/forms.js";
import { count, graphemes, typedCount, typedNumber } from "../shell/format.js";
import { about, term } from "../glossary/glossary.js";
import { seedOf, store, typedIn } from "../shell/lab.js";
import { createProblems } from "../messages/problem.js";
import { Problem } from "../server/server.js";
import { openTab } from "../frame/tabs.js";
import { createUndo } from "../messages/undo.js";
import {
  fieldOf, paneLink, paneOf, paneTree, rateText, temperatureProblem, writtenLength,
} from "./pane.js";
import {
  branchOf, createSession, divergence, INVITATION, openLengths, textOf, textRate, totalRate, wholeRun,
} from "./run.js";
import { createCard, createText, keepLines, SURPRISE_STEPS } from "./text.js";
import { createReader } from "./read.js";
import { copyText, runMenu, summaryLine } from "./words.js";

/**
 * @typedef {import("./pane.js").FormPane} FormPane
 * @typedef {import("./text.js").Place} Place
 * @typedef {import("./run.js").Run} Run
 *
 * @typedef {object} Form
 * @property {FormPane[]} panes
 * @property {string} preset the panes' name, where they are one of the presets
 * @property {string} length as it was typed
 * @property {boolean} colour by surprise
 *
 * @typedef {Omit<FormPane, "typed"> & { expect: string }} GuidePane
 * @typedef {object} Config what textgen/ui/generate/tab.py says once
 * @property {number[]} temperatures
 * @property {number} lowest temperature above 0
 * @property {number} highest
 * @property {number} length
 * @property {number} width
 * @property {number} maxLength
 * @property {number} maxPanes
 * @property {number} maxWidth
 * @property {import("./pane.js").Strategy[]} strategies
 * @property {GuidePane[]} guide
 * @property {string} noModel
 * @property {import("../bars/chart.js").Figure} surprise
 *
 * @typedef {import("./run.js").Memory & { form: Form }} Memory
 */

const VISIBLE = new Map([[" ", "␣"], ["\n", "⏎"], ["\t", "⇥"], ["\r", "␍"]]);
const SHOWN = 400; // characters of the context in the strip
const SLIDER = config.stages.find(({ name }) => name === "temperature")?.high ?? 0; // the highest on it
const KEPT = "These texts were written before the page was loaded anew. Continue goes on from their ends.";
const COPIED = 1_500; // ms that a button says so

/** @param {Config} own @param {number} temperature @returns {FormPane} */
const newPane = (own, temperature, strategy = own.strategies[0].name) =>
  ({ temperature, strategy, width: own.width, changes: {} });

/** @type {Record<string, { title: string, hint: string, panes: (own: Config) => FormPane[] }>} */
const PRESETS = {
  temperatures: {
    title: "Temperatures", hint: "One strategy at four temperatures",
    panes: (own) => own.temperatures.map((temperature) => newPane(own, temperature)),
  },
  strategies: {
    title: "Strategies", hint: "Every strategy at T = 1, as learned",
    panes: (own) => own.strategies.map(({ name, alone }) => newPane(own, alone ?? 1, name)),
  },
  guide: {
    title: "The guide's four",
    hint: "Four combinations that guides to text generation name, each with what to expect",
    panes: (own) => structuredClone(own.guide),
  },
};

/** @param {Config} own @returns {Form} */
const firstForm = (own) => ({
  panes: PRESETS.temperatures.panes(own), preset: "temperatures", length: String(own.length), colour: true,
});

export const mount = component("generate", ({ root, config: given, memory: held, signal, ask, stream }) => {
  const own = /** @type {Config} */ (given);
  const memory = /** @type {Memory} */ (held);
  memory.form ??= keptForm("generate", firstForm(own), () => memory.form);
  if (memory.run === undefined) {
    const first = { run: /** @type {Run | null} */ (null) };
    const run = wholeRun(keptForm("generate texts", first, () => ({ run: memory.run })).run);
    Object.assign(memory, { run, vocabulary: run?.vocabulary ?? null, status: run ? KEPT : INVITATION });
  }
  const { form } = memory;
  const problems = createProblems("generate");
  const undo = createUndo("generate", { root, signal, restored: () => draw() });
  const session = createSession({
    memory, stream, config: own,
    length: () => (form.length === "" ? "nothing" : typedCount(form.length)),
    changed: () => schedule(),
    began: (run, before) => {
      store.set({ seed: run.head.seed });
      if (before) undo.discarded("texts written anew", () => bringBack(before));
    },
    refused: (message, setting) => problems.refuse(new Problem(message, setting), ["length"], "write"),
  });
  const card = createCard({
    onOpen: (place) => openAt(place),
    onBranch: (place, id) => act(() => {
      card.hide(true);
      session.branch(place, id);
    }),
  });
  const texts = Array.from({ length: own.maxPanes }, (_, text) => createText({
    show: (span, index, pinned) => memory.run && card.show(span, { text, index }, memory.run, pinned),
    hide: () => card.hide(),
    enter: card.focus,
    pinned: () => card.pinned,
    held: () => card.pinned && card.place?.text === text,
    name: `text ${text + 1}`,
  }));
  const menu = runMenu(() => memory.run, own.surprise);
  const reader = createReader({ ask, signal, changed: () => draw(), surprise: own.surprise });
  const contextNode = document.createElement("div");
  contextNode.className = "tokens";
  /** @type {{ pane: number, says: string } | null} */
  let copied = null;
  let linked = false; // whether the texts that are written are a link's

  // ---- the form
  /** Do what a control is for, and show it at once. @param {() => void} how */
  const act = (how) => {
    how();
    draw();
  };
  /**
   * Change the panes or their texts in a way that can be undone.
   * @param {string} what is done @param {() => void} how
   */
  const change = (what, how) => act(() => {
    const [panes, { preset }, { run, status }] = [structuredClone(form.panes), form, memory];
    const written = run && [...run.texts];
    session.stop();
    problems.clear();
    how();
    undo.discarded(what, () => {
      session.stop();
      Object.assign(form, { panes, preset });
      Object.assign(memory, { run: run && Object.assign(run, { texts: written }), writing: null, status });
    });
  });
  /** Texts that others took the place of, in panes as they were written. @param {Run} run */
  const bringBack = (run) => {
    session.stop();
    const panes = run.texts.map(({ pane }) => structuredClone(pane));
    Object.assign(form, { panes, preset: "" });
    Object.assign(memory, { run, writing: null, status: "The texts of before." });
  };
  const choosePreset = (/** @type {string} */ name) => {
    change(`${PRESETS[name].title} chosen`, () => {
      Object.assign(form, { panes: PRESETS[name].panes(own), preset: name });
      session.drop();
    });
    if (!typedIn(store.state)) act(write);
  };
  const addPane = () => {
    const used = form.panes.map((pane) => pane.temperature);
    form.panes.push(newPane(own, own.temperatures.find((t) => !used.includes(t)) ?? 0.8));
    form.preset = "";
  };
  const removePane = (/** @type {number} */ index) => change(`text ${index + 1} removed`, () => {
    form.panes.splice(index, 1);
    form.preset = "";
    memory.run?.texts.splice(index, 1);
    memory.writing = null;
    memory.status = memory.run?.texts.length ? `Text ${index + 1} is removed.` : INVITATION;
    if (!memory.run?.texts.length) memory.run = null;
  });
  const setTemperature = (
    /** @type {FormPane} */ pane, /** @type {number} */ index, /** @type {string} */ typed,
  ) => {
    const problem = temperatureProblem(typed, own);
    if (problem) problems.tell(fieldOf(index), problem);
    else problems.clear(fieldOf(index));
    Object.assign(pane, { typed, temperature: typed === "" ? "nothing" : typedNumber(typed) });
    form.preset = "";
  };
  /** A mistake that can be seen here is told here, by its field, and nothing is asked. */
  const write = () => {
    problems.clear();
    form.panes.forEach(({ strategy, temperature, typed }, index) => {
      const heated = own.strategies.find(({ name }) => name === strategy)?.alone === null;
      const problem = heated ? temperatureProblem(typed ?? String(temperature), own) : "";
      if (problem) problems.tell(fieldOf(index), problem);
    });
    if (form.panes.some((_, index) => problems.has(fieldOf(index)))) return;
    linked = false;
    session.start(form.panes, store.state, seedOf(store.state));
  };
  const goOn = () => {
    problems.clear();
    for (const text of texts) text.goToEnd();
    session.goOn();
  };

  // ---- what stands above the texts
  const button = (
    /** @type {string} */ text, /** @type {string} */ title, /** @type {() => void} */ how,
    /** @type {import("../shell/dom.js").Props} */ more = {},
  ) => h("button", { class: "button small", type: "button", title, onclick: () => act(how), ...more }, text);
  const group = (/** @type {string} */ label, /** @type {import("../shell/dom.js").Child[]} */ ...children) =>
    h("span", { class: "group", role: "group", "aria-label": label }, children);

  const buttons = () => {
    const [busy, goal] = [session.busy(), session.goal()];
    const open = memory.run ? openLengths(memory.run) : [];
    const room = open.some((length) => length < goal);
    return h("div", { class: "actions" }, menu,
      button("Continue", goOnTitle(open, room, goal), goOn, { class: "button", disabled: busy || !room }),
      button("■ Stop", "Stop writing (Escape)", session.stop,
        { class: "button", "data-do": "stop", disabled: !busy }),
      button("Write", "Begin anew, with the sidebar's settings and seed", write,
        { class: "button primary", "data-do": "write", disabled: busy || typedIn(store.state) }));
  };
  /** @param {number[]} open lengths @param {boolean} room @param {number} goal */
  const goOnTitle = (open, room, goal) => {
    if (room) return `Go on to token ${goal}`;
    if (!memory.run) return "Go on from where the texts stopped";
    if (!open.length) return "Every text has ended; choose another token in one, or write anew";
    return `A pane holds ${own.maxLength} tokens at most; put the end of the text into the context`;
  };

  const tools = () => {
    const busy = session.busy();
    return h("div", { class: "tools" },
      h("div", { class: "segments", role: "group", "aria-label": "Compare" },
        Object.entries(PRESETS).map(([name, { title, hint }]) => h("button", {
          type: "button", title: hint, disabled: busy, "aria-pressed": form.preset === name,
          onclick: () => choosePreset(name),
        }, title))),
      button("+ Pane", "Add a pane (four at most)", addPane,
        { disabled: busy || form.panes.length >= own.maxPanes }),
      h("label", { class: "group" }, "Length ", h("input", {
        class: "length", type: "text", inputmode: "numeric", autocomplete: "off",
        "aria-label": "Length in tokens", value: form.length, ...problems.marks("length"),
        oninput: (/** @type {any} */ { target }) => act(() => {
          form.length = target.value;
          problems.clear("length");
        }),
      }), " tokens"),
      seedText(),
      undo.node, problems.of("length"));
  };
  const seedText = () => {
    const { locked, seed } = store.state;
    const used = memory.run?.head.seed ?? (locked ? seed : "–");
    const rule = h("span", { class: "muted" }, locked ? " kept" : " new at each Write");
    return h("span", { class: "seed" }, "Seed ", h("b", {}, used), rule, about("same luck"));
  };

  const statusRow = () => {
    const rate = memory.run ? totalRate(memory.writing) : 0;
    return h("div", { class: "status-row muted" },
      h("span", { class: "status", role: "status" }, memory.status),
      h("span", { class: "total" }, rate ? `${rateText(rate)} tokens/s in all` : ""),
      group("Surprise", term("surprise", "Surprise"),
        button("Colour", "Colour the tokens by surprise", () => { form.colour = !form.colour; },
          { "aria-pressed": form.colour }),
        legend()));
  };
  const legend = () => h("span", {
    class: form.colour ? "legend" : "legend off", role: "img",
    "aria-label": "Surprise, from 0 bits, pale, to 8 bits and more, strong violet",
  },
  h("span", {}, "0"),
  h("span", { class: "swatches" },
    Array.from({ length: SURPRISE_STEPS }, (_, i) => h("i", { class: `s${i}` }))),
  h("span", {}, "8+ bits"));

  // ---- drawing, once a frame however many messages came
  /** @type {number | null} */
  let frame = null;
  const schedule = () => {
    if (document.hidden) draw();
    else frame ??= requestAnimationFrame(draw);
  };
  const draw = () => {
    frame = null;
    if (!root.isConnected) return;
    const { run } = memory;
    const all = form.panes;
    const note = typedIn(store.state) ? own.noModel : run?.head.note ?? "";
    const looks = ["text-panes", session.busy() && "writing", !form.colour && "plain"];
    render(root,
      h("section", { class: "card strip" }, contextNode, buttons(), problems.of("write")),
      tools(), statusRow(), h("p", { class: "note" }, note),
      h("div", { class: looks.filter(Boolean).join(" "), "data-panes": all.length }, all.map(pane)),
      card.node, reader.tree());
    formChanged();
    all.forEach((_, i) => drawText(i));
    if (ended()) alignAtParting();
  };
  /** @param {FormPane} one @param {number} index @param {FormPane[]} all */
  const pane = (one, index, all) => paneTree({
    pane: one, index, run: memory.run, stages: config.stages, sidebar: store.state.settings,
    strategies: own.strategies, maxWidth: own.maxWidth, busy: session.busy(), problems,
    rate: textRate(memory.writing, index), text: texts[index].node, removable: all.length > 1,
    copy: copied?.pane === index ? copied.says : "Copy",
    on: {
      temperature: (typed) => act(() => setTemperature(one, index, typed)),
      strategy: (strategy) => act(() => {
        Object.assign(one, { strategy, width: one.width || own.width });
        problems.clear(fieldOf(index));
        form.preset = "";
      }),
      width: (width) => act(() => {
        one.width = width;
        form.preset = "";
      }),
      remove: () => removePane(index),
      copy: () => copy(index),
      branch: (branch) => act(() => { if (memory.run) memory.run.texts[index].current = branch; }),
    },
  });
  const drawText = (/** @type {number} */ index) => {
    const { run } = memory;
    if (!run?.texts[index]) return texts[index].empty();
    if (texts[index].show(run, index)) card.hide(true);
    texts[index].mark(divergence(run, index));
    texts[index].follow();
  };
  /** @type {Run | null} whose texts stand aligned */
  let aligned = null;
  /** Whether texts that began with this run have just ended, for the first time. */
  const ended = () => {
    const { run } = memory;
    if (session.busy() || !run || run === aligned) return false;
    aligned = run;
    return true;
  };
  /** Up to the first parting all texts are one: there they are brought to the same height. */
  const alignAtParting = () => {
    const marks = form.panes.map((_, i) => texts[i].markTop()).filter((top) => top !== null);
    if (!marks.length) return;
    const first = Math.min(...marks);
    form.panes.forEach((_, i) => texts[i].scrollTo(first));
  };
  const drawContext = () => {
    const typed = typedIn(store.state);
    const text = typed ? "" : store.state.context;
    const nothing = typed ? "typed-in numbers have no context" : "empty context: the start of a text";
    const seen = graphemes(text.slice(-2 * SHOWN)).slice(-SHOWN);
    const tail = seen.map((char) =>
      h("span", { class: VISIBLE.has(char) ? "tok space" : "tok" }, VISIBLE.get(char) ?? char));
    const before = text.length - seen.join("").length;
    const muted = (/** @type {string} */ words) => h("span", { class: "muted", key: "muted" }, words);
    const earlier = before > 0 && muted(`… ${count(before)} earlier `);
    render(contextNode, earlier, text ? tail : muted(nothing));
  };

  // ---- out of here
  const openAt = async (/** @type {Place} */ place) => {
    const { run } = memory;
    if (!run) return;
    const { text, index } = place;
    const { model, prompt } = run.head;
    const { temperature } = run.texts[text].settings;
    const ids = branchOf(run.texts[text]).ids.slice(0, index);
    try {
      const { context } = await ask("context_at", { model, prompt, ids });
      card.hide(true);
      store.set({ model, context, settings: temperature <= SLIDER ? { temperature } : {} });
      openTab("next");
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      card.refuse(error.message, run, place);
    }
  };
  const copy = async (/** @type {number} */ index) => {
    const { run } = memory;
    if (!run) return;
    const text = run.texts[index];
    const written = `${run.head.prompt}${textOf(run, branchOf(text))}`;
    const done = await copyText(`${written}\n\n[${summaryLine(run, text, config.stages)}]\n`);
    const now = (copied = { pane: index, says: done ? "Copied" : "Not allowed" });
    draw();
    setTimeout(() => {
      if (copied === now) copied = null;
      draw();
    }, COPIED);
  };

  // ---- listening
  store.listen((state, before) => {
    if (state.context !== before.context || state.model !== before.model) drawContext();
    schedule();
  }, signal);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !root.isConnected) return;
    if (card.place) card.hide(true);
    else if (session.busy()) act(session.stop);
  }, { signal });
  document.addEventListener("pointerdown", ({ target }) => {
    if (card.pinned && !card.node.contains(/** @type {Node} */ (target))) card.hide(true);
  }, { signal });
  keepLines(root);
  document.addEventListener("scroll", card.follow, { signal, capture: true, passive: true });

  linkedForm("generate", {
    read: () => {
      const planned = linked ? Number(form.length) : null;
      const whole = session.busy() ? planned : writtenLength(memory.run, form.panes, store.state);
      const length = whole ?? typedCount(form.length);
      return { text: form.panes.map(paneLink), length, colour: form.colour, written: whole !== null };
    },
    load: (fields) => {
      const how = () => {
        const named = Object.entries(PRESETS).map(([name, { panes }]) => ({ name, panes: panes(own) }));
        const preset = named.find(({ panes }) => same(panes.map(paneLink), fields.text));
        const panes = preset?.panes ?? fields.text.map((/** @type {any} */ one) => paneOf(one, own));
        const { length, colour } = fields;
        Object.assign(form, { panes, preset: preset?.name ?? "", length: String(length), colour });
        session.drop();
      };
      if (memory.run) change("texts of before the link", how);
      else how();
    },
    loaded: ({ written }) => {
      linked = written && !typedIn(store.state);
      if (linked) session.start(form.panes, store.state, store.state.seed);
      draw();
    },
  }, () => store.state);
  draw();
  drawContext();
});

const same = (/** @type {unknown} */ one, /** @type {unknown} */ other) =>
  JSON.stringify(one) === JSON.stringify(other);
