// A round as the projector and every phone show it: what is asked, then both tallies beside the model's bars.
import { barsOf, createBars, shownIds } from "../bars/bars.js";
import { distribution, floats, ranking } from "../bars/decoding.js";
import { tone } from "../bars/theme.js";
import { areWords, contextSpans } from "../bars/tokens.js";
import { config } from "../shell/config.js";
import { h } from "../shell/dom.js";
import { percent, temperatureText } from "../shell/format.js";
import {
  barsOf as lessonBars, factsText, guessKey, numberText, panelsOf as lessonPanels, panelTitle, pathsOf,
  textsOf,
} from "../learn/reveal.js";
import { language, say, withValues } from "../words/words.js";

/**
 * @typedef {{ n: number, shares: number[], median?: number, distance?: number }} Tally
 * @typedef {{ label: string, bits: number, rival: string, rivalBits: number }} Step
 * @typedef {object} Round
 * @property {number} number
 * @property {string} kind
 * @property {"open" | "closed" | "shown"} phase
 * @property {number} turn 1 or 2
 * @property {boolean} again whether it can be voted on once more
 * @property {{ form: "choice" | "number" | "bars" | "none", n: number, low: number }} answer
 * @property {any} asked
 * @property {Tally[]} [tallies] once it is shown
 * @property {any} [truth] once it is shown
 *
 * @typedef {{ temperature?: number, order?: string[] } & Record<string, any>} Live the teacher's slider
 * @typedef {{ title: string, colour: string, shares: number[], note: string, guess?: number[] }} Panel
 */

const MOST_BARS = 10; // of many options
const FEW = 12; // options that all have a bar
/** @type {Record<string, any>} */
const neutral = Object.fromEntries(config.stages.map((stage) => [stage.name, stage.neutral]));

const mean = (/** @type {number[]} */ values) => values.reduce((sum, one) => sum + one, 0) / values.length;

/** The labels of a round's options, or the bins of its numbers. @param {Round} round @returns {string[]} */
export const optionsOf = ({ answer, asked }) => {
  if (asked.texts) return asked.texts.map((/** @type {string} */ _, /** @type {number} */ i) => letter(i));
  if (answer.form === "number") return binsOf(answer.n, answer.low);
  if (asked.options?.length) return Array.from(asked.options, (_, i) => letter(i));
  return asked.other ? [...asked.labels, say("class.other")] : asked.labels;
};

/** What a lesson's options say. @param {any} asked @returns {string[]} */
const sentencesOf = (asked) =>
  (asked.options ?? []).map((/** @type {string} */ name) => wordsOf(asked.words)[`predict.${name}`]);

/** A lesson's words, which come with it in every language. @param {Record<string, any>} words */
const wordsOf = (words) => words[language] ?? words.en;

/** A, B, C, … */
export const letter = (/** @type {number} */ place) => String.fromCharCode(65 + place);

/** The bins of textgen/classroom/rounds.py: 0–9, …, 90–100. */
export const binsOf = (/** @type {number} */ most, least = 0) => {
  const width = Math.max(1, Math.floor((most - least + 1) / 10));
  const lows = Array.from({ length: Math.floor((most - least) / width) + 1 }, (_, i) => least + i * width)
    .filter((low) => low === least || most - low + 1 >= width);
  return lows.map((low, i) => {
    const high = (lows[i + 1] ?? most + 1) - 1;
    return low === high ? String(low) : `${low}–${high}`;
  });
};

/**
 * What somebody answered, in words.
 * @param {Round} round @param {number | number[] | null | undefined} vote
 */
export const voteText = (round, vote) => {
  if (vote === null || vote === undefined) return "";
  if (round.answer.form === "number") return String(vote);
  if (typeof vote === "number") return choicesOf(round)[vote].join(": ");
  const sum = mean(vote) * vote.length;
  return optionsOf(round).map((label, i) => `${label} ${Math.round((100 * vote[i]) / sum)}%`).join(", ");
};

/** The question in a sentence. @param {Round} round */
export const sentenceOf = ({ kind, asked }) =>
  (asked.lesson ? wordsOf(asked.words).ask : questionOf(kind, asked));

const questionOf = (/** @type {string} */ kind, /** @type {any} */ asked) => say(`class.q.${kind}`, {
  t: asked.t === undefined ? "" : temperatureText(asked.t),
  from: asked.from === undefined ? "" : temperatureText(asked.from),
  n: asked.draws ?? 0, label: asked.label ?? "", place: (asked.place ?? 0) + 1,
});

