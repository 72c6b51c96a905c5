// What a sweep goes through: the form, how much that is, Run and Stop, and how far it has come.
import { config as page } from "../shell/config.js";
import { h } from "../shell/dom.js";
import { store, typedIn } from "../shell/lab.js";
import { countOf, plainNumbers, readTemperatures, sizeOf, sizeText } from "./size.js";

/** @typedef {import("./size.js").Form} Form */
/** @typedef {Omit<Form, "models" | "prompts"> & { models: string[] | null, prompts: string[] | null }} Chosen
 *   what was chosen by hand; null follows the sidebar */
/** @typedef {{ title: string, hint: string, values: Partial<Form> }} Preset */
/** @typedef {{ busy: boolean, share: number, text: string, rate: number }} Progress */

const MOST_PROMPTS = 8; // fields; more is a case for the terminal
const LEAD =
  "Write the same prompt at many temperatures, several times each, and measure the texts. A seed is the " +
  "same luck at every temperature, so what differs, the settings made.";
const JUDGE =
  "Another model that scores every text: its surprise makes the coherence proxy independent of the writer";
const SIDEBAR =
  "The stages of the sidebar as they stand when you press Run; the sweep puts its temperatures in";

/** The models that can write. */
const models = () =>
  page.models.flatMap((group) => group.models).filter(({ name }) => name !== page.numbers);
/** A model as people know it. */
export const titleOf = (/** @type {string} */ name) =>
  models().find((model) => model.name === name)?.title ?? name;

/** @param {any} config @returns {Chosen} */
export const firstForm = (config) =>
  ({ ...structuredClone(config.presets[0].values), models: null, prompts: null, judge: "" });

/** A form without the models that are gone. @param {Chosen} form @returns {Chosen} */
export const existing = ({ models: chosen, judge, ...form }) => {
  const known = (/** @type {string} */ name) => models().some((model) => model.name === name);
  return { ...form, models: chosen?.filter(known) ?? null, judge: known(judge) ? judge : "" };
};

/** What stands in the form now. @param {Chosen} chosen @returns {Form} */
const filled = (chosen) => {
  const { model, context } = store.state;
  const own = typedIn(store.state) ? [] : [model];
  return { ...chosen, models: chosen.models ?? own, prompts: chosen.prompts ?? [context] };
};

/** The form as a request, with what the sidebar's strategy takes. @param {Chosen} chosen */
export const requestOf = (chosen) => {
  const form = filled(chosen);
  const [seeds, first, length] = [form.seeds, form.first, form.length].map(countOf);
  const temperatures = plainNumbers(form.temperatures);
  return { ...form, temperatures, seeds, first, length, settings: store.state.settings };
};
const toggled = (/** @type {string[]} */ list, /** @type {string} */ name) =>
  (list.includes(name) ? list.filter((other) => other !== name) : [...list, name]);

/**
 * @param {any} config
 * @param {Chosen} chosen
 * @param {Progress} progress
 * @param {{ set: (changes: Partial<Chosen>) => void, run: () => void, stop: () => void }} on
 */
export const formCard = (config, chosen, progress, on) => {
  const now = filled(chosen);
  return h("section", { class: "card sweep-form" },
    h("header", {}, h("h3", {}, "What does temperature do to a text?"), h("p", { class: "muted" }, LEAD)),
    row("Models", "", chips(models().map(({ name, title, line }) => ({
      text: title, title: line, on: now.models.includes(name),
      toggle: () => on.set({ models: toggled(now.models, name) }),
    })))),
    row("Prompts", "", prompts(chosen, now, on)),
    row("Temperatures", "from:to:step, or a list", temperatures(config, now, on)),
    row("Strategies", "how a token is chosen", chips([...config.strategies, { name: config.sidebar }].map(
      ({ name }) => ({
        text: name, title: name === config.sidebar ? SIDEBAR : "", on: now.strategies.includes(name),
        toggle: () => on.set({ strategies: toggled(now.strategies, name) }),
      })))),
    row("Texts", "", numbers(config, chosen, on)),
    foot(config, now, progress, on),
    h("div", {
      class: "sweep-bar", role: "progressbar", "aria-label": "The sweep", hidden: !progress.busy,
      "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.round(100 * progress.share),
    }, h("i", { style: `width:${100 * progress.share}%` })),
    h("span", { class: "sweep-status", role: "status", hidden: !progress.text }, progress.text));
};

const row = (
  /** @type {string} */ label, /** @type {string} */ hint,
  /** @type {import("../shell/dom.js").Child[]} */ ...children
) => h("div", { class: "sweep-row", role: "group", "aria-label": `${label} of the sweep` },
  h("div", { class: "sweep-label" }, h("b", {}, label), hint ? h("span", {}, hint) : null),
  h("div", { class: "sweep-field" }, children));

