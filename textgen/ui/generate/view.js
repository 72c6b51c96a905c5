// The Generate tab: one prompt, one seed, up to four texts.
import { component } from "../shell/component.js";
import { config } from "../shell/config.js";
import { h, render } from "../shell/dom.js";
import { keptForm } from "../shell/forms.js";
import { typedCount } from "../shell/format.js";
import { seedOf, store, typedIn } from "../shell/lab.js";
import { Problem } from "../shell/server.js";
import { openTab } from "../shell/tabs.js";
import { toast } from "../shell/toast.js";
import { paneTree, rateText } from "./pane.js";
import {
  branchOf, createSession, divergence, INVITATION, openLengths, textOf, textRate, totalRate,
} from "./run.js";
import { createCard, createText, SURPRISE_STEPS } from "./text.js";
import { copyText, runMenu, summaryLine } from "./words.js";

/**
 * @typedef {import("./pane.js").FormPane} FormPane
 * @typedef {import("./text.js").Place} Place
 *
 * @typedef {object} Form
 * @property {FormPane[]} panes
 * @property {string} strategy
 * @property {number} width hypotheses of a beam search
 * @property {string} length as it was typed
 * @property {boolean} colour by surprise
 * @property {FormPane[] | null} before the panes that the guide's four stand in for
 *
 * @typedef {{ name: string, title: string, hint: string, alone: number | null }} Strategy
 * @typedef {Omit<FormPane, "typed"> & { expect: string }} GuidePane
 * @typedef {object} Config what textgen/ui/generate/tab.py says once
 * @property {number[]} temperatures
 * @property {number} length
 * @property {number} width
 * @property {number} maxLength
 * @property {number} maxPanes
 * @property {number} maxWidth
 * @property {Strategy[]} strategies
 * @property {GuidePane[]} guide
 * @property {string} noModel
 * @property {import("../shell/chart.js").Figure} surprise
 *
 * @typedef {import("./run.js").Memory & { form: Form }} Memory
 */

const VISIBLE = new Map([[" ", "␣"], ["\n", "⏎"], ["\t", "⇥"], ["\r", "␍"]]);
const SHOWN = 400; // characters of the context in the strip
const SLIDER = config.stages.find(({ name }) => name === "temperature")?.high ?? 0; // the highest on it
const KEPT = "These texts were written before the page was loaded anew. Continue goes on from their ends.";
const COPIED = 1_500; // ms that a button says so

/** @param {Config} own @returns {Form} */
const firstForm = (own) => ({
  panes: own.temperatures.map((temperature) => newPane(temperature)),
  strategy: own.strategies[0].name,
  width: own.width,
  length: String(own.length),
  colour: true,
  before: null,
});

/** @param {number} temperature @returns {FormPane} */
const newPane = (temperature) => ({ temperature, strategy: "sampling", width: 0, changes: {} });

