// What a sweep goes through: the form, the request that it makes, how much that is, and how far it has come.
// How many texts and tokens it has is told without asking; tests hold that against `SweepSettings` in Python.
import { config as page } from "../shell/config.js";
import { isOn } from "../bars/decoding.js";
import { h } from "../shell/dom.js";
import { keptForm } from "../shell/forms.js";
import { clip, count, plainDigits, typedCount } from "../shell/format.js";
import { about, term } from "../glossary/glossary.js";
import { orderName, store, typedIn } from "../shell/lab.js";
import { modelGroups } from "../own/own.js";
import { stageText } from "../bars/tokens.js";

/**
 * @typedef {object} Form
 * @property {string[]} models
 * @property {string[]} prompts
 * @property {string} temperatures
 * @property {string[]} strategies their names
 * @property {string | number} seeds how many
 * @property {string | number} first the first of them
 * @property {string | number} length tokens of a text
 * @property {string} judge
 *
 * @typedef {Omit<Form, "models" | "prompts"> & { models: string[] | null, prompts: string[] | null }} Chosen
 *   what was chosen by hand; null follows the sidebar
 * @typedef {{ tokens: number, sweeps: number, temperatures: number, coldest: number, hottest: number,
 *   seeds: number, cells: number,
 *   length: number, seed: string, name: number, batch: number, running: number,
 *   visitor: number }} Limits
 * @typedef {{ name: string, greedy: boolean, settings: Record<string, any> }} Strategy
 * @typedef {keyof Form | "all"} Field where a problem is told
 * @typedef {{ field: Field, problem: string }} Trouble
 * @typedef {{ texts: number, tokens: number, cost: number } | Trouble} Size `cost`: tokens read and written
 * @typedef {{ title: string, hint: string, values: Partial<Form> }} Preset
 * @typedef {{ run: string, version: number, written: number, total: number, seconds: number,
 *   left: number | null, texts: number, done?: string }} Message of a sweep that is written
 * @typedef {{ busy: boolean, share: number, text: string, rate: number }} Progress
 * @typedef {{ problems: ReturnType<typeof import("../messages/problem.js").createProblems>,
 *   set: (changes: Partial<Chosen>, what?: string) => void, run: () => void, stop: () => void,
 *   undo: HTMLElement }} Actions `what` names what a change throws away
 */

const MOST_PROMPTS = 8; // fields; more is a case for the terminal
const OF_THE_SIDEBAR =
  "Of the sidebar, the model and the context are taken until you choose others here, and the stages where " +
  "you choose them as a strategy. Its temperature and seed do not count.";
const SIDEBAR =
  "The stages of the sidebar as they stand when you press Run; the sweep puts its temperatures in";
const FORMAT = "Temperatures are numbers such as 0.2, 0.5, 1 or a range such as 0.1:2:0.1.";

// ---- the sweep whose results the page shows, for whoever wants its texts
/** @type {{ run: string | null }} */
const shown = keptForm("sweep run", { run: null }, () => shown);

/** The id of the run; null where there is none yet. */
export const currentRun = () => shown.run;

export const setCurrentRun = (/** @type {string} */ run) => {
  shown.run = run;
};

// ---- what stands in the form

/** The models that can write. */
const models = () =>
  modelGroups().flatMap((group) => group.models).filter(({ name }) => name !== page.numbers);
/** @param {any} config @returns {Chosen} */
export const firstForm = (config) =>
  ({ ...structuredClone(config.presets[0].values), models: null, prompts: null, judge: "" });

/** A form without the models that are gone. @param {Chosen} form @returns {Chosen} */
export const existing = ({ models: chosen, judge, ...form }) => {
  const known = (/** @type {string} */ name) => models().some((model) => model.name === name);
  return { ...form, models: chosen?.filter(known) ?? null, judge: known(judge) ? judge : "" };
};

/** The form as links hold it. @param {Chosen} form @returns {Record<string, any>} */
export const formLink = ({ first, seeds, length, ...form }) => {
  const [from, n, tokens] = [first, seeds, length].map((typed) => typedCount(String(typed)));
  return { ...form, first_seed: String(from), seeds: n, length: tokens };
};

/** The form that a link means. @param {Record<string, any>} fields @param {any} config @returns {Chosen} */
export const formOfLink = ({ first_seed: first, models: chosen, prompts: texts, ...fields }, config) => {
  const { temperatures: grid, strategies, seeds, length, judge } = fields;
  const begins = firstForm(config);
  const typed = { seeds: String(seeds), first, length: String(length) };
  const list = strategies ?? begins.strategies;
  return { models: chosen, prompts: texts, temperatures: grid, strategies: list, judge, ...typed };
};

