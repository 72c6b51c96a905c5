// The sidebar: model, context, stages and seed, which all tabs share. It draws the store, and changes it.
import { component } from "./component.js";
import { config } from "./config.js";
import { activeStages } from "./decoding.js";
import { h, render } from "./dom.js";
import { neutral, store, typedIn } from "./lab.js";
import { createPicker } from "./picker.js";
import { latest } from "./server.js";

/** @typedef {import("./config.js").StageConfig} Stage */

export const mount = component("sidebar", ({ root, memory, config: own, ask, signal }) => {
  memory.given ??= store.state.context; // the context that the page itself put in last
  /** @type {Record<string, string>} Numbers being typed that are not yet ones, by their field. */
  const drafts = {};
  /** @type {Record<string, string>} What is wrong with a number that was typed, by its field. */
  const problems = {};
  let note = ""; // what the chosen model cannot read of the context
  const picker = createPicker({ label: "Model", onPick: (model) => store.set({ model }) });

  const modelChosen = latest((/** @type {object} */ request) => ask("model_chosen", request), {
    answered: (answer, request) => {
      if (/** @type {any} */ (request).model !== store.state.model) return;
      note = answer.note;
      if (answer.context !== null) {
        memory.given = answer.context;
        store.set({ context: answer.context });
      }
      draw();
    },
    refused: (problem) => {
      note = problem.message;
      draw();
    },
  });
  store.listen((state, before) => {
    if (state.context !== before.context) note = ""; // another context is read anew
    const { model, context } = state;
    if (model !== before.model) modelChosen({ model, context, given: memory.given });
    draw();
  }, signal);

  // ---- numbers: a slider, and a field that takes 0.7 and 0,7
  /** Take what was typed if it is a number; say what is wrong with it when the field is left. */
  const type = (/** @type {Stage} */ stage, /** @type {string} */ text, left = false) => {
    const number = Number(text.trim().replace(",", "."));
    const legal = text.trim() !== "" && number >= stage.low && number <= stage.high;
    drafts[stage.name] = text;
    if (legal) store.set({ settings: { [stage.name]: number } });
    if (left) {
      const range = `${stage.low} to ${stage.high}`;
      problems[stage.name] = legal ? "" : `must be from ${range}, got ${text || "nothing"}`;
      delete drafts[stage.name];
    }
    draw();
  };
  const slide = (/** @type {Stage} */ stage, /** @type {any} */ target) => {
    problems[stage.name] = "";
    store.set({ settings: { [stage.name]: target.valueAsNumber } });
  };
  const stageControl = (/** @type {Stage} */ stage) => {
    const value = store.state.settings[stage.name];
    const { low, high, label } = stage;
    const filled = `--filled: ${(100 * (Math.min(value, high) - low)) / (high - low)}%`;
    return h("div", { class: "control", id: stage.name, key: stage.name },
      h("div", { class: "control-head" },
        h("label", { for: `${stage.name}-number` }, label),
        value === stage.neutral ? null : h("button", {
          key: "reset", class: "control-reset", type: "button",
          title: "Back to neutral", "aria-label": `Reset ${label}`,
          onclick: () => store.set({ settings: { [stage.name]: stage.neutral } }),
        }, "↺"),
        h("input", {
          key: "number", id: `${stage.name}-number`, type: "text", inputmode: "decimal", autocomplete: "off",
          "aria-label": `number input for ${label}`, value: drafts[stage.name] ?? String(value),
          oninput: (/** @type {any} */ event) => type(stage, event.target.value),
          onchange: (/** @type {any} */ event) => type(stage, event.target.value, true),
        })),
      h("input", {
        type: "range", min: low, max: high, step: stage.step, value: String(value), style: filled,
        "aria-label": `range slider for ${label}`,
        oninput: (/** @type {any} */ event) => slide(stage, event.target),
      }),
      problems[stage.name]
        ? h("p", { class: "control-problem", role: "alert" }, `${label} ${problems[stage.name]}`)
        : null);
  };

  // ---- what stands where
  const source = () => {
    const { state } = store;
    if (!typedIn(state)) {
      const text = h("textarea", {
        rows: 3, placeholder: "Empty: the start of a text", value: state.context, spellcheck: "false",
        oninput: (/** @type {any} */ event) => store.set({ context: event.target.value }),
      });
      return h("label", { class: "field", id: "context", key: "context" }, h("span", {}, "Context"), text,
        note ? h("p", { class: "note", role: "status" }, note) : null);
    }
    return h("div", { class: "field", key: "numbers" },
      h("label", { id: "numbers" }, h("span", {}, "Your own numbers"),
        h("small", {}, "0.73, 0.15, 0.12 or a: 2.0, b: 1.0"), h("textarea", {
          rows: 3, value: state.numbers,
          oninput: (/** @type {any} */ event) => store.set({ numbers: event.target.value }),
        })),
      choice("kind", "They are", own.kinds, state.kind, (kind) => store.set({ kind })));
  };
  const choice = (
    /** @type {string} */ id, /** @type {string} */ legend, /** @type {string[]} */ values,
    /** @type {string} */ chosen, /** @type {(value: string) => void} */ choose,
  ) => h("fieldset", { class: "choice", id, key: id }, h("legend", {}, legend), values.map((value) =>
    h("label", {}, h("input", {
      type: "radio", name: id, value, checked: value === chosen, onchange: () => choose(value),
    }), h("span", {}, value))));

  const temperature = () => {
    const { settings } = store.state;
    const preset = config.presets.find((known) => known.temperature === settings.temperature);
    return h("div", { class: "temperature", key: "temperature" }, stageControl(config.stages[0]),
      h("div", { class: "thermal-ends", "aria-hidden": true },
        h("span", {}, "0 greedy"), h("span", { class: "learned" }, "1 as learned"), h("span", {}, "3")),
      h("p", { class: "lab-effects", role: "status" }, withoutEffect()),
      h("div", { class: "presets", id: "presets" }, config.presets.map((known) => h("button", {
        type: "button", "aria-pressed": known === preset, title: known.sentence,
        onclick: () => store.set({ settings: { temperature: known.temperature } }),
      }, known.name))),
      h("p", { class: "lab-preset", role: "status" }, preset?.sentence ?? ""));
  };
  /** What T = 0 leaves without effect. */
  const withoutEffect = () => {
    const { settings } = store.state;
    if (settings.temperature !== 0) return "";
    const active = activeStages(settings, neutral);
    const truncating = config.stages.filter((stage) => stage.removes && !stage.reads_history);
    const idle = active.flatMap((name) => truncating.filter((stage) => stage.name === name)).map(({ title }) => title);
    const names = ["The seed", ...idle].join(", ");
    const have = idle.length ? "have" : "has";
    return `T = 0 is greedy: the likeliest token is always taken. ${names} ${have} no effect.`;
  };

  const further = () => h("details", { class: "further", id: "more-stages", key: "further", opaque: false },
    h("summary", {}, "More stages and their order"),
    config.stages.filter(({ folded }) => folded).map(stageControl),
    choice("order-choice", "Order", [...Object.keys(config.orders), "custom"],
      orderName(store.state.settings.order), (name) => {
        if (name in config.orders) store.set({ settings: { order: config.orders[name] } });
        else draw();
      }));

  const seed = () => h("div", { class: "seed-row", id: "seed-row", key: "seed" },
    h("label", { class: "field", id: "seed" }, h("span", {}, "Seed"), h("input", {
      type: "text", inputmode: "numeric", autocomplete: "off", value: store.state.seed,
      oninput: (/** @type {any} */ event) => store.set({ seed: event.target.value.trim() }),
    })),
    h("label", { id: "seed-lock" }, h("input", {
      type: "checkbox", checked: store.state.locked,
      onchange: (/** @type {any} */ event) => store.set({ locked: event.target.checked }),
    }), h("span", {}, "keep it")));

  const draw = () => {
    picker.update(config.models, store.state.model);
    const common = config.stages.slice(1).filter(({ folded }) => !folded);
    render(root,
      h("div", { class: "lab-title" }, "Temperature Lab"),
      h("div", { class: "lab-subtitle" }, "how a model picks its next token"),
      h("div", { id: "model" }, picker.node),
      source(), temperature(), common.map(stageControl), seed(), further());
  };
  draw();
  closeOnNarrow();
});

/** The name of an order of stages, "custom" for one that has none. */
export const orderName = (/** @type {string[]} */ order) =>
  Object.keys(config.orders).find((name) => config.orders[name].join() === order.join()) ?? "custom";

let watching = false;

/** On a narrow window an open sidebar covers the bars: there it starts closed. */
const closeOnNarrow = () => {
  if (watching) return;
  watching = true;
  const narrow = window.matchMedia("(max-width: 768px)");
  const close = () => {
    const button = /** @type {HTMLElement | null} */ (document.querySelector("#sidebar.open .toggle-button"));
    if (narrow.matches) button?.click();
  };
  narrow.addEventListener("change", close);
  close();
};
