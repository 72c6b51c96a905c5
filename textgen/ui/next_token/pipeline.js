// The pipeline card: the distribution as the model gave it and after each stage that is on, in order.
import { barsOf, createBars, othersOf } from "../bars/bars.js";
import { config } from "../shell/config.js";
import { h } from "../shell/dom.js";
import { about } from "../glossary/glossary.js";
import { count, finePercent, valueText } from "../shell/format.js";
import { orderName, store } from "../shell/lab.js";
import { stageTitle } from "../bars/tokens.js";

/**
 * @typedef {import("../bars/decoding.js").Data} Data
 * @typedef {import("../bars/decoding.js").Step} Step
 */

const ROWS = 8;
const HINT = "model → logits → stages in this order → probabilities. Drag a stage, or use its arrows.";
const ALL_OFF = "every stage is off: what the model learned is what is drawn. Move temperature, top-k, top-p "
  + "or min-p in the sidebar to see what each does";

/** @param {(order: string[]) => void} reorder */
export const createPipeline = (reorder) => {
  /** @type {Map<string, import("../bars/bars.js").Bars>} By the stage's name. */
  const charts = new Map();
  /** @type {string | null} The stage under the mouse. */
  let dragged = null;

  const move = (/** @type {string} */ name, /** @type {string} */ target, /** @type {boolean} */ after) =>
    reorder(moved(store.state.settings.order, name, target, after));

  /** @param {string} name @param {string | undefined} target */
  const arrow = (name, target, after = false) => {
    const label = `Move ${stageTitle(name)} ${after ? "later" : "earlier"}`;
    return h("button", {
      class: "quiet", type: "button", title: label, "aria-label": label, "aria-disabled": !target,
      onclick: () => target && move(name, target, after),
    }, after ? "→" : "←");
  };
  const dragging = (/** @type {string} */ name) => ({
    draggable: "true",
    ondragstart: (/** @type {DragEvent} */ { dataTransfer }) => {
      dragged = name;
      if (dataTransfer) dataTransfer.effectAllowed = "move";
    },
    ondragover: (/** @type {DragEvent} */ event) => dragged && dragged !== name && event.preventDefault(),
    ondrop: (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
      if (dragged && dragged !== name) move(dragged, name, event.clientX > box.left + box.width / 2);
      dragged = null;
    },
    ondragend: () => (dragged = null),
  });

  /** @param {Step[]} steps @param {number} i @param {Data} data */
  const card = (steps, i, data, scale = 1) => {
    const [step, { name }] = [steps[i], steps[i]];
    const raw = name === "raw";
    const bars = charts.get(name) ?? createBars({ slim: true });
    charts.set(name, bars);
    const [title, colour] = [raw ? "raw" : stageTitle(name), colourOf(name)];
    const former = raw ? step.probabilities : steps[i - 1].probabilities;
    const ids = data.order.slice(0, ROWS);
    const gone = Object.fromEntries(ids.map((id) => [id, step.removed[id] ? former[id] : 0]));
    bars.update(barsOf(data, ids, { probabilities: step.probabilities, former: gone }, () => "removed here"),
      { name: `Probabilities after ${title}`, colour, scale });
    return h("li", {
      key: name, class: raw || step.changed ? "stage" : "stage idle", "data-stage": name,
      style: `--stage: ${colour}`, ...(raw ? {} : dragging(name)),
    },
    h("header", {}, h("b", {}, title), about(name, title),
      h("span", { class: "value" }, raw ? "as learned" : valueText(store.state.settings[name])),
      !raw && h("span", { class: "moves" },
        arrow(name, i > 1 ? steps[i - 1].name : undefined), arrow(name, steps[i + 1]?.name, true))),
    bars.node,
    h("p", { class: "effect" }, effectText(step)));
  };

  /** The orders that have a name, and "custom" once it is. */
  const orders = () => {
    const chosen = orderName(store.state.settings.order);
    const names = Object.keys(config.orders);
    return h("div", { class: "segments", role: "group", "aria-label": "Order of the stages" },
      (names.includes(chosen) ? names : [...names, chosen]).map((name) => h("button", {
        type: "button", "aria-pressed": name === chosen,
        onclick: () => config.orders[name] && reorder(config.orders[name]),
      }, name)));
  };

  /** The card's description. @param {Data} data @param {Step[]} steps */
  const describe = (data, steps) => h("section", { class: "card pipeline" },
    h("div", { class: "pipeline-head" },
      h("h3", {}, "Pipeline"),
      h("p", { class: "muted hint", role: "status" }, steps.length > 1 ? HINT : ALL_OFF),
      orders()),
    h("ol", { class: "stages", hidden: steps.length === 1 },
      steps.length > 1 && steps.map((_, i) => card(steps, i, data, scaleOf(steps, data)))));
  return describe;
};

/** One scale for all: equal lengths are equal probabilities. @param {Step[]} steps @param {Data} data */
const scaleOf = (steps, data) => {
  const ids = data.order.slice(0, ROWS);
  return Math.max(...steps.flatMap(({ probabilities, top }) =>
    [top, othersOf(data, ids, probabilities).probability]));
};

const colourOf = (/** @type {string} */ name) =>
  config.stages.find((stage) => stage.name === name)?.colour || "var(--lab-muted)";

const effectText = (/** @type {Step} */ step) => {
  if (step.name === "raw") return `${count(step.nKept)} tokens`;
  if (!step.changed) return "no effect on this distribution";
  const n = step.nRemoved;
  if (!n) return "changes the shape, removes nothing";
  return `removes ${count(n)} ${n === 1 ? "token" : "tokens"}, ${finePercent(step.removedMass)}`;
};

/**
 * A stage moved beside a neighbour that is on; those that are off keep their places.
 * @param {string[]} order @param {string} name @param {string} target @param {boolean} after
 */
export const moved = (order, name, target, after) => {
  const rest = order.filter((other) => other !== name);
  rest.splice(rest.indexOf(target) + (after ? 1 : 0), 0, name);
  return rest;
};