/** The form with what follows the sidebar filled in. @param {Chosen} chosen @returns {Form} */
export const filled = (chosen) => {
  const { model, context } = store.state;
  const own = typedIn(store.state) ? [] : [model];
  return { ...chosen, models: chosen.models ?? own, prompts: chosen.prompts ?? [context] };
};

/**
 * The form as the JSON of a `SweepRequest`, once its `sizeOf` has no problem.
 * @param {any} config @param {Form} form
 */
export const requestOf = (config, form) => {
  const [seeds, length] = [form.seeds, form.length].map((text) => Number(countOf(text)));
  const first = BigInt(countOf(form.first));
  const strategies = form.strategies.map((name) => strategyOf(config, name));
  return {
    settings: {
      models: form.models, prompts: form.prompts, judge: form.judge, length,
      temperatures: plainNumbers(form.temperatures),
      strategies: Object.fromEntries(strategies.map(({ name, settings }) => [name, settings])),
      seeds: Array.from({ length: seeds }, (_, i) => String(first + BigInt(i))),
    },
  };
};

/** A strategy by its name in the form. @param {any} config @param {string} name @returns {Strategy} */
const strategyOf = (config, name) => {
  const { settings } = store.state;
  const own = { name: sidebarName(settings, config.limits.name), greedy: false, settings };
  if (name === config.sidebar) return { ...own, settings: { ...settings, temperature: 1 } };
  return config.strategies.find((/** @type {Strategy} */ known) => known.name === name);
};

/**
 * The sidebar's settings by their values, as lines and reports name them: "sidebar: top-k 8, min-p 0.1".
 * @param {import("../shell/store.js").Settings} settings @param {number} most characters
 */
export const sidebarName = (settings, most) => {
  const active = page.stages.filter(({ name, neutral }) =>
    name !== "temperature" && isOn(settings[name], neutral));
  const values = active.map(({ name }) => stageText(name, settings[name]));
  const order = orderName(settings.order);
  const usual = order === Object.keys(page.orders)[0];
  const words = values.length ? [...values, ...(usual ? [] : [`${order} order`])] : ["all stages off"];
  return clip(`sidebar: ${words.join(", ")}`, most);
};

// ---- the form

const toggled = (/** @type {string[]} */ list, /** @type {string} */ name) =>
  (list.includes(name) ? list.filter((other) => other !== name) : [...list, name]);

/** @param {any} config @param {Chosen} chosen @param {Progress} progress @param {Actions} on */
export const formCard = (config, chosen, progress, on) => {
  const now = filled(chosen);
  const { problems } = on;
  const size = sizeOf(now, config.strategies, config.limits);
  const own = sidebarName(store.state.settings, config.limits.name);
  return h("section", { class: "card sweep-form" },
    h("header", {}, h("h3", {}, "What does temperature do to a text?"),
      h("p", { class: "muted" },
        "A sweep writes the same prompt at many temperatures, several times each, and measures the texts. A ",
        term("seed"), " is the ", term("same luck"),
        " at every temperature, so what differs, the settings made."),
      h("p", { class: "muted" }, OF_THE_SIDEBAR)),
    row("Models", "", problems.of("models"), chips(models().map(({ name, title, line }) => ({
      text: title, title: line, on: now.models.includes(name),
      toggle: () => on.set({ models: toggled(now.models, name) }),
    })))),
    row("Prompts", "", problems.of("prompts"), prompts(chosen, now, on)),
    row("Temperatures", "from:to:step, or a list", problems.of("temperatures"),
      temperatures(config, now, on)),
    row("Strategies", "how a token is chosen", problems.of("strategies"),
      chips([...config.strategies, { name: config.sidebar }].map(({ name }) => ({
        text: name === config.sidebar ? own : name, title: name === config.sidebar ? SIDEBAR : "",
        on: now.strategies.includes(name),
        toggle: () => on.set({ strategies: toggled(now.strategies, name) }),
      })))),
    row("Texts", "", [...NUMBERS, "judge"].map((name) => problems.of(name)), numbers(config, chosen, on)),
    foot(config, size, progress, on),
    on.undo,
    problems.of("all"),
    h("div", {
      class: "sweep-bar", role: "progressbar", "aria-label": "The sweep", hidden: !progress.busy,
      "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.round(100 * progress.share),
    }, h("i", { style: `width:${100 * progress.share}%` })),
    h("span", { class: "sweep-status", role: "status", hidden: !progress.text }, progress.text));
};

