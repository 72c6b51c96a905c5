// A text that somebody else wrote, read by the model token by token: how surprising each is, its rank, how
// unsure the model was, and whether the stages would have allowed it; a second reader beside the first.
import { config } from "../shell/config.js";
import { h } from "../shell/dom.js";
import { fileButton, filesInto, readAs } from "../shell/files.js";
import { keptForm } from "../shell/forms.js";
import { count, finePercent, percent, temperatureText, typedNumber } from "../shell/format.js";
import { store, typedIn } from "../shell/lab.js";
import { modelGroups, titleOf } from "../own/own.js";
import { removerTitle } from "../bars/tokens.js";
import { term } from "../glossary/glossary.js";
import { createProblems } from "../messages/problem.js";
import { Problem } from "../server/server.js";
import { saveMenu } from "../saving/save.js";
import { surpriseClass } from "./text.js";
import { surpriseFigure } from "./words.js";

/**
 * @typedef {{ model: string, temperature: number, pieces: [string, number][], labels: string[],
 *   bits: number[], entropy: number[], learned: number[], decoded: number[], ranks: number[],
 *   above: number[], removed: string[], likeliest: [string, number][][], perCharacter: number,
 *   perToken: number, characters: number }} Reading
 * @typedef {"bits" | "rank" | "entropy" | "outside"} Look
 */

const TOP_K = 40;
const TOP_P = 0.9; // what many services use
const MOST = 20_000; // characters
/** @type {Record<Look, string>} */
const LOOKS = { bits: "Surprise", rank: "Rank", entropy: "Entropy", outside: "Not allowed" };

/** The violet that a token has. @param {Reading} read @param {number} i @param {Look} look */
export const shadeOf = (read, i, look) => {
  if (look === "outside") return read.removed[i] ? "s4" : "s0";
  if (look === "rank") return surpriseClass(Math.log2(read.ranks[i]));
  return surpriseClass(look === "bits" ? read.bits[i] : read.entropy[i]);
};

/** The share of tokens for which something holds. @param {Reading} read @param {(i: number) => boolean} is */
export const shareOf = (read, is) =>
  (read.bits.length ? read.bits.filter((_, i) => is(i)).length / read.bits.length : 0);

/**
 * @param {{ ask: (name: string, request: object) => Promise<any>, signal: AbortSignal,
 *   changed: () => void, surprise: import("../bars/chart.js").Figure }} page `surprise`: of no token
 */