/** What a button of an option says, in parts. @param {Round} round @returns {string[][]} */
export const choicesOf = (round) => {
  const sentences = sentencesOf(round.asked);
  return optionsOf(round).map((label, i) => (sentences.length ? [label, sentences[i]] : [label]));
};

/**
 * What it is asked about: the context, or the texts.
 * @param {Round} round @param {boolean} [listed] whether a lesson's options are part of it, not buttons
 */
export const subjectOf = ({ asked, truth }, listed = true) => [
  asked.lesson && h("p", { class: "class-life" }, wordsOf(asked.words).life),
  asked.table && h("pre", { class: "learn-table" }, asked.table),
  asked.pieces && h("div", { class: `tokens class-context${areWords(asked.pieces) ? " words" : ""}` },
    asked.earlier > 0 && h("span", { class: "muted" }, "… "), contextSpans(asked.pieces)),
  lettered(asked.texts ?? (listed ? sentencesOf(asked) : []), truth, asked.prompt),
];

/** Texts or options by their letters, the right one marked. @param {string[]} texts @param {any} truth */
const lettered = (texts, truth, prompt = "") => texts.length > 0 && h("ol", { class: "class-texts" },
  texts.map((text, i) => h("li", { class: truth?.right === i ? "right" : null }, h("b", {}, letter(i)),
    h("span", {}, prompt && h("span", { class: "muted" }, prompt), text))));

/** A distribution at another temperature. @param {number[]} shares @param {number} t @returns {number[]} */
export const atTemperature = (shares, t) => {
  if (t === 1 || !shares.some((share) => share > 0)) return shares;
  const raw = Float64Array.from(shares, (share) => Math.log(share));
  const settings = { temperature: t, order: ["temperature"] };
  return [...distribution({ raw, history: [] }, settings, neutral).probabilities];
};

/** Whether the model's bars are its whole distribution. */
const whole = (/** @type {number[]} */ bars) => Math.abs(1 - mean(bars) * bars.length) < 0.001;

/** The title of a turn's votes. @param {Tally} tally */
const tallyTitle = ({ n }, /** @type {number} */ turn, /** @type {number} */ turns) =>
  (turns === 1 ? say("class.votes", { n }) : say(turn ? "class.votes.second" : "class.votes.first", { n }));

/** How much of all probability would have to move. */
const apart = (/** @type {number | undefined} */ share) =>
  (share === undefined ? "" : say("class.distance", { share: percent(share) }));

/**
 * Bars that were dragged, as outlines over the model's: this device's own, and the class's of each turn.
 * @param {Round} round @param {(number | number[] | null)[]} mine @returns {Panel[]}
 */
const outlines = ({ tallies = [], truth, asked }, mine) => {
  const own = mine.findLast(Array.isArray);
  const guesses = tallies.filter(({ n }) => n > 0).map((tally, i) => ({
    title: tallyTitle(tally, i, tallies.length), guess: tally.shares, note: apart(tally.distance),
  }));
  if (own) {
    const guess = own.map((share) => share / (mean(own) * own.length));
    const moved = guess.reduce((sum, share, i) => sum + Math.abs(share - truth.bars[i]), 0) / 2;
    guesses.unshift({ title: say("class.yours"), guess, note: apart(moved) });
  }
  const model = { colour: tone(asked.t), shares: truth.bars };
  const alone = { title: say("class.model", { t: temperatureText(asked.t) }), note: "" };
  return guesses.length ? guesses.map((guess) => ({ ...model, ...guess })) : [{ ...model, ...alone }];
};

/**
 * The panels of a round that is shown.
 * @param {Round} round @param {Live | null} live @param {(number | number[] | null)[]} [mine] of this device
 * @returns {Panel[]}
 */
export const panelsOf = (round, live, mine = []) => {
  const { kind, tallies = [], truth, asked } = round;
  if (round.answer.form === "bars") return outlines(round, mine);
  const t = kind === "class" ? live?.temperature ?? 1 : asked.t ?? 1;
  const ofClass = tallies.map((tally, i) => ({
    title: tallyTitle(tally, i, tallies.length),
    colour: i === tallies.length - 1 ? "var(--class)" : "var(--class-before)",
    shares: kind === "class" ? atTemperature(tally.shares, t) : tally.shares,
    note: kind === "class" ? "" : apart(tally.distance),
  }));
  if (kind === "lesson") return ofClass; // what the model says is drawn below: see `revealed`
  const exact = kind !== "class" || whole(truth.bars);
  const model = {
    title: say(kind === "texts" ? "class.verdict" : "class.model", { t: temperatureText(exact ? t : 1) }),
    colour: tone(exact ? t : 1),
    shares: kind === "class" && exact ? atTemperature(truth.bars, t) : truth.bars, note: "",
  };
  return [...ofClass, model];
};