const row = (
  /** @type {string} */ label, /** @type {string} */ hint,
  /** @type {import("../shell/dom.js").Child} */ problem,
  /** @type {import("../shell/dom.js").Child[]} */ ...children
) => h("div", { class: "sweep-row", role: "group", "aria-label": `${label} of the sweep` },
  h("div", { class: "sweep-label" }, h("b", {}, label), hint ? h("span", {}, hint) : null),
  h("div", { class: "sweep-field" }, children, problem));

/** @param {{ text: string, title: string, on: boolean, toggle: () => void }[]} list */
const chips = (list) => h("div", { class: "chips" }, list.map(({ text, title, on, toggle }) =>
  h("button", { class: "chip", type: "button", title, "aria-pressed": on, onclick: toggle }, text)));

const prompts = (/** @type {Chosen} */ chosen, /** @type {Form} */ now, /** @type {Actions} */ on) => {
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
        onclick: () => on.set({ prompts: all.filter((_, k) => k !== i) }, `Prompt ${i + 1} removed`),
      }, "×")))),
    h("div", {},
      h("button", {
        class: "quiet", type: "button", hidden: all.length >= MOST_PROMPTS, onclick: add,
      }, "+ Prompt"),
      h("button", {
        class: "quiet", type: "button", hidden: chosen.prompts === null,
        onclick: () => on.set({ prompts: null }, "The sidebar's context taken"),
      }, "Take the sidebar's context")),
  ];
};

/** @param {any} config @param {Form} now @param {Actions} on */
const temperatures = (config, now, on) => {
  const read = readTemperatures(now.temperatures, config.limits.temperatures);
  const values = "values" in read ? read.values : [];
  const scale = `${values.length} temperatures from ${Math.min(...values)} to ${Math.max(...values)}`;
  return [
    h("input", {
      type: "text", class: "sweep-temperatures", "aria-label": "Temperatures", maxlength: 10000,
      spellcheck: "false", value: now.temperatures, ...on.problems.marks("temperatures"),
      oninput: (/** @type {any} */ { target }) => on.set({ temperatures: target.value }),
    }),
    h("span", { class: "muted sweep-small" }, values.length > 1 ? scale : ""),
  ];
};

/** @type {("seeds" | "first" | "length")[]} */
const NUMBERS = ["seeds", "first", "length"];

/** @param {any} config @param {Chosen} chosen @param {Actions} on */
const numbers = (config, chosen, on) => {
  /** @param {typeof NUMBERS[0]} name @param {string} label */
  const box = (name, label) => h("input", {
    class: "count-field", type: "text", inputmode: "numeric", autocomplete: "off", "aria-label": label,
    value: String(chosen[name]), ...on.problems.marks(name),
    oninput: (/** @type {any} */ { target }) => on.set({ [name]: target.value }),
  });
  const { limits } = config;
  return h("div", { class: "sweep-numbers" },
    h("label", {}, "Seeds ", box("seeds", `Seeds, at most ${limits.seeds}`)),
    h("label", {}, "from ", box("first", "First seed")),
    h("label", {}, "Tokens each ", box("length", "Tokens of a text")),
    h("span", { class: "sweep-judge" }, h("label", {}, "Judge ", h("select", {
      "aria-label": "Judge", value: chosen.judge,
      onchange: (/** @type {any} */ { target }) => on.set({ judge: target.value }),
    }, h("option", { value: "" }, "none"),
    models().map(({ name, title }) => h("option", { value: name }, title)))), about("judge", "a judge")));
};

/** @param {any} config @param {Size} size @param {Progress} progress @param {Actions} on */
const foot = (config, size, { busy, rate }, on) => {
  return h("footer", {},
    h("div", { class: "chips", role: "group", "aria-label": "Presets" },
      config.presets.map((/** @type {Preset} */ { title, hint, values }) => h("button", {
        class: "chip", type: "button", title: hint,
        onclick: () => on.set(structuredClone(values), `“${title}” taken`),
      }, title))),
    h("span", { class: "sweep-size", role: "status" },
      sizeText(size, config.limits, rate)),
    h("span", { class: "grow" }),
    h("button", {
      class: "button", type: "button", title: "Keep what is finished", hidden: !busy, onclick: on.stop,
      "data-do": "stop",
    }, "■ Stop"),
    h("button", {
      class: "button primary", type: "button", "data-do": "write", disabled: busy, onclick: on.run,
    }, "Run"));
};

