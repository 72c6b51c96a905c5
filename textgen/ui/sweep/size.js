// How much a sweep is and how long it takes, told before and while it runs. The numbers are those of
// `SweepSettings` in Python, which the tests hold against these.
import { count, typedCount } from "../shell/format.js";

/**
 * @typedef {object} Form as the page sends it, with the sidebar's settings beside it
 * @property {string[]} models
 * @property {string[]} prompts
 * @property {string} temperatures
 * @property {string[]} strategies their names
 * @property {string | number} seeds how many
 * @property {string | number} first the first of them
 * @property {string | number} length tokens of a text
 * @property {string} judge
 *
 * @typedef {{ tokens: number, sweeps: number, temperatures: number, seeds: number, cells: number,
 *   length: number }} Limits
 * @typedef {{ name: string, greedy: boolean }} Strategy
 * @typedef {{ texts: number, tokens: number } | { problem: string }} Size
 * @typedef {{ run: string, version: number, written: number, total: number, seconds: number,
 *   left: number | null, texts: number, done?: string }} Message of a sweep that is written
 */

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?$/i;
const FORMAT = "Temperatures are numbers such as 0.2, 0.5, 1 or a range such as 0.1:2:0.1.";
const NONE = "Choose at least one model and one strategy.";

/** A whole number that was typed. */
export const countOf = (/** @type {string | number} */ text) => typedCount(String(text));

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
  if (text.includes(".") || !/[;:\s]/.test(text.trim())) return text;
  return text.replace(/(\d),(?=\d)/g, "$1.").replace(/[\s;]+/g, " ");
};

/**
 * "0.2, 0.5, 1" or "0.1:2:0.1" as numbers; of what is none the problem.
 * @param {string} text @param {number} most
 * @returns {{ values: number[] } | { problem: string }}
 */
export const readTemperatures = (text, most) => {
  if (AMBIGUOUS.test(text)) return { problem: ambiguous(text) };
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

/**
 * What draws nothing is written once for all seeds, greedy once for all temperatures as well.
 * @param {Form} form @param {Strategy[]} strategies @param {Limits} limits
 * @returns {Size}
 */
export const sizeOf = (form, strategies, limits) => {
  const read = readTemperatures(form.temperatures, limits.temperatures);
  if ("problem" in read) return read;
  const temperatures = read.values;
  const [seeds, length] = [form.seeds, form.length].map((text) => Number(countOf(text)));
  const problem = problemOf(form, temperatures, seeds, length, limits);
  if (problem) return { problem };
  const cold = temperatures.filter((t) => t === 0).length;
  const drawn = cold + (temperatures.length - cold) * seeds;
  const greedy = form.strategies.filter((name) => strategies.find((one) => one.name === name)?.greedy).length;
  const ofEach = greedy + (form.strategies.length - greedy) * drawn;
  const texts = form.models.length * form.prompts.length * ofEach;
  return texts ? { texts, tokens: texts * length } : { problem: NONE };
};

/** Why a form cannot be swept, as far as its numbers tell. */
const problemOf = (
  /** @type {Form} */ { models, prompts, strategies }, /** @type {number[]} */ temperatures,
  /** @type {number} */ seeds, /** @type {number} */ length, /** @type {Limits} */ limits,
) => {
  const whole = (/** @type {number} */ value) => Number.isInteger(value) && value >= 1;
  const cells = models.length * prompts.length * strategies.length * temperatures.length;
  if (new Set(temperatures).size < temperatures.length) return "One of the temperatures is there twice.";
  if (!whole(seeds) || !whole(length)) return "Seeds and length are whole numbers from 1.";
  if (seeds > limits.seeds) return `${count(seeds)} seeds: this page takes ${limits.seeds} at most.`;
  if (cells <= limits.cells) return "";
  return `${count(cells)} settings (models × prompts × strategies × temperatures): ` +
    `this page takes ${count(limits.cells)} at most.`;
};

/** @param {Size} size @param {Limits} limits @param {number} rate tokens a second, 0: not known */
export const sizeText = (size, limits, rate) => {
  if ("problem" in size) return size.problem;
  const { texts, tokens } = size;
  const [much, most] = [`${counted(texts, "text")}, up to ${counted(tokens, "token")}`, count(limits.tokens)];
  if (tokens > limits.tokens) return `${much}: more than the ${most} that this server takes.`;
  return `${much} of the ${most} that this server takes${rate ? ` · about ${duration(tokens / rate)}` : ""}`;
};

/** How far a sweep is. @param {Message} message */
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
