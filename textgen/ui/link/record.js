// A link as data: what a tab shows, to and from the part of an address behind the `#`. Which parts there are,
// their ranges and what they are when left out is told by Python (`textgen/link.py`), which reads links too.
import { config } from "../shell/config.js";
import { clip, count } from "../shell/format.js";
import { isOwn } from "../own/own.js";

/** @import { LinkField as Field } from "../shell/config.js" */
/**
 * @typedef {Record<string, any> & { tab: string }} Linked a value for every part of a link to a tab
 * @typedef {{ strategy: string, temperature: number, width: number | null,
 *   settings: Record<string, number> | null }} Pane one text of Generate; `settings`: its own stages
 */

const VERSION = "1";
const NO_TEXT = "\uFFFD";
const MANY = ["texts", "panes"]; // kinds of which a link may hold several
/** @type {Record<string, boolean>} */
const FLAGS = { true: true, 1: true, false: false, 0: false };

/** @import { State } from "../shell/store.js" */

/** The tabs that links lead to. */
export const tabs = () => Object.keys(config.link.tabs);

/** What a tab's own form has in a link. @param {string} tab @returns {Field[]} */
export const formFields = (tab) => (Object.hasOwn(config.link.tabs, tab) ? config.link.tabs[tab] : []);

const fieldsOf = (/** @type {string} */ tab) => [...config.link.shared, ...formFields(tab)];
const models = () => config.models.flatMap((group) => group.models.map(({ name }) => name))
  .filter((name) => name !== config.numbers);

// ---- the sidebar's part

/** What a link says of the sidebar. @param {State} state @returns {Record<string, any>} */
export const sharedOf = ({ model, context, numbers, kind, settings, seed, locked }) => {
  const { order, ...stages } = settings;
  const source = model === config.numbers ? { numbers, numbers_kind: kind } : { model, context };
  const known = Object.keys(config.orders).find((name) => same(config.orders[name], order));
  return { ...source, ...stages, order: known ?? order, seed, locked };
};

/**
 * The sidebar as a link has it: what it leaves open is as the page begins, what it does not concern as it is.
 * @param {Linked} record @param {State} now @returns {State}
 */
export const stateOf = (record, now) => {
  const { state: first, numbers: own } = config;
  const typed = record.numbers !== null && record.model === null;
  const stages = Object.keys(first.settings).map((name) => [name, record[name]]);
  const order = Array.isArray(record.order) ? record.order : config.orders[record.order];
  const settings = { ...Object.fromEntries(stages), order };
  const { seed, locked } = { locked: record.locked, seed: record.seed ?? first.seed };
  if (typed) {
    return { ...now, model: own, numbers: record.numbers, kind: record.numbers_kind, settings, seed, locked };
  }
  const context = record.context ?? (record.model === null ? first.context : "");
  return { ...now, model: record.model ?? first.model, context, settings, seed, locked };
};

// ---- writing

/** A record as `#v=1&tab=…`; what is neutral, or not legal at all, is left out. @param {Linked} record */
export const encode = (record) => {
  const parts = fieldsOf(record.tab).flatMap((field) => partsOf(field, record[field.name]));
  const pairs = [["v", VERSION], ["tab", record.tab], ...parts];
  return `#${pairs.map((pair) => pair.map(escaped).join("=")).join("&")}`;
};

/** @param {Field} field @param {any} value @returns {[string, string][]} */
const partsOf = (field, value) => {
  if (value === undefined || value === null || same(value, field.neutral)) return [];
  const texts = WRITERS[field.kind]?.(value) ?? [String(value)];
  return valueOf(field, texts).problem ? [] : texts.map((text) => [field.name, text]);
};

const same = (/** @type {unknown} */ one, /** @type {unknown} */ other) =>
  JSON.stringify(one) === JSON.stringify(other);

const joined = (/** @type {any} */ value) => [Array.isArray(value) ? value.join(",") : String(value)];
/** @type {Record<string, (value: any) => string[]>} */
const WRITERS = {
  numbers: joined, names: joined, models: joined, order: joined,
  texts: (texts) => texts,
  bias: (bias) => [JSON.stringify(bias)],
  panes: (panes) => panes.map(paneText),
};

/** `sampling,temperature:0.5` @param {Pane} pane */
const paneText = ({ strategy, temperature, width, settings }) => [
  strategy,
  ...(temperature === 1 ? [] : [`temperature:${temperature}`]),
  ...(width === null ? [] : [`width:${width}`]),
  ...(settings ? ["settings:own"] : []),
  ...Object.entries(settings ?? {}).map(([name, value]) => `${name}:${value}`),
].join(",");

/** As it stands in an address: as readable as one can be, and safe in a sentence that quotes it. */
const escaped = (/** @type {string} */ text) =>
  encodeURIComponent(text.replace(/\p{Surrogate}/gu, NO_TEXT)).replace(/%20/g, "+")
    .replace(/%(?:2C|3A|2F|40)/g, decodeURIComponent)
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