/** @param {{ text: string, title: string, on: boolean, toggle: () => void }[]} list */
const chips = (list) => h("div", { class: "chips" }, list.map(({ text, title, on, toggle }) =>
  h("button", { class: "chip", type: "button", title, "aria-pressed": on, onclick: toggle }, text)));

/** @typedef {{ set: (changes: Partial<Chosen>) => void }} On */

const prompts = (/** @type {Chosen} */ chosen, /** @type {Form} */ now, /** @type {On} */ on) => {
  const all = now.prompts;
  const replace = (/** @type {number} */ place, /** @type {string} */ text) =>
    on.set({ prompts: all.map((old, i) => (i === place ? text : old)) });
  const add = (/** @type {any} */ { currentTarget }) => {
    on.set({ prompts: [...all, ""] });
    currentTarget.closest(".sweep-field").querySelector(".sweep-prompt:last-child textarea").focus();
  };
  return [
    h("div", { class: "sweep-prompts" }, all.map((text, i) => h("div", { class: "sweep-prompt" },
      h("textarea", {
        rows: 1, "aria-label": `Prompt ${i + 1}`, placeholder: "Empty: the start of a text",
        maxlength: 20000, spellcheck: "false", value: text,
        oninput: (/** @type {any} */ { target }) => replace(i, target.value),
      }),
      h("button", {
        class: "quiet", type: "button", "aria-label": `Remove prompt ${i + 1}`, hidden: all.length === 1,
        onclick: () => on.set({ prompts: all.filter((_, k) => k !== i) }),
      }, "×")))),
    h("div", {},
      h("button", {
        class: "quiet", type: "button", hidden: all.length >= MOST_PROMPTS, onclick: add,
      }, "+ Prompt"),
      h("button", {
        class: "quiet", type: "button", hidden: chosen.prompts === null,
        onclick: () => on.set({ prompts: null }),
      }, "Take the sidebar's context")),
  ];
};

const temperatures = (/** @type {any} */ config, /** @type {Form} */ now, /** @type {On} */ on) => {
  const read = readTemperatures(now.temperatures, config.limits.temperatures);
  const values = "values" in read ? read.values : [];
  const scale = `${values.length} temperatures from ${Math.min(...values)} to ${Math.max(...values)}`;
  return [
    h("input", {
      type: "text", class: "sweep-temperatures", "aria-label": "Temperatures", maxlength: 10000,
      spellcheck: "false", value: now.temperatures,
      oninput: (/** @type {any} */ { target }) => on.set({ temperatures: target.value }),
    }),
    h("span", { class: "muted sweep-small" }, values.length > 1 ? scale : ""),
  ];
};

const numbers = (/** @type {any} */ config, /** @type {Chosen} */ chosen, /** @type {On} */ on) => {
  /** @param {"seeds" | "first" | "length"} name @param {string} label */
  const box = (name, label) => h("input", {
    class: "count-field", type: "text", inputmode: "numeric", autocomplete: "off", "aria-label": label,
    value: String(chosen[name]),
    oninput: (/** @type {any} */ { target }) => on.set({ [name]: target.value }),
  });
  const { limits } = config;
  return h("div", { class: "sweep-numbers" },
    h("label", {}, "Seeds ", box("seeds", `Seeds, at most ${limits.seeds}`)),
    h("label", {}, "from ", box("first", "First seed")),
    h("label", {}, "Tokens each ", box("length", "Tokens of a text")),
    h("label", { title: JUDGE }, "Judge ", h("select", {
      "aria-label": "Judge", value: chosen.judge,
      onchange: (/** @type {any} */ { target }) => on.set({ judge: target.value }),
    }, h("option", { value: "" }, "none"),
    models().map(({ name, title }) => h("option", { value: name }, title)))));
};

/** @param {any} config @param {Form} now @param {Progress} progress @param {any} on */
const foot = (config, now, { busy, rate }, on) => {
  const size = sizeOf(now, config.strategies, config.limits);
  const over = "tokens" in size && size.tokens > config.limits.tokens;
  return h("footer", {},
    h("div", { class: "chips", role: "group", "aria-label": "Presets" },
      config.presets.map((/** @type {Preset} */ { title, hint, values }) => h("button", {
        class: "chip", type: "button", title: hint, onclick: () => on.set(structuredClone(values)),
      }, title))),
    h("span", { class: `sweep-size${over ? " over" : ""}`, role: "status" },
      sizeText(size, config.limits, rate)),
    h("span", { class: "grow" }),
    h("button", {
      class: "button", type: "button", title: "Keep what is finished", hidden: !busy, onclick: on.stop,
    }, "■ Stop"),
    h("button", { class: "button primary", type: "button", disabled: busy, onclick: on.run }, "Run"));
};
