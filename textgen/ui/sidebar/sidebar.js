// The sidebar: model, context, stages and seed, which all tabs share. It draws the store, and changes it.
import { component } from "../shell/component.js";
import { config } from "../shell/config.js";
import { activeStages, isOn } from "../bars/decoding.js";
import { h, render } from "../shell/dom.js";
import { clip, effectOf, numberFrom, plainDigits, temperatureText, valueText } from "../shell/format.js";
import { filesInto } from "../shell/files.js";
import { about } from "../glossary/glossary.js";
import { themeSwitch } from "../frame/frame.js";
import { neutral, orderName, sourceOf, store, typedIn } from "../shell/lab.js";
import { addOwn, forgetOwn, isOwn, listenOwn, modelGroups, ownModels, titleOf } from "../own/own.js";
import { createSourceChoice } from "./picker.js";
import { createProblems } from "../messages/problem.js";
import { latest, Problem } from "../server/server.js";
import { onTab, openedTab, openTab } from "../frame/tabs.js";
import { createUndo } from "../messages/undo.js";

/** @typedef {import("../shell/config.js").StageConfig} Stage */
/**
 * @typedef {import("../shell/config.js").ParameterConfig} Parameter a number with a slider, or named tokens
 */

const SEED = /^\d{1,18}$/; // longer ones are for the server to judge
const FOLDED = "temperature-lab-folded"; // read by first.js
// A phone, held either way: the controls are a sheet. frame.css and teacher.css say the same.
const NARROW = window.matchMedia("(max-width: 768px), (max-height: 500px)");
const AT_REST = 300; // ms without a change, after which what was typed is judged
const CONTROLS = [ // in the order in which they stand
  "model", "context", ...config.stages.filter(({ folded }) => !folded).map(({ name }) => name), "seed",
  ...config.stages.filter(({ folded }) => folded).map(({ name }) => name), "order",
];
const IN_SHEET = ["temperature", ...CONTROLS.filter((name) => name !== "temperature")];