/**
 * Which options have a bar: all of few, else the right one and those that matter most to anybody.
 * @param {Panel[]} panels @param {number | null} [right]
 */
export const barsShown = (panels, right = null) => {
  const places = panels[0].shares.map((_, i) => i);
  if (places.length <= FEW) return places;
  const most = (/** @type {number} */ i) => (
    i === right ? 2 : Math.max(...panels.map(({ shares }) => shares[i])));
  return places.sort((a, b) => most(b) - most(a) || a - b).slice(0, MOST_BARS);
};

/** Draws rounds; keeps its bars from one drawing to the next. */
export const createShown = () => {
  /** @type {import("../bars/bars.js").Bars[]} */
  const drawn = [];
  /** @type {import("../bars/bars.js").Bars[]} */
  const told = [];
  const followed = createBars();

  /**
   * Both tallies and the model's bars, side by side.
   * @param {Round} round @param {Live | null} live @param {(number | number[] | null)[]} [mine]
   */
  const panels = (round, live, mine) => {
    const all = panelsOf(round, live, mine);
    const labels = optionsOf(round);
    const places = barsShown(all, round.truth?.right);
    const scale = Math.max(...all.flatMap(({ shares, guess = shares }) =>
      places.flatMap((i) => [shares[i], guess[i]])), 0.01);
    return h("div", { class: "class-panels" }, all.map((panel, i) => {
      drawn[i] ??= createBars();
      const rest = 1 - places.reduce((sum, place) => sum + panel.shares[place], 0);
      const tail = { id: null, label: "…", probability: Math.max(0, rest) };
      const bars = places.map((place) => ({
        id: place, probability: panel.shares[place], guess: panel.guess?.[place],
        note: panel.guess && say("learn.guess", { share: percent(panel.guess[place]) }),
        label: round.truth?.right === place ? `✓ ${labels[place]}` : labels[place],
      }));
      drawn[i].update(places.length < labels.length ? [...bars, tail] : bars,
        { name: panel.title, colour: panel.colour, scale: Math.max(scale, rest < 1 ? rest : 0) });
      return h("section", { class: "class-panel", key: i },
        h("h3", {}, h("i", { class: "dot", style: `background:${panel.colour}` }), panel.title),
        drawn[i].node, panel.guess && guessKey(say("class.outline")),
        panel.note && h("p", { class: "muted small" }, panel.note));
    }));
  };

  /** The bars that follow the teacher's slider. @param {Round} round @param {Live | null} live */
  const follow = (round, live) => {
    const settings = live ?? round.asked.live;
    const data = dataOf(round);
    const view = distribution(data, settings, neutral);
    const ids = shownIds(data.order);
    const scale = Math.max(view.summary.top, 0.05);
    const t = settings.temperature ?? 1;
    followed.update(barsOf(/** @type {any} */ (data), ids, view),
      { name: say("class.q.follow"), colour: tone(t), scale });
    return h("section", { class: "class-panel class-follow", style: `--t:${tone(t)}` },
      h("p", { class: "class-t" }, `T = ${temperatureText(t)}`), followed.node,
      h("p", { class: "muted" }, say("class.follow.stats", {
        bits: numberText(view.summary.entropy), choices: numberText(view.summary.choices),
      })));
  };
  /** What the model says to a lesson's question. @param {Round} round */
  const revealed = ({ kind, truth }) => {
    if (kind !== "lesson" || !truth) return null;
    const all = truth.bars ? [] : lessonPanels(truth);
    const scale = Math.max(...all.flatMap(({ shares }) => shares), 0.01);
    return h("div", { class: "class-panels class-told" }, all.map((panel, i) => {
      told[i] ??= createBars();
      const colour = tone(panel.temperature);
      told[i].update(lessonBars(panel.labels, panel.shares), { name: panelTitle(panel), colour, scale });
      return h("section", { class: "class-panel", key: i },
        h("h3", {}, h("i", { class: "dot", style: `background:${colour}` }), panelTitle(panel)),
        told[i].node);
    }), textsOf(truth).map(({ title, body }) =>
      h("section", { class: "class-panel" }, h("h3", {}, title), body)), pathsOf(truth));
  };
  return { panels, follow, revealed };
};

