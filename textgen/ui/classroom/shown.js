// A round as the projector and every phone show it: what is asked, then both tallies beside the model's bars.
import { barsOf, createBars, shownIds } from "../bars/bars.js";
import { distribution, floats, ranking } from "../bars/decoding.js";
import { tone } from "../bars/theme.js";
import { areWords, contextSpans } from "../bars/tokens.js";
import { config } from "../shell/config.js";
import { h } from "../shell/dom.js";
import { percent, temperatureText } from "../shell/format.js";
import { language, say } from "../words/words.js";

/**
 * @typedef {{ n: number, shares: number[], median?: number, distance?: number }} Tally
 * @typedef {{ label: string, bits: number, rival: string, rivalBits: number }} Step
 * @typedef {object} Round
 * @property {number} number
 * @property {string} kind
 * @property {"open" | "closed" | "shown"} phase
 * @property {number} turn 1 or 2
 * @property {boolean} again whether it can be voted on once more
 * @property {{ form: "choice" | "number" | "bars" | "none", n: number }} answer
 * @property {any} asked
 * @property {Tally[]} [tallies] once it is shown
 * @property {any} [truth] once it is shown
 *
 * @typedef {{ temperature?: number, order?: string[] } & Record<string, any>} Live the teacher's slider
 * @typedef {{ title: string, colour: string, shares: number[], note: string }} Panel
 */

const MOST_BARS = 10; // of many options
const FEW = 12; // options that all have a bar
/** @type {Record<string, any>} */
const neutral = Object.fromEntries(config.stages.map((stage) => [stage.name, stage.neutral]));

const number = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
/** A number as the language writes it: 2.15, 2,15. */
export const numberText = (/** @type {number} */ n) => number.format(n);
const mean = (/** @type {number[]} */ values) => values.reduce((sum, one) => sum + one, 0) / values.length;

/** The labels of a round's options, or the bins of its numbers. @param {Round} round @returns {string[]} */
export const optionsOf = ({ answer, asked }) => {
  if (asked.texts) return asked.texts.map((/** @type {string} */ _, /** @type {number} */ i) => letter(i));
  if (answer.form === "number") return binsOf(answer.n);
  return asked.other ? [...asked.labels, say("class.other")] : asked.labels;
};

/** A, B, C, … */
export const letter = (/** @type {number} */ place) => String.fromCharCode(65 + place);

/** The bins of textgen/classroom/rounds.py: 0–9, …, 90–100. */
export const binsOf = (/** @type {number} */ most) => {
  const width = Math.max(1, Math.floor(most / 10));
  const lows = Array.from({ length: Math.floor(most / width) + 1 }, (_, i) => i * width)
    .filter((low) => low === 0 || most - low + 1 >= width);
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
  if (typeof vote === "number") return optionsOf(round)[vote];
  const sum = mean(vote) * vote.length;
  return optionsOf(round).map((label, i) => `${label} ${Math.round((100 * vote[i]) / sum)}%`).join(", ");
};

/** The question in a sentence. @param {Round} round */
export const sentenceOf = ({ kind, asked }) => say(`class.q.${kind}`, {
  t: asked.t === undefined ? "" : temperatureText(asked.t),
  from: asked.from === undefined ? "" : temperatureText(asked.from),
  n: asked.draws ?? 0, label: asked.label ?? "", place: (asked.place ?? 0) + 1,
});

/** What it is asked about: the context, or the texts. @param {Round} round */
export const subjectOf = ({ asked, truth }) => [
  asked.pieces && h("div", { class: `tokens class-context${areWords(asked.pieces) ? " words" : ""}` },
    asked.earlier > 0 && h("span", { class: "muted" }, "… "), contextSpans(asked.pieces)),
  asked.texts && h("ol", { class: "class-texts" },
    asked.texts.map((/** @type {string} */ text, /** @type {number} */ i) => h("li", {
      class: truth?.right === i ? "right" : null,
    }, h("b", {}, letter(i)),
    h("span", {}, asked.prompt && h("span", { class: "muted" }, asked.prompt), text)))),
];

/** A distribution at another temperature. @param {number[]} shares @param {number} t @returns {number[]} */
export const atTemperature = (shares, t) => {
  if (t === 1 || !shares.some((share) => share > 0)) return shares;
  const raw = Float64Array.from(shares, (share) => Math.log(share));
  const settings = { temperature: t, order: ["temperature"] };
  return [...distribution({ raw, history: [] }, settings, neutral).probabilities];
};

/** Whether the model's bars are its whole distribution. */
const whole = (/** @type {number[]} */ bars) => Math.abs(1 - mean(bars) * bars.length) < 0.001;

/** The panels of a round that is shown. @param {Round} round @param {Live | null} live @returns {Panel[]} */
export const panelsOf = ({ kind, tallies = [], truth, asked }, live) => {
  const t = kind === "class" ? live?.temperature ?? 1 : asked.t ?? 1;
  const ofClass = tallies.map((tally, i) => ({
    title: tallies.length === 1 ? say("class.votes", { n: tally.n })
      : say(i ? "class.votes.second" : "class.votes.first", { n: tally.n }),
    colour: i === tallies.length - 1 ? "var(--class)" : "var(--class-before)",
    shares: kind === "class" ? atTemperature(tally.shares, t) : tally.shares,
    note: tally.distance === undefined || kind === "class" ? ""
      : say("class.distance", { share: percent(tally.distance) }),
  }));
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
  const followed = createBars();

  /** Both tallies and the model's bars, side by side. @param {Round} round @param {Live | null} live */
  const panels = (round, live) => {
    const all = panelsOf(round, live);
    const labels = optionsOf(round);
    const places = barsShown(all, round.truth?.right);
    const scale = Math.max(...all.flatMap(({ shares }) => places.map((i) => shares[i])), 0.01);
    return h("div", { class: "class-panels" }, all.map((panel, i) => {
      drawn[i] ??= createBars();
      const rest = 1 - places.reduce((sum, place) => sum + panel.shares[place], 0);
      const tail = { id: null, label: "…", probability: Math.max(0, rest) };
      const bars = places.map((place) => ({
        id: place, probability: panel.shares[place],
        label: round.truth?.right === place ? `✓ ${labels[place]}` : labels[place],
      }));
      drawn[i].update(places.length < labels.length ? [...bars, tail] : bars,
        { name: panel.title, colour: panel.colour, scale: Math.max(scale, rest < 1 ? rest : 0) });
      return h("section", { class: "class-panel", key: i },
        h("h3", {}, h("i", { class: "dot", style: `background:${panel.colour}` }), panel.title),
        drawn[i].node, panel.note && h("p", { class: "muted small" }, panel.note));
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
  return { panels, follow };
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
  if (kind === "texts") return textFacts(round);
  if (kind === "guess") return scores([...asked.scores, truth.score]);
  return null;
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