// ---- temperatures and counts as they are typed

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?$/i;

/** A whole number that was typed; anything else stays as it is. */
const countOf = (/** @type {string | number} */ text) => typedCount(String(text));

const AMBIGUOUS = /^\s*\d+,\d+\s*$/; // 0,5: half, or none and five
const ambiguous = (/** @type {string} */ text) => {
  const [one, other] = text.trim().split(",");
  return `${one},${other} may be one number or two: write ${one}.${other}, or ${one}; ${other}.`;
};

/**
 * Numbers with decimal commas as those with points: "0,2; 0,5" or "0,2 0,5" or "0,1:2:0,1". Where a point
 * stands, or nothing else, commas stand between numbers.
 * @param {string} text
 */
export const plainNumbers = (text) => {
  const plain = plainDigits(text);
  if (plain.includes(".") || !/[;:\s]/.test(plain.trim())) return plain;
  return plain.replace(/(\d),(?=\d)/g, "$1.").replace(/[\s;]+/g, " ");
};

/**
 * "0.2, 0.5, 1" or "0.1:2:0.1" as numbers; of what is none the problem.
 * @param {string} text @param {number} most
 * @returns {{ values: number[] } | { problem: string }}
 */
export const readTemperatures = (text, most) => {
  if (AMBIGUOUS.test(plainDigits(text))) return { problem: ambiguous(plainDigits(text)) };
  const parts = plainNumbers(text).split(/[\s,;]+/).filter(Boolean).map((part) => inPart(part, most));
  if (!parts.length || parts.includes(null)) return { problem: FORMAT };
  const total = parts.reduce((sum, values) => sum + (values === "many" ? Infinity : values?.length ?? 0), 0);
  if (total > most) return { problem: `Too many temperatures: ${count(most)} at most; take a larger step.` };
  return { values: /** @type {number[][]} */ (parts).flat() };
};

/** A number or a range; null for what is neither. @param {string} text @param {number} most */
const inPart = (text, most) => {
  const parts = text.split(":");
  if (!parts.every((part) => NUMBER.test(part))) return null;
  const [start, end, step] = parts.map(Number);
  if (parts.length === 1) return [start];
  const steps = (end - start) / step;
  if (parts.length !== 3 || !(step > 0 && step < Infinity && steps >= 0)) return null;
  if (steps >= most) return "many";
  const value = (/** @type {number} */ i) => Number((start + i * step).toFixed(9));
  return Array.from({ length: Math.floor(steps + 1e-6) + 1 }, (_, i) => value(i));
};

// ---- how much it is

/**
 * What draws nothing is written once for all seeds, greedy once for all temperatures as well.
 * @param {Form} form @param {Strategy[]} strategies @param {Limits} limits
 * @returns {Size}
 */
export const sizeOf = (form, strategies, limits) => {
  const read = readTemperatures(form.temperatures, limits.temperatures);
  if ("problem" in read) return { field: "temperatures", problem: read.problem };
  const grid = read.values;
  const [seeds, length] = [form.seeds, form.length].map((text) => Number(countOf(text)));
  const trouble = troubleOf(form, grid, limits) ?? troubleOfCounts(form, limits);
  if (trouble) return trouble;
  const cold = grid.filter((t) => t === 0).length;
  const drawn = cold + (grid.length - cold) * seeds;
  const greedy = form.strategies.filter((name) => strategies.find((one) => one.name === name)?.greedy).length;
  const ofEach = greedy + (form.strategies.length - greedy) * drawn;
  const texts = form.models.length * form.prompts.length * ofEach;
  const tokens = texts * length;
  const cost = costOf(form, strategies, { drawn, length, batch: limits.batch });
  if (cost <= limits.tokens) return { texts, tokens, cost };
  const much = `${counted(texts, "text")}, ${counted(cost, "token")} to read and write`;
  return { field: "all", problem: `${much}: more than the ${count(limits.tokens)} that this server takes.` };
};

/**
 * Tokens to read and write at most, as `SweepSettings.cost` has it: prompts are read once a batch, twice a
 * search, and by the judge.
 * @param {Form} form @param {Strategy[]} strategies
 * @param {{ drawn: number, length: number, batch: number }} of `drawn`: texts of a prompt that draw anything
 */