export const createReader = (page) => {
  const { ask, signal } = page;
  const first = { text: "", open: false, look: /** @type {Look} */ ("bits"), second: "", at: "" };
  const form = /** @type {typeof first} */ (keptForm("generate read", first, () => ({ ...form })));
  if (!Object.hasOwn(LOOKS, form.look)) form.look = "bits";
  const problems = createProblems("read");
  /** @type {import("../shell/dom.js").Description | null} looked at anew only where something has changed */
  let built = null;
  const changed = () => {
    built = null;
    page.changed();
  };
  const state = {
    readings: /** @type {Reading[]} */ ([]), requests: /** @type {object[]} */ ([]), busy: false,
    chosen: /** @type {number | null} */ (null), // a piece of the text
    asked: 0, file: "", // what the file was read as
  };

  /** @type {import("../shell/files.js").Use} */
  const files = {
    most: 4 * MOST,
    took: (file) => {
      problems.clear("read");
      Object.assign(form, { text: file.text });
      state.file = readAs(file);
      changed();
    },
    refused: (sentence) => {
      problems.tell("read", sentence);
      changed();
    },
  };
  const tooLong = () => form.text.length > MOST;

  const read = async () => {
    problems.clear();
    const at = form.at.trim() === "" ? null : typedNumber(form.at);
    if (typedIn(store.state)) problems.tell("read", "typed-in numbers read no text; choose a model");
    if (!form.text.trim()) problems.tell("read", "there is no text yet; paste one into the field");
    if (tooLong()) {
      const got = count(form.text.length);
      problems.tell("read", `the text must be at most ${count(MOST)} characters, got ${got}; leave some out`);
    }
    if (at !== null && !(typeof at === "number" && at >= 0 && at <= 100)) {
      problems.tell("at", `the second temperature must be from 0 to 100, got ${form.at}; leave it empty`);
    }
    if (problems.has("read") || problems.has("at")) return changed();
    const asked = ++state.asked;
    state.busy = true;
    changed();
    const { model, settings } = store.state;
    const request = { model, settings, text: form.text };
    const other = form.second || at !== null ? [{
      ...request, model: form.second || model,
      settings: at === null ? settings : { ...settings, temperature: at },
    }] : [];
    try {
      const requests = [request, ...other];
      const readings = await Promise.all(requests.map((one) => ask("read", one)));
      if (asked !== state.asked || signal.aborted) return;
      Object.assign(state, { readings, requests, chosen: null });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      problems.tell("read", problem.message);
    }
    state.busy = false;
    changed();
  };

  // ---- what came of it

  /** The Save menu of the first reading, and of the second. @param {0 | 1} i */
  const menuOf = (i) => {
    const one = () => state.readings[i];
    const headline = () => `${titleOf(one().model)}, T = ${temperatureText(one().temperature)}`;
    return saveMenu({
      request: () => one() && { kind: "reading", ...state.requests[i] },
      charts: () => {
        const top = Math.max(1, ...state.readings.flatMap(({ bits }) => bits));
        const { bits, labels, perCharacter, perToken } = one();
        const line = `${perCharacter.toFixed(2)} bits a character, ${perToken.toFixed(2)} a token`;
        return [{ title: headline(), line, figure: surpriseFigure(page.surprise, bits, labels, top) }];
      },
      name: () => `reading-${one().model}`,
      note: () => `surprise of each token of a given text at T = 1, in bits · ${one().model}`,
    });
  };
  const menus = [menuOf(0), menuOf(1)];

  const totals = (/** @type {Reading} */ one) => h("p", { class: "read-totals" },
    h("b", {}, one.perCharacter.toFixed(2)), " bits a character, ",
    h("b", {}, one.perToken.toFixed(2)), " a token. Outside the ", String(TOP_K), " likeliest: ",
    h("b", {}, percent(shareOf(one, (i) => one.ranks[i] > TOP_K))), `; outside top-p ${TOP_P}: `,
    h("b", {}, percent(shareOf(one, (i) => one.above[i] >= TOP_P))),
    "; not allowed by the sidebar's stages: ",
    h("b", {}, percent(shareOf(one, (i) => one.removed[i] !== ""))), ".");

  const choose = (/** @type {number} */ piece) => {
    state.chosen = state.chosen === piece ? null : piece;
    changed();
  };
  const token = (/** @type {Reading} */ one, /** @type {number} */ piece) => {
    const [text, place] = one.pieces[piece];
    if (place < 0) return h("span", { class: "read-unknown", title: "unknown to the model" }, text);
    return h("span", {
      class: `${shadeOf(one, place, form.look)}${state.chosen === piece ? " read-chosen" : ""}`,
      "data-piece": piece,
    }, text);
  };
  /** One listener for all tokens; the arrow keys go from one to the next. */
  const listeners = (/** @type {Reading} */ one) => ({
    onclick: (/** @type {any} */ { target }) => {
      const at = target.closest("[data-piece]")?.dataset.piece;
      if (at !== undefined) choose(Number(at));
    },
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      let next = (state.chosen ?? -1) + step;
      while (one.pieces[next]?.[1] === -1) next += step;
      if (next >= 0 && next < one.pieces.length) choose(next);
    },
  });
  const facts = (/** @type {Reading} */ one) => {
    const place = state.chosen === null ? -1 : one.pieces[state.chosen]?.[1] ?? -1;
    if (place < 0) {
      return h("p", { class: "muted small" }, "Click a token, or use the arrow keys, to see its place.");
    }
    const removed = one.removed[place];
    const verdict = removed === "raw" ? "the model never writes it"
      : removed ? `not allowed: removed by ${removerTitle(removed)}` : "allowed by the stages";
    return h("div", { class: "read-facts", role: "status" },
      h("p", {}, h("span", { class: "tok" }, one.labels[place]), ` ${one.bits[place].toFixed(2)} bits, rank `,
        count(one.ranks[place]), `, ${finePercent(one.learned[place])} as learned, `,
        `${finePercent(one.decoded[place])} under the settings; `, verdict,
        `. Entropy there: ${one.entropy[place].toFixed(2)} bits.`),
      h("p", { class: "muted" }, "Likeliest: ", one.likeliest[place].map(([label, share], i) =>
        h("span", { key: i }, i ? ", " : "", h("span", { class: "tok" }, label), ` ${finePercent(share)}`))));
  };
  const result = (/** @type {Reading} */ one, /** @type {number} */ i) => h("section",
    { class: "read", key: i },
    h("div", { class: "tools" },
      h("h3", {}, `${titleOf(one.model)}, T = ${temperatureText(one.temperature)}`), menus[i]),
    totals(one),
    h("div", {
      class: "read-text", tabindex: 0, role: "group", ...listeners(one),
      "aria-label": `The text as ${titleOf(one.model)} reads it; arrow keys go from token to token`,
    }, one.pieces.map((_, piece) => token(one, piece))),
    facts(one));

  // ---- the form

  const looks = () => h("div", { class: "segments", role: "group", "aria-label": "Coloured by" },
    Object.entries(LOOKS).map(([name, title]) => h("button", {
      type: "button", "aria-pressed": form.look === name,
      onclick: () => {
        form.look = /** @type {Look} */ (name);
        changed();
      },
    }, title)));
  const build = () => h("details", {
    class: "fold card read-room", open: form.open, key: "read",
    ontoggle: (/** @type {any} */ { target }) => { form.open = target.open; },
  },
  h("summary", {}, "Read a text that somebody else wrote"),
  h("p", { class: "muted" }, "A poem, a chat answer, your own: each token coloured by its ",
    term("surprise"), " under the sidebar's model, its ", term("rank"), " or the ",
    term("entropy"), " there."),
  h("textarea", {
    class: "read-field", rows: 4, "aria-label": "Text to read", value: form.text,
    placeholder: "Paste a text, or drop a text file", ...problems.marks("read"), ...filesInto(files),
    oninput: (/** @type {any} */ { target }) => {
      form.text = target.value;
      state.file = "";
      problems.clear("read");
      changed();
    },
  }),
  h("p", { class: "muted small read-size", role: "status" },
    `${count(form.text.length)} of at most ${count(MOST)} characters. `, state.file),
  problems.of("read"),
  h("div", { class: "tools" },
    h("label", { class: "group" }, "Beside it ", h("select", {
      value: form.second, onchange: (/** @type {any} */ { target }) => { form.second = target.value; },
    }, h("option", { value: "" }, "no other model"), modelGroups().flatMap(({ models }) => models)
      .filter(({ name }) => name !== config.numbers)
      .map(({ name, title }) => h("option", { value: name }, title)))),
    h("label", { class: "group" }, "at T = ", h("input", {
      class: "read-at", type: "text", inputmode: "decimal", value: form.at, placeholder: "same",
      "aria-label": "A second temperature", ...problems.marks("at"),
      oninput: (/** @type {any} */ { target }) => { form.at = target.value; },
    })),
    h("button", { class: "button small", type: "button", disabled: state.busy, onclick: read },
      state.busy ? "Reading …" : "Read"), fileButton("Open a file", files),
    problems.of("at")),
  state.readings.length > 0 && looks(),
  state.readings.map(result));

  return { tree: () => (built ??= build()) };
};