/** @type {WeakMap<object, ReturnType<typeof made>>} */
const unpacked = new WeakMap();

/** The distribution that a round brought along, unpacked once. @param {Round} round */
const dataOf = ({ asked }) => {
  const known = unpacked.get(asked) ?? made(asked);
  unpacked.set(asked, known);
  return known;
};

/** @param {any} asked */
const made = (asked) => {
  const raw = floats(asked.logits);
  const labels = Array.from(raw, (_, id) => asked.labels[id] ?? `#${id}`);
  return { raw, labels, order: ranking(raw), history: asked.history, stops: asked.stops };
};

// ---- what a round came to, in words

/** @param {Round} round */
export const factsOf = (round) => {
  const { kind, asked, truth, tallies = [] } = round;
  const last = tallies[tallies.length - 1];
  if (kind === "count") {
    const expected = asked.draws * truth.p;
    const spread = Math.sqrt(expected * (1 - truth.p));
    return h("p", { class: "class-fact" }, say("class.fact.count", {
      n: asked.draws, drawn: truth.drawn, label: asked.label, expected: numberText(expected),
      spread: numberText(spread),
    }), " ", last?.median !== undefined && say("class.fact.median", { median: numberText(last.median) }));
  }
  if (kind === "lesson") return lessonFacts(round);
  if (kind === "texts") return textFacts(round);
  if (kind === "guess") return scores([...asked.scores, truth.score]);
  return null;
};

/** @param {Round} round */
const lessonFacts = ({ answer, truth, tallies = [] }) => {
  const middle = tallies.at(-1)?.median;
  return h("p", { class: "class-fact" },
    answer.form === "number" && [say("class.fact.measured", { value: numberText(truth.value) }), " "],
    middle !== undefined && [say("class.fact.median", { median: numberText(middle) }), " "],
    withValues(wordsOf(truth.told).told, factsText(truth.kinds, truth.facts)));
};

/** @param {Round} round */
const textFacts = ({ asked, truth }) => h("div", { class: "scroll" }, h("table", {},
  h("thead", {}, h("tr", {}, ["class.text", "class.temperature", "class.surprise"].map((key) =>
    h("th", { scope: "col" }, say(key))))),
  h("tbody", {}, asked.texts.map((/** @type {string} */ _, /** @type {number} */ i) => h("tr", {},
    h("th", { scope: "row" }, i === truth.right ? `✓ ${letter(i)}` : letter(i)),
    h("td", {}, temperatureText(truth.temperatures[i])), h("td", {}, numberText(truth.bits[i])))))));

const PLAYERS = ["class", "model", "ngram"];

/** Bits a character so far, of the class, the model and the counts. @param {Record<string, number>[]} all */
export const scores = (all) => {
  const played = all.filter((score) => score.class !== undefined);
  if (!played.length) return null;
  const last = played[played.length - 1];
  return h("div", { class: "scroll" }, h("table", {},
    h("thead", {}, h("tr", {},
      ["class.player", "class.lastBits", "class.meanBits"].map((key) =>
        h("th", { scope: "col" }, say(key))))),
    h("tbody", {}, PLAYERS.map((player) => h("tr", {},
      h("th", { scope: "row" }, say(`class.player.${player}`)),
      h("td", {}, numberText(last[player])),
      h("td", {}, numberText(mean(played.map((score) => score[player])))))))));
};

/** The two texts that grow: the class's and the model's, with their surprise. @param {Step[]} steps */
export const growing = (steps) => steps.length > 0 && h("dl", { class: "class-growing" },
  grown("class.player.class", steps.map(({ label, bits }) => ({ label, bits }))),
  grown("class.player.model", steps.map(({ rival, rivalBits }) => ({ label: rival, bits: rivalBits }))));

/** @param {string} who @param {{ label: string, bits: number }[]} tokens */
const grown = (who, tokens) => [
  h("dt", {}, say(who), h("span", { class: "muted" },
    ` ${say("class.bits", { bits: numberText(mean(tokens.map(({ bits }) => bits))) })}`)),
  h("dd", { class: "tokens" }, tokens.map(({ label }) => h("span", { class: "tok" }, label))),
];