const costOf = (form, strategies, { drawn, length, batch }) => {
  const texts = form.strategies.map((name) => {
    const known = strategies.find((one) => one.name === name);
    return { n: known?.greedy ? 1 : drawn, beams: Number(known?.settings.beams ?? 0) };
  });
  const all = (/** @type {typeof texts} */ some) => some.reduce((sum, { n }) => sum + n, 0);
  const [plain, searched] = [all(texts.filter((t) => !t.beams)), all(texts.filter((t) => t.beams))];
  const judged = form.judge ? plain + searched : 0;
  const readings = Math.ceil(plain / batch) + 2 * searched + judged;
  const written = texts.reduce((sum, t) => sum + t.n * Math.max(t.beams, 1), judged);
  const characters = form.prompts.reduce((sum, prompt) => sum + Math.max(1, [...prompt].length), 0);
  return form.models.length * (readings * characters + form.prompts.length * written * length);
};

/**
 * Why lists cannot be swept; null where they can.
 * @param {Form} form @param {number[]} grid @param {Limits} limits @returns {Trouble | null}
 */
const troubleOf = ({ models: chosen, prompts: texts, strategies }, grid, limits) => {
  const twice = (/** @type {unknown[]} */ list) => new Set(list).size < list.length;
  const cells = chosen.length * texts.length * strategies.length * grid.length;
  if (!chosen.length) return { field: "models", problem: "Choose at least one model." };
  if (twice(texts)) return { field: "prompts", problem: "Two prompts are the same; change or remove one." };
  const { coldest, hottest } = limits;
  const beyond = grid.find((t) => t !== 0 && !(t >= coldest && t <= hottest));
  if (beyond !== undefined) {
    const legal = `0 or from ${coldest} to ${hottest}`;
    return { field: "temperatures", problem: `Temperatures are ${legal}, got ${beyond}; 0 is greedy.` };
  }
  if (twice(grid)) {
    return { field: "temperatures", problem: "One of the temperatures is there twice." };
  }
  if (!strategies.length) return { field: "strategies", problem: "Choose at least one strategy." };
  if (cells <= limits.cells) return null;
  return {
    field: "all", problem: `${count(cells)} settings (models × prompts × strategies × temperatures): ` +
      `this page takes ${count(limits.cells)} at most.`,
  };
};

/** Why numbers cannot be swept. @param {Form} form @param {Limits} limits @returns {Trouble | null} */
const troubleOfCounts = ({ seeds, first, length }, limits) => {
  const whole = (/** @type {string | number} */ text, /** @type {number} */ low) => {
    const digits = String(countOf(text));
    return /^\d{1,30}$/.test(digits) && BigInt(digits) >= low ? BigInt(digits) : null;
  };
  const [n, from, tokens] = [whole(seeds, 1), whole(first, 0), whole(length, 1)];
  if (n === null) return { field: "seeds", problem: "The number of seeds is a whole number from 1." };
  if (n > limits.seeds) {
    return { field: "seeds", problem: `${count(Number(n))} seeds: this page takes ${limits.seeds} at most.` };
  }
  if (from === null || from + n - 1n > BigInt(limits.seed)) {
    const most = BigInt(limits.seed).toLocaleString("en");
    return { field: "first", problem: `Seeds are whole numbers from 0 to ${most}.` };
  }
  if (tokens !== null && tokens <= limits.length) return null;
  return { field: "length", problem: `A text has 1 to ${count(limits.length)} tokens; 200 is the default.` };
};

/** @param {Size} size @param {Limits} limits @param {number} rate tokens a second, 0: not known */
export const sizeText = (size, limits, rate) => {
  if ("problem" in size) return ""; // which stands at its field
  const { texts, tokens, cost } = size;
  const much = `${counted(texts, "text")}, up to ${counted(tokens, "token")}`;
  const share = `${count(cost)} of the ${count(limits.tokens)} that this server takes`;
  return `${much}; with the reading ${share}${rate ? ` · about ${duration(tokens / rate)}` : ""}`;
};

// ---- how far it is

/** @param {Message} message */
export const progressText = ({ written, total, left, texts }) => {
  const share = Math.floor((100 * written) / total);
  const parts = [
    `${share}% · ${count(written)} of ${counted(total, "token")}`,
    texts ? `${counted(texts, "text")} finished` : "",
    left ? `about ${duration(left)} left` : "",
  ];
  return parts.filter(Boolean).join(" · ");
};

/** 12 s, 3 min */
export const duration = (/** @type {number} */ seconds) => {
  if (seconds < 1) return "a second";
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
};

/** 1 text, 1,234 texts */
export const counted = (/** @type {number} */ n, /** @type {string} */ word) =>
  `${count(n)} ${word}${n === 1 ? "" : "s"}`;