export const mount = component("generate", ({ root, config: given, memory: held, signal, ask, stream }) => {
  const own = /** @type {Config} */ (given);
  const memory = /** @type {Memory} */ (held);
  memory.form ??= keptForm("generate", firstForm(own), () => memory.form);
  memory.status ??= INVITATION;
  if (memory.run === undefined) {
    const first = { run: /** @type {Memory["run"]} */ (null) };
    const { run } = keptForm("generate texts", first, () => ({ run: memory.run }));
    Object.assign(memory, { run, vocabulary: run?.vocabulary ?? null, status: run ? KEPT : INVITATION });
  }
  const { form } = memory;
  const session = createSession({
    memory, stream, config: own,
    length: () => (form.length === "" ? "nothing" : typedCount(form.length)),
    changed: () => schedule(),
    began: (run) => store.set({ seed: run.head.seed }),
    refused: toast,
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
  }));
  const menu = runMenu(() => memory.run, own.surprise);
  const contextNode = document.createElement("div");
  contextNode.className = "tokens";
  /** @type {{ pane: number, says: string } | null} */
  let copied = null;

  // ---- the form
  const strategy = () => /** @type {Strategy} */ (own.strategies.find(({ name }) => name === form.strategy));
  /** The panes as Write takes them. @returns {FormPane[]} */
  const panes = () => {
    if (form.before) return form.panes;
    const { name, alone } = strategy();
    const { width } = form;
    if (alone !== null) return [{ temperature: alone, strategy: name, width, changes: {} }];
    return form.panes.map((pane) => Object.assign(pane, { strategy: name, width }));
  };
  const another = () => {
    const used = form.panes.map((pane) => pane.temperature);
    return newPane(own.temperatures.find((t) => !used.includes(t)) ?? 0.8);
  };
  /** Do what a control is for, and show it at once. @param {() => void} how */
  const act = (how) => {
    how();
    draw();
  };
  /** The texts belong to their panes: with other panes they go. @param {() => void} how */
  const change = (how) => act(() => {
    session.drop();
    how();
  });
  const leaveGuide = () => {
    if (form.before) [form.panes, form.before] = [form.before, null];
  };
  const write = () => session.start(panes(), store.state, seedOf(store.state));
  const toggleGuide = () => {
    const opens = !form.before;
    change(() => {
      if (!opens) return leaveGuide();
      const four = structuredClone(own.guide);
      Object.assign(form, { before: form.panes, strategy: own.strategies[0].name, panes: four });
    });
    if (opens) act(write);
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
    return h("div", { class: "actions" },
      button("Continue", goOnTitle(open, room, goal), () => session.goOn(),
        { class: "button", disabled: busy || !room }),
      button("■ Stop", "Stop writing (Escape)", session.stop, { class: "button", disabled: !busy }),
      button("Write", "Begin anew, with the sidebar's settings and seed", write,
        { class: "button primary", disabled: busy || typedIn(store.state) }));
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
    const chosen = (/** @type {string} */ name) => form.strategy === name && !form.before;
    return h("div", { class: "tools" },
      group("Strategy",
        own.strategies.map(({ name, title, hint }) => button(title, hint, () => change(() => {
          leaveGuide();
          form.strategy = name;
        }), { disabled: busy, "aria-pressed": chosen(name) })),
        h("button", {
          class: "button small", type: "button", onclick: toggleGuide,
          disabled: busy, "aria-pressed": !!form.before,
          title: "Four combinations that guides to text generation name, each with what to expect",
        }, "The guide's four")),
      widthChoice(busy),
      h("label", { class: "group" }, "Length ", h("input", {
        class: "length", type: "text", inputmode: "numeric", autocomplete: "off",
        "aria-label": "Length in tokens", value: form.length,
        oninput: (/** @type {any} */ { target }) => act(() => { form.length = target.value; }),
      })),
      seedText(),
      button("+ Pane", "Add a pane (four at most)", () => change(() => form.panes.push(another())), {
        hidden: strategy().alone !== null || !!form.before,
        disabled: busy || form.panes.length >= own.maxPanes,
      }));
  };
  const widthChoice = (/** @type {boolean} */ busy) => {
    const widths = Array.from({ length: own.maxWidth }, (_, i) => String(i + 1));
    const hidden = !form.strategy.startsWith("beam") || !!form.before;
    return h("label", { class: "group", hidden }, "Width ", h("select", {
      "aria-label": "Beam width: hypotheses kept at each step", disabled: busy,
      onchange: (/** @type {any} */ { target }) => change(() => { form.width = Number(target.value); }),
      value: String(form.width),
    }, widths.map((value) => h("option", { value }, value))));
  };
  const seedText = () => {
    const { locked, seed } = store.state;
    const used = memory.run?.head.seed ?? (locked ? seed : "–");
    const rule = h("span", { class: "muted" }, locked ? " kept" : " new at each Write");
    return h("span", { class: "seed" }, "Seed ", h("b", {}, used), rule);
  };

  const statusRow = () => {
    const rate = memory.run ? totalRate(memory.writing) : 0;
    return h("div", { class: "status-row muted" },
      h("span", { class: "status", role: "status" }, memory.status),
      h("span", { class: "total" }, rate ? `${rateText(rate)} tokens/s in all` : ""),
      group("Surprise",
        button("Colour", "Colour the tokens by surprise", () => { form.colour = !form.colour; },
          { "aria-pressed": form.colour }),
        legend()),
      menu);
  };
  const legend = () => h("span", {
    class: form.colour ? "legend" : "legend off", role: "img",
    "aria-label": "Surprise, from 0 bits, pale, to 8 bits and more, strong violet",
  },
  h("span", {}, "0 bits"),
  h("span", { class: "swatches" },
    Array.from({ length: SURPRISE_STEPS }, (_, i) => h("i", { class: `s${i}` }))),
  h("span", {}, "8+"));

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
    const all = panes();
    const note = typedIn(store.state) ? own.noModel : run?.head.note ?? "";
    const looks = ["text-panes", session.busy() && "writing", !form.colour && "plain"];
    render(root, h("section", { class: "card strip" }, contextNode, buttons()), tools(), statusRow(),
      h("p", { class: "note" }, note),
      h("div", { class: looks.filter(Boolean).join(" "), "data-panes": all.length }, all.map(pane)),
      card.node);
    all.forEach((_, i) => drawText(i));
  };
  /** @param {FormPane} one @param {number} index @param {FormPane[]} all */
  const pane = (one, index, all) => paneTree({
    pane: one, index, run: memory.run, stages: config.stages, sidebar: store.state.settings,
    rate: textRate(memory.writing, index), text: texts[index].node, removable: all.length > 1 && !alone(),
    copy: copied?.pane === index ? copied.says : "Copy",
    on: {
      temperature: (temperature) => act(() => { one.temperature = temperature; }),
      remove: () => change(() => form.panes.splice(index, 1)),
      copy: () => copy(index),
      branch: (branch) => act(() => { if (memory.run) memory.run.texts[index].current = branch; }),
    },
  });
  const alone = () => !form.before && strategy().alone !== null;
  const drawText = (/** @type {number} */ index) => {
    const { run } = memory;
    if (!run) return texts[index].empty();
    if (texts[index].show(run, index)) card.hide(true);
    texts[index].mark(divergence(run, index));
    texts[index].follow();
  };
  const drawContext = () => {
    const typed = typedIn(store.state);
    const text = typed ? "" : store.state.context;
    const nothing = typed ? "typed-in numbers have no context" : "empty context: the start of a text";
    const tail = [...text.slice(-SHOWN)].map((char) =>
      h("span", { class: VISIBLE.has(char) ? "tok space" : "tok" }, VISIBLE.get(char) ?? char));
    const muted = (/** @type {string} */ words) => h("span", { class: "muted", key: "muted" }, words);
    const earlier = text.length > SHOWN && muted(`… ${text.length - SHOWN} earlier `);
    render(contextNode, earlier, text ? tail : muted(nothing));
  };

  // ---- out of here
  const openAt = async (/** @type {Place} */ { text, index }) => {
    const { run } = memory;
    if (!run) return;
    card.hide(true);
    const { model, prompt } = run.head;
    const { temperature } = run.texts[text].settings;
    const ids = branchOf(run.texts[text]).ids.slice(0, index);
    try {
      const { context } = await ask("context_at", { model, prompt, ids });
      store.set({ model, context, settings: temperature <= SLIDER ? { temperature } : {} });
      openTab("next");
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      toast(error.message);
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
  document.addEventListener("scroll", card.follow, { signal, capture: true, passive: true });

  draw();
  drawContext();
});