// ---- reading

/**
 * A link's record, with a sentence for each part that cannot be read: its neutral value is in its place.
 * @param {string} hash from the `#` on
 * @returns {{ record: Linked, problems: string[] } | null} null for no link
 */
export const decode = (hash) => {
  const { longest } = config.link;
  if (hash.length > longest) {
    const got = count(hash.length);
    const problem = `a link must be at most ${count(longest)} characters, got ${got}; shorten it`;
    return { record: neutralRecord("next"), problems: [problem] };
  }
  const { parts, problems } = partsIn(hash.replace(/^#/, ""));
  const version = parts.get("v")?.[0];
  if (version === undefined) return null;
  if (version !== VERSION) problems.push(refusal("v", VERSION, version, "what can be read of it is"));
  const tab = tabOf(parts, problems);
  const record = neutralRecord(tab);
  for (const field of fieldsOf(tab)) {
    const texts = parts.get(field.name);
    if (!texts) continue;
    const { value, problem } = valueOf(field, texts);
    if (problem) problems.push(problem);
    else record[field.name] = value;
    parts.delete(field.name);
  }
  for (const name of parts.keys()) {
    if (["v", "tab"].includes(name)) continue;
    problems.push(`a link to this tab has no ${clip(name, 60)}; it is left out`);
  }
  if (record.model !== null && record.numbers !== null) {
    record.numbers = null;
    problems.push("numbers stand instead of a model, got both; the numbers are left out");
  }
  return { record, problems };
};

/** What a link to a tab says that says nothing. @param {string} tab @returns {Linked} */
export const neutralRecord = (tab) => {
  const record = /** @type {Linked} */ ({ tab });
  for (const { name, neutral } of fieldsOf(tab)) record[name] = structuredClone(neutral);
  return record;
};

/** @param {Map<string, string[]>} parts @param {string[]} problems */
const tabOf = (parts, problems) => {
  const tab = parts.get("tab")?.[0] ?? "next";
  if (tabs().includes(tab)) return tab;
  problems.push(refusal("tab", `one of ${tabs().join(", ")}`, tab, "next is the first"));
  return "next";
};

/** @param {string} text @returns {{ parts: Map<string, string[]>, problems: string[] }} */
const partsIn = (text) => {
  const parts = new Map();
  const problems = [];
  for (const part of text.split("&").filter(Boolean)) {
    const at = part.includes("=") ? part.indexOf("=") : part.length;
    const [name, value] = [plain(part.slice(0, at)), plain(part.slice(at + 1))];
    const meant = part.slice(at + 1).match(/%EF%BF%BD|\uFFFD/gi)?.length ?? 0;
    if ([...value].filter((char) => char === NO_TEXT).length > meant) {
      problems.push(`${clip(name, 60)} holds bytes that are no text; each is a ${NO_TEXT} now`);
    }
    parts.set(name, [...(parts.get(name) ?? []), value]);
  }
  return { parts, problems };
};

/** Text as it stands in an address → as it is meant; what is no UTF-8 becomes �. */
const plain = (/** @type {string} */ text) => {
  const raw = new TextEncoder().encode(text.replaceAll("+", " "));
  const bytes = [];
  for (let i = 0; i < raw.length; i++) {
    const hex = raw[i] === 37 ? String.fromCharCode(...raw.slice(i + 1, i + 3)) : "";
    const isByte = /^[0-9a-f]{2}$/i.test(hex);
    bytes.push(isByte ? parseInt(hex, 16) : raw[i]);
    if (isByte) i += 2;
  }
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
};

/** @param {Field} field @param {string[]} texts @returns {{ value?: any, problem?: string }} */
const valueOf = (field, texts) => {
  const { name, kind, legal, hint } = field;
  const many = MANY.includes(kind);
  if (texts.length > 1 && !many) {
    return { problem: refusal(name, "there once", `${texts.length} times`, "leave the others out") };
  }
  const value = READERS[kind](field, many ? texts : texts[0]);
  return value === null ? { problem: refusal(name, legal, texts[0], hint) } : { value };
};

const refusal = (
  /** @type {string} */ name, /** @type {string} */ legal, /** @type {string} */ got,
  /** @type {string} */ hint,
) => `${name} must be ${legal}, got ${clip(got, 60) || "nothing"}; ${hint}`;

const NUMBER = /^ *[-+]?(\d+[.,]?\d*|[.,]\d+)(e[-+]?\d+)? *$/i;

const readNumber = (/** @type {Field} */ field, /** @type {string} */ text) => {
  const { low, high, above, below, or_zero: orZero } = field;
  if (!NUMBER.test(text)) return null;
  const number = Number(text.replace(",", "."));
  const over = low === null || (above ? number > low : number >= low);
  const under = high === null || (below ? number < high : number <= high);
  return (over && under && Number.isFinite(number)) || (orZero && number === 0) ? number : null;
};

const readWhole = (/** @type {Field} */ field, /** @type {string} */ text) => {
  const number = readNumber(field, text);
  return Number.isInteger(number) ? number : null;
};

const readNumbers = (/** @type {Field} */ field, /** @type {string} */ text) => {
  const read = (/** @type {string} */ word) =>
    (field.choices.includes(word) ? word : readNumber(field, word));
  const found = text.split(",").map(read);
  return found.includes(null) || found.length > field.most ? null : found;
};

const listOf = (/** @type {string[]} */ known, /** @type {Field} */ { most }, /** @type {string} */ text) => {
  const names = text ? text.split(",") : [];
  const fit = names.every((name, i) => known.includes(name) && names.indexOf(name) === i);
  return fit && names.length <= most ? names : null;
};

const readSeed = (/** @type {string} */ text) =>
  (/^\d{1,19}$/.test(text) && BigInt(text) < 2n ** 63n ? String(BigInt(text)) : null);

/** The name of an order, or the stages in theirs: those that are not named come where they usually do. */
const readOrder = (/** @type {string} */ text) => {
  if (Object.hasOwn(config.orders, text)) return text;
  const usual = Object.values(config.orders)[0];
  const order = text.split(",");
  if (order.some((name, i) => !usual.includes(name) || order.indexOf(name) !== i)) return null;
  usual.forEach((name, place) => {
    if (order.includes(name)) return;
    const before = usual.slice(0, place).findLast((other) => order.includes(other));
    order.splice(before === undefined ? 0 : order.indexOf(before) + 1, 0, name);
  });
  return order;
};

const isText = (/** @type {string} */ text, most = config.link.text) =>
  text.length <= 2 * most && [...text].length <= most;

const MOST_BIASED = 300;
const readBias = (/** @type {string} */ text) => {
  try {
    const bias = text.startsWith("{") ? JSON.parse(text) : null;
    const entries = Object.entries(bias ?? {});
    const fit = entries.length <= MOST_BIASED && entries.every(([token, number]) =>
      token && (number === null || (typeof number === "number" && Math.abs(number) <= 100)));
    return fit ? bias : null;
  } catch {
    return null;
  }
};

/** One text: `beam,width:3`; after `settings:own`, values of stages in the place of all the sidebar's. */
const readPane = (/** @type {Field} */ field, /** @type {string} */ text) => {
  const [strategy, ...parts] = text.split(",");
  const pairs = parts.map((part) => /** @type {[string, string]} */ (part.split(/:(.*)/s, 2)));
  if (!field.choices.includes(strategy) || pairs.some(([, value]) => value === undefined)) return null;
  const { settings: own, ...given } = Object.fromEntries(pairs);
  if ((own ?? "own") !== "own" || new Set(pairs.map(([name]) => name)).size < pairs.length) return null;
  /** @type {Record<string, any>} */
  const values = {};
  for (const [name, value] of Object.entries(given)) {
    const read = name === "width" ? readWhole(field, value) : readStage(name, value, own !== undefined);
    if (read === null) return null;
    values[name] = read;
  }
  const { temperature = 1, width = null, ...settings } = values;
  return { strategy, temperature, width, settings: own === undefined ? null : settings };
};

const readStage = (/** @type {string} */ name, /** @type {string} */ text, /** @type {boolean} */ any) => {
  const field = config.link.shared.find((one) => one.name === name);
  if (!field || !["number", "whole"].includes(field.kind) || !(any || name === "temperature")) return null;
  return READERS[field.kind](field, text);
};

/** @type {Record<string, (field: Field, text: any) => any>} A value, or null for what is not legal. */
const READERS = {
  number: readNumber,
  whole: readWhole,
  numbers: readNumbers,
  choice: ({ choices }, text) => (choices.includes(text) ? text : null),
  names: (field, text) => listOf(field.choices, field, text),
  model: (_, text) => (models().includes(text) || isOwn(text) ? text : null),
  models: (field, text) => listOf([...models(), ...text.split(",").filter(isOwn)], field, text),
  text: ({ most }, text) => (isText(text, most) ? text : null),
  texts: ({ most }, texts) =>
    (texts.length <= most && texts.every((/** @type {string} */ text) => isText(text)) ? texts : null),
  flag: (_, text) => (Object.hasOwn(FLAGS, text) ? FLAGS[text] : null),
  seed: (_, text) => readSeed(text),
  order: (_, text) => readOrder(text),
  bias: (_, text) => readBias(text),
  panes: (field, texts) => {
    const panes = texts.map((/** @type {string} */ text) => readPane(field, text));
    return panes.includes(null) || panes.length > field.most ? null : panes;
  },
};