export const mount = component("sidebar", ({ root, memory, config: own, ask, signal }) => {
  memory.given ??= config.state.context; // the context that the page itself put in last
  /** @type {Record<string, string>} Numbers being typed that are not yet ones, by their field. */
  const drafts = {};
  const problems = createProblems("sidebar");
  let note = ""; // what the chosen model cannot read of the context
  /** @type {ReturnType<typeof setTimeout> | undefined} Runs until the context has come to rest. */
  let resting;
  let sheet = false; // whether the sheet of a narrow window is open
  const picker = createSourceChoice({ numbers: config.numbers, onPick: (model) => store.set({ model }) });

  const modelChosen = latest((/** @type {object} */ request) => ask("model_chosen", request), {
    answered: ({ context }, request) => {
      if (context === null || /** @type {any} */ (request).model !== store.state.model) return;
      memory.given = context;
      store.set({ context });
    },
    refused: ({ message }) => {
      problems.tell("source", message);
      draw();
    },
  });
  /** Whether the context, or numbers that are typed in, can be used: told at their field on every tab. */
  const judge = latest((/** @type {object} */ source) => ask("source_checked", source), {
    answered: (answer, source) => judged(source, "", answer.note),
    refused: ({ message }, source) => judged(source, message, ""),
  });
  const judged = (
    /** @type {object} */ source, /** @type {string} */ problem, /** @type {string} */ left,
  ) => {
    if (!isSource(source)) return;
    problems.clear("source");
    if (problem) problems.tell("source", problem);
    note = left;
    draw();
  };
  const isSource = (/** @type {object} */ source, state = store.state) =>
    JSON.stringify(source) === JSON.stringify(sourceOf(state));
  const judgeAtRest = () => {
    clearTimeout(resting);
    if (isSource(sourceOf(config.state))) problems.clear("source"); // the page's own can be used
    else resting = setTimeout(() => judge(sourceOf(store.state)), AT_REST);
  };
  signal.addEventListener("abort", () => clearTimeout(resting));
  judgeAtRest();
  store.listen((state, before) => {
    const { model, context } = state;
    if (model !== before.model) {
      gone = "";
      modelChosen({ model, context, given: memory.given });
    }
    if (!isSource(sourceOf(before), state)) {
      note = "";
      judgeAtRest();
    }
    draw();
  }, signal);

  // ---- models of visitors: the server says which of those that this browser knows are still there
  let gone = ""; // a sentence about the one that was chosen
  const findOwn = async () => {
    const { model } = store.state;
    const names = new Set(ownModels().map(({ name }) => name));
    if (isOwn(model)) names.add(model);
    if (!names.size) return;
    const answer = await ask("own_models", { names: [...names] });
    for (const entry of answer.models) names.delete(entry.name) && addOwn(entry);
    if (names.has(model) && store.state.model === model) {
      const title = titleOf(model);
      store.set({ model: config.state.model });
      gone = `“${title}” is no longer on the server: it was deleted, or not used for too long. Another model `
        + "has its place; what you typed stays.";
    }
    names.forEach(forgetOwn);
    draw();
  };

  // ---- numbers: a slider, and a field that takes 0.7 and 0,7
  const checked = async (/** @type {string} */ name, /** @type {number | string} */ value) => {
    try {
      return (await ask("typed", { name, value, model: store.state.model })).value;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problems.tell(name, error.message);
      return null;
    }
  };
  /** Whether the slider has a number, or one between two of its steps. */
  const onSlider = (/** @type {Parameter} */ { low, high, step }, /** @type {number} */ number) =>
    number === low || (number >= low + step && number <= high);
  /** A number that was typed: what the slider has is taken at once, anything else when the field is left. */
  const type = (/** @type {Parameter} */ stage, /** @type {string} */ text) => {
    const { name } = stage;
    drafts[name] = text;
    const number = numberFrom(text);
    if (onSlider(stage, number)) slide(name, number);
    else draw();
  };
  const leave = async (/** @type {Parameter} */ stage) => {
    const { name } = stage;
    const text = drafts[name];
    if (text === undefined) return;
    delete drafts[name];
    const number = numberFrom(text);
    if (!onSlider(stage, number)) {
      const value = await checked(name, Number.isNaN(number) ? text : number);
      if (value !== null) slide(name, value);
    }
    draw();
  };
  /** Tokens that were typed are read by the server when the field is left. */
  const leaveTokens = async (/** @type {Parameter} */ { name }) => {
    const text = drafts[name];
    if (text === undefined) return;
    const value = await checked(name, text);
    if (value !== null && drafts[name] === text) delete drafts[name];
    if (value !== null) slide(name, value);
    draw();
  };
  const slide = (/** @type {string} */ name, /** @type {any} */ value) => {
    problems.clear(name);
    store.set({ settings: { [name]: value } });
    draw();
  };
  const undo = createUndo("sidebar", { root, signal, restored: () => draw() });
  const reset = (/** @type {Parameter} */ { name, title: of, neutral: off }) => {
    const value = store.state.settings[name];
    delete drafts[name];
    slide(name, off);
    undo.discarded(`${of} ${clip(valueText(value), 30)} reset`,
      () => store.set({ settings: { [name]: value } }));
  };
  /** A text file that is dropped on the context. @type {import("../shell/files.js").Use} */
  const files = {
    most: 80_000, // bytes: 20,000 characters
    took: ({ name, text, encoding }) => {
      const { context } = store.state;
      store.set({ context: text });
      undo.discarded(`“${clip(name, 30)}” read as ${encoding}`, () => store.set({ context }));
      draw();
    },
    refused: (sentence) => {
      problems.tell("source", sentence);
      draw();
    },
  };
  /** A stage's control, and while it is on those of its further numbers. */
  const stageControls = (/** @type {Stage} */ stage) => h("div", { class: "control-group" },
    stage.step ? stageControl(stage) : tokensControl(stage),
    isOn(store.state.settings[stage.name], stage.neutral) && stage.parameters.map(stageControl));
  const tokensControl = (/** @type {Parameter} */ stage) => {
    const { name, label, help } = stage;
    const value = store.state.settings[name];
    return h("div", { class: "control", id: name, key: name },
      h("div", { class: "control-head" },
        h("label", { for: `${name}-tokens` }, label), about(name, label),
        isOn(value, stage.neutral) && h("button", {
          key: "reset", class: "control-reset", type: "button", title: "Back to neutral",
          "aria-label": `Reset ${label}`, onclick: () => reset(stage),
        }, "↺")),
      h("input", {
        id: `${name}-tokens`, class: "control-tokens", type: "text", autocomplete: "off", spellcheck: "false",
        placeholder: "e: -2, o: ban", title: help, "aria-describedby": inert.get(name),
        ...problems.marks(name), value: drafts[name] ?? valueText(value),
        oninput: (/** @type {any} */ event) => { drafts[name] = event.target.value; },
        onblur: () => leaveTokens(stage), onkeydown: leaveOnEnter,
      }),
      problems.of(name));
  };
  const stageControl = (/** @type {Parameter} */ stage) => {
    const { name, label, low, high, step, neutral: off } = stage;
    const value = store.state.settings[name];
    const filled = `--filled: ${(100 * (Math.min(value, high) - low)) / (high - low)}%`;
    return h("div", { class: "control", id: name, key: name },
      h("div", { class: "control-head" },
        h("label", { for: `${name}-number` }, label), about(name, label),
        value !== off && h("button", {
          key: "reset", class: "control-reset", type: "button",
          title: "Back to neutral", "aria-label": `Reset ${label}`, onclick: () => reset(stage),
        }, "↺"),
        h("input", {
          key: "number", id: `${name}-number`, type: "text", inputmode: "decimal", autocomplete: "off",
          "aria-label": `number input for ${label}`, "aria-describedby": inert.get(name),
          ...problems.marks(name), value: drafts[name] ?? String(value),
          oninput: (/** @type {any} */ event) => type(stage, event.target.value),
          onblur: () => leave(stage), onkeydown: leaveOnEnter,
        })),
      h("input", {
        type: "range", min: low, max: high, step, value: String(value), style: filled,
        "aria-label": `range slider for ${label}`, "aria-describedby": inert.get(name),
        "aria-valuetext": spokenValue(stage, value),
        oninput: (/** @type {any} */ event) => slide(name, event.target.valueAsNumber),
      }),
      problems.of(name));
  };
  /** A slider's value as it is heard: 0.7, sharper; 0, off. */
  const spokenValue = (/** @type {Parameter} */ { name, neutral: off }, /** @type {number} */ value) => {
    if (name === "temperature") return `${temperatureText(value)}, ${effectOf(value)}`;
    return value === off && name in store.state.settings ? `${value}, off` : String(value);
  };
  const leaveOnEnter = (/** @type {any} */ { key, target }) => key === "Enter" && target.blur();

  // ---- what stands where
  const source = () => {
    const { state } = store;
    if (!typedIn(state)) {
      const text = h("textarea", {
        rows: 3, placeholder: "Empty: the start of a text", value: state.context, spellcheck: "false",
        "aria-describedby": inert.get("context"), ...problems.marks("source"), ...filesInto(files),
        oninput: (/** @type {any} */ event) => store.set({ context: event.target.value }),
      });
      return h("div", { class: "field", id: "context", key: "context" },
        h("label", { class: "field" }, h("span", {}, "Context"), text), problems.of("source"),
        note && h("p", { class: "note", role: "status", key: "note" }, note));
    }
    return h("div", { class: "field", key: "numbers" },
      h("label", { id: "numbers" }, h("span", {}, "Your own numbers"),
        h("small", {}, "0.73, 0.15, 0.12 or a: 2.0, b: 1.0"), h("textarea", {
          rows: 3, value: state.numbers, "aria-describedby": inert.get("context"),
          ...problems.marks("source"),
          oninput: (/** @type {any} */ event) => store.set({ numbers: event.target.value }),
        })),
      problems.of("source"),
      h("button", {
        class: "quiet", type: "button", title: own.example.numbers, onclick: () => store.set(own.example),
      }, "Example from the blackboard"),
      choice("kind", "They are", own.kinds, state.kind, (kind) => store.set({ kind })));
  };
  const choice = (
    /** @type {string} */ id, /** @type {string} */ legend, /** @type {string[]} */ values,
    /** @type {string} */ chosen, /** @type {(value: string) => void} */ choose,
  ) => h("fieldset", { class: "choice", id, key: id }, h("legend", {}, legend), values.map((value) =>
    h("label", {}, h("input", {
      type: "radio", name: id, value, checked: value === chosen, onchange: () => choose(value),
    }), h("span", {}, value))));

  const temperature = (presets = true) => {
    const { settings } = store.state;
    const preset = config.presets.find((known) => known.temperature === settings.temperature);
    return h("div", { class: "temperature", key: "temperature" }, stageControl(config.stages[0]),
      h("div", { class: "thermal-ends", "aria-hidden": true },
        h("span", {}, "0 greedy"), h("span", { class: "learned" }, "1 as learned"), h("span", {}, "3")),
      h("p", { class: "lab-effects", role: "status" }, withoutEffect()),
      presets && h("div", { class: "presets", id: "presets", key: "presets" }, config.presets.map(
        (known) => h("button", {
          type: "button", "aria-pressed": known === preset, title: known.sentence,
          onclick: () => store.set({ settings: { temperature: known.temperature } }),
        }, known.name))),
      presets && h("p", { class: "lab-preset", role: "status", key: "preset" }, preset?.sentence ?? ""));
  };
  /** What T = 0 leaves without effect. */
  const withoutEffect = () => {
    const { settings } = store.state;
    if (settings.temperature !== 0) return "";
    const truncating = config.stages.filter((stage) => stage.removes && !stage.processor);
    const active = activeStages(settings, neutral);
    const idle = truncating.filter(({ name }) => active.includes(name)).map(({ title }) => title);
    const names = ["The seed", ...idle].join(", ");
    const have = idle.length ? "have" : "has";
    return `T = 0 is greedy: the likeliest token is always taken. ${names} ${have} no effect.`;
  };
  const further = () => h("details", { class: "further", id: "more-stages", key: "further", opaque: false },
    h("summary", {}, "More stages and their order"),
    withNotes([...stagesThat(({ folded }) => folded), ["order", order()]]));
  /** The order is set where it can be seen at work: in the pipeline of Next token. */
  const order = () => h("div", { class: "field", id: "order", key: "order" }, h("span", {}, "Order"),
    h("p", {}, `${orderName(store.state.settings.order)}: ${activeTitles().join(" → ") || "no stage is on"}`),
    h("button", { class: "quiet", type: "button", onclick: showPipeline }, "Change it in the pipeline"));
  const activeTitles = () => activeStages(store.state.settings, neutral).map((name) =>
    config.stages.find((stage) => stage.name === name)?.title);
  const showPipeline = () => {
    sheet = false;
    draw();
    openTab("next");
    requestAnimationFrame(() => /** @type {HTMLElement | null} */ (
      document.querySelector(".pipeline .segments [aria-pressed=true]"))?.focus());
  };
  const stagesThat = (/** @type {(stage: Stage) => boolean} */ chosen) => config.stages.filter(chosen).map(
    (stage) => /** @type {Part} */ ([stage.name, stageControls(stage)]));

  const seedFrom = (/** @type {string} */ text) => plainDigits(text).trim();
  const typeSeed = (/** @type {string} */ text) => {
    drafts.seed = text;
    problems.clear("seed");
    const digits = seedFrom(text);
    if (SEED.test(digits)) store.set({ seed: digits });
    else draw();
  };
  const leaveSeed = async () => {
    const text = drafts.seed;
    delete drafts.seed;
    const digits = seedFrom(text ?? "");
    const value = text === undefined || SEED.test(digits) ? null : await checked("seed", digits);
    if (value !== null) store.set({ seed: value });
    draw();
  };
  const seed = () => h("div", { id: "seed-row", key: "seed" },
    h("div", { class: "seed-row" },
      h("label", { class: "field", id: "seed" }, h("span", {}, "Seed"), h("input", {
        type: "text", inputmode: "numeric", autocomplete: "off", value: drafts.seed ?? store.state.seed,
        "aria-describedby": inert.get("seed"), ...problems.marks("seed"),
        oninput: (/** @type {any} */ event) => typeSeed(event.target.value),
        onblur: leaveSeed, onkeydown: leaveOnEnter,
      })),
      h("label", { id: "seed-lock" }, h("input", {
        type: "checkbox", checked: store.state.locked,
        onchange: (/** @type {any} */ event) => store.set({ locked: event.target.checked }),
      }), h("span", {}, "keep it")),
      about("seed")),
    problems.of("seed"));

  // ---- what the open tab does not heed: said once above the controls that it concerns
  /** @type {Map<string, string>} The id of the sentence about a control, by the control's name. */
  const inert = new Map();
  const findInert = () => {
    inert.clear();
    const ignored = config.ignored[openedTab()] ?? {};
    let before = "";
    for (const name of NARROW.matches ? IN_SHEET : CONTROLS) {
      const sentence = ignored[name] ?? "";
      if (sentence) inert.set(name, sentence === ignored[before] ? inert.get(before) ?? "" : `inert-${name}`);
      before = name;
    }
  };
  const withNotes = (/** @type {Part[]} */ parts) => parts.map(([name, control]) => {
    const id = inert.get(name);
    return [
      id === `inert-${name}`
        && h("p", { class: "inert-note", id, key: id }, config.ignored[openedTab()][name]),
      h("div", { class: id ? "part inert" : "part", key: name }, control),
    ];
  });

  // ---- beside the rooms in a wide window; a sheet at the foot of a narrow one, whose first control stays
  const isFolded = () => document.documentElement.dataset.folded !== undefined;
  const isOpen = () => (NARROW.matches ? sheet : !isFolded());
  const fold = () => {
    if (NARROW.matches) sheet = !sheet;
    else keepFolded(!isFolded());
    draw();
    if (sheet) document.querySelector("#tabs .panel.live")?.scrollIntoView(); // its bars stay in sight
  };
  const toggle = () => h("button", {
    class: "toggle-button", type: "button", key: "toggle", "aria-expanded": isOpen(),
    title: isOpen() ? "Fold the controls" : "Show the controls", onclick: fold,
  }, h("span", {}, "Controls"), !isOpen() && problems.has("source") && h("b", {}, "a mistake to mend"),
  h("i", { "aria-hidden": true }));
  const title = () => h("div", { class: "lab-title", key: "title" }, h("b", {}, "Temperature Lab"),
    h("span", {}, "how a model picks its next token"));

  const draw = () => {
    picker.update(modelGroups(), store.state.model);
    findInert();
    document.documentElement.toggleAttribute("data-sheet", NARROW.matches && sheet);
    /** @type {Part[]} */
    const first = [["model", h("div", { id: "model" }, picker.node,
      gone && h("p", { class: "note", role: "status" }, gone))], ["context", source()]];
    /** @type {Part[]} */
    const warm = [["temperature", temperature(isOpen())]];
    const rest = [...stagesThat(({ name, folded }) => name !== "temperature" && !folded),
      /** @type {Part} */ (["seed", seed()])];
    if (!NARROW.matches) {
      render(root, toggle(), isOpen() && [title(), withNotes([...first, ...warm, ...rest]), undo.node,
        further()]);
    } else {
      render(root, h("div", { class: "peek", key: "peek" }, toggle(), withNotes(warm)),
        isOpen() && [withNotes([...first, ...rest]), undo.node, further(), themeSwitch(draw)]);
    }
  };
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || !sheet || !NARROW.matches) return;
    fold();
    /** @type {HTMLElement | null} */ (root.querySelector(".toggle-button"))?.focus();
  }, { signal });
  NARROW.addEventListener("change", () => {
    const field = document.activeElement;
    // while somebody types, a keyboard may have taken half of the window
    sheet ||= Boolean(field?.matches("#sidebar :is(input, textarea)"));
    draw();
    if (field?.id && !field.isConnected) document.getElementById(field.id)?.focus();
  }, { signal });
  standAboveKeyboard(root, signal);
  onTab(() => draw(), signal);
  listenOwn(() => draw(), signal);
  findOwn();
  draw();
});

/** @typedef {[name: string, control: import("../shell/dom.js").Description]} Part */

/** A keyboard on the screen covers the window's foot: the sheet stands above it, with what is typed into. */
const standAboveKeyboard = (/** @type {HTMLElement} */ root, /** @type {AbortSignal} */ signal) => {
  const seen = window.visualViewport;
  const follow = () => {
    const covered = seen && seen.scale < 1.01 ? window.innerHeight - seen.height - seen.offsetTop : 0;
    document.documentElement.style.setProperty("--covered", `${Math.max(0, Math.round(covered))}px`);
    if (root.contains(document.activeElement)) document.activeElement?.scrollIntoView({ block: "nearest" });
  };
  seen?.addEventListener("resize", follow, { signal });
};

/** Folded or not when the page is loaded again in this tab. */
const keepFolded = (/** @type {boolean} */ folded) => {
  document.documentElement.toggleAttribute("data-folded", folded);
  try {
    if (folded) window.sessionStorage.setItem(FOLDED, "");
    else window.sessionStorage.removeItem(FOLDED);
  } catch {
    // a browser that keeps nothing
  }
};
