// The page of a class's phones: the question, an answer that is committed once, and what all came to.
import { oneTabStop } from "../bars/bars.js";
import { h, render } from "../shell/dom.js";
import { Problem } from "../server/problem.js";
import { language, say } from "../words/words.js";
import { deviceId, keepSession, post, refusalText, sessionIn, watch } from "./line.js";
import {
  choicesOf, createShown, factsOf, growing, optionsOf, scores, sentenceOf, subjectOf, voteText,
} from "./shown.js";

/** @typedef {import("./shown.js").Round} Round */
/** @typedef {import("./shown.js").Live} Live */
/** @typedef {number | number[] | null} Vote */

const LIST = 12; // options up to which each has a line of its own
const THEME = "temperature-lab-theme"; // what the big page's switch wrote
const root = /** @type {HTMLElement} */ (document.getElementById("class"));
const shown = createShown();

const state = {
  code: "", typed: "", asked: false, // whether a code was given
  line: false, ended: false, problem: "", sending: false,
  /** @type {Round | null | undefined} undefined: not heard yet */
  round: undefined,
  /** @type {Vote[]} what this device has answered in the present round, turn by turn */
  mine: [],
  /** @type {Live | null} */
  live: null,
  /** @type {Vote} chosen, and not sent */
  draft: null,
};
let hearing = new AbortController();

// ---- joining, hearing, voting

const join = (/** @type {string} */ code) => {
  hearing.abort();
  hearing = new AbortController();
  const plain = code.toUpperCase().replace(/[^A-Z]/g, "");
  Object.assign(state, {
    code: plain, asked: true, problem: "", ended: false, round: undefined, live: null, line: false,
  });
  window.history.replaceState(null, "", `class#${plain}`);
  watch({ code: plain, device: deviceId() }, {
    event: hear,
    line: (line) => {
      state.line = line;
      draw();
    },
    refused: (problem) => {
      Object.assign(state, { asked: false, typed: plain, problem: refusalText(problem) });
      draw();
    },
  }, hearing.signal);
  draw();
};

const hear = (/** @type {string} */ name, /** @type {any} */ data) => {
  if (name === "live") state.live = data;
  if (name === "ended") state.ended = true;
  if (name === "room") {
    const before = state.round;
    const same = before && data.round && before.number === data.round.number;
    if (data.mine) state.mine = data.mine;
    else if (!same) state.mine = [];
    if (!same || before.turn !== data.round.turn) Object.assign(state, { draft: null, problem: "" });
    if (data.round?.phase !== "open") state.problem = "";
    state.round = data.round;
  }
  draw();
};

const send = async () => {
  const { round, draft, code } = state;
  if (!round || draft === null || state.sending) return;
  Object.assign(state, { sending: true, problem: "" });
  draw();
  try {
    const vote = { code, device: deviceId(), round: round.number, turn: round.turn, vote: draft };
    state.mine = (await post("vote", vote)).mine;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    state.problem = refusalText(problem);
  }
  state.sending = false;
  draw();
};

const choose = (/** @type {Vote} */ vote) => {
  state.draft = vote;
  draw();
};

// ---- answers

/** @param {Round} round */
const choices = (round) => {
  const list = round.kind === "lesson" ? "class-list said" : "class-list";
  const shape = round.answer.n > LIST ? "class-grid" : list;
  const labels = optionsOf(round);
  const typed = (/** @type {KeyboardEvent} */ { key, ctrlKey, metaKey, altKey }) => {
    const place = labels.indexOf(key);
    if (place >= 0 && !ctrlKey && !metaKey && !altKey) choose(place);
  };
  return h("div", {
    class: shape, role: "group", "aria-label": say("class.options"), ref: oneTabStop, onkeydown: typed,
  }, labels.map((label, i) => h("button", {
      class: "button", type: "button", key: i, "aria-pressed": state.draft === i, onclick: () => choose(i),
    }, choicesOf(round)[i].map((part, at, all) => (at < all.length - 1 ? h("b", {}, `${part} `) : part)))));
};

/** @param {Round} round */
const numbers = ({ answer }) => {
  const value = typeof state.draft === "number" ? state.draft : "";
  const take = (/** @type {any} */ { target }) => {
    const given = Number(target.value.replace(",", "."));
    choose(target.value !== "" && Number.isInteger(given) && given >= answer.low && given <= answer.n
      ? given : null);
  };
  const label = say("class.number", { low: answer.low, n: answer.n });
  return h("div", { class: "class-number" },
    h("label", {}, h("span", {}, label), h("input", {
      type: "number", min: answer.low, max: answer.n, step: 1, inputmode: "numeric", value, oninput: take,
    })),
    h("input", { type: "range", min: answer.low, max: answer.n, step: 1, "aria-label": label,
      value: value === "" ? Math.round((answer.low + answer.n) / 2) : value, oninput: take }));
};

/** Bars to drag: they begin where they are now, and are read as shares of their sum. @param {Round} round */
const shares = (round) => {
  const start = round.asked.start.map((/** @type {number} */ share) => Math.round(100 * share));
  const values = Array.isArray(state.draft) ? state.draft : start;
  const sum = values.reduce((/** @type {number} */ all, /** @type {number} */ one) => all + one, 0) || 1;
  return h("div", { class: "class-drag" }, optionsOf(round).map((label, i) => h("label", { key: i },
    h("span", { class: "class-label" }, label),
    h("input", {
      type: "range", min: 0, max: 100, step: 1, value: values[i], style: `--at:${values[i]}%`,
      "aria-valuetext": say("class.share", { label, share: Math.round((100 * values[i]) / sum) }),
      oninput: (/** @type {any} */ { target }) => choose(values.with(i, Number(target.value))),
    }),
    h("output", {}, `${Math.round((100 * values[i]) / sum)}%`))));
};

const FORMS = { choice: choices, number: numbers, bars: shares, none: () => null };

/** @param {Round} round */
const form = (round) => [
  round.turn === 2 && state.mine[0] !== null && state.mine[0] !== undefined
    && h("p", { class: "muted" }, say("class.before", { vote: voteText(round, state.mine[0]) })),
  FORMS[round.answer.form](round),
  h("button", {
    class: "button primary class-send", type: "button", disabled: state.draft === null || state.sending,
    onclick: send,
  }, state.draft === null || round.answer.form === "bars" || round.kind === "lesson" ? say("class.send")
    : say("class.sendThis", { vote: voteText(round, state.draft) })),
];

// ---- a round

/** What this device has answered in the present turn. @param {Round} round */
const answered = ({ turn }) => state.mine[turn - 1] ?? null;
/** Whether there is something to answer. @param {Round} round */
const asks = (round) => round.phase === "open" && answered(round) === null;

/** What there is to do or to wait for. @param {Round} round */
const body = (round) => {
  const mine = answered(round);
  const voted = mine !== null;
  if (round.kind === "follow") return shown.follow(round, state.live);
  if (round.phase === "shown") return result(round);
  if (asks(round)) return form(round);
  const talk = round.again ? "class.wait.talk" : "class.wait.closed";
  const waiting = round.phase === "open" ? "class.wait.voted" : talk;
  return [
    voted && h("p", { class: "class-mine" }, say("class.mine", { vote: voteText(round, mine) })),
    h("p", { class: "class-wait", role: "status" }, say(waiting)),
  ];
};

/** @param {Round} round */
const result = (round) => {
  const mine = state.mine.map((vote) => voteText(round, vote)).filter(Boolean);
  return [
    mine.length > 0 && h("p", { class: "class-mine" }, say("class.mine", { vote: mine.join(" → ") })),
    shown.panels(round, state.live, state.mine), factsOf(round), shown.revealed(round),
  ];
};

const draw = () => {
  const { round } = state;
  render(root,
    h("header", {}, h("h1", {}, say("class.page")),
      state.asked && h("span", { class: `class-line${state.line ? " on" : ""}`, role: "status" },
        state.line ? state.code : say(state.ended ? "class.over" : "class.reconnecting"))),
    !state.asked ? joining() : state.ended ? over() : round === undefined
      ? h("p", { class: "class-wait" }, say("class.joining"))
      : round === null ? h("p", { class: "class-wait", role: "status" }, say("class.wait.first"))
        : h("section", { class: "card class-round", key: `${round.number}`, "data-round": round.number },
          h("h2", {}, sentenceOf(round)),
          round.turn === 2 && round.phase === "open"
            && h("p", { class: "class-second" }, say("class.second")),
          subjectOf(round, !asks(round)), round.kind === "class" && growing(round.asked.steps),
          body(round), round.kind === "guess" && round.phase !== "shown" && scores(round.asked.scores)),
    h("p", { class: "note", role: "alert" }, state.problem));
};

const over = () => [
  h("p", { class: "class-wait", role: "status" }, say("class.ended")),
  h("button", { class: "button", type: "button", onclick: () => {
    state.asked = false;
    draw();
  } }, say("class.another")),
];

const joining = () => h("form", {
  class: "card class-join",
  onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    join(state.typed);
  },
},
h("label", {}, h("span", {}, say("class.code")), h("input", {
  name: "code", autocomplete: "off", autocapitalize: "characters", spellcheck: "false", maxlength: 12,
  value: state.typed,
  oninput: (/** @type {any} */ { target }) => (state.typed = target.value),
})),
h("button", { class: "button primary" }, say("class.join")),
h("p", { class: "muted small" }, say("class.privacy")));

// ---- light or dark, and where the page begins

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const dress = () => {
  let wanted = null;
  try {
    wanted = window.localStorage.getItem(THEME);
  } catch {
    // as the system is
  }
  const night = wanted === "dark" || (wanted !== "light" && dark.matches);
  document.documentElement.style.colorScheme = night ? "dark" : "light";
  document.body.classList.toggle("dark", night);
  document.body.classList.add("lab-root");
};

const begin = () => {
  const { code, key } = sessionIn(window.location.hash);
  const typed = new URLSearchParams(window.location.search).get("code") ?? "";
  if (key) { // a teacher's link: this browser drives the session from the Class tab
    keepSession({ code, key });
    window.location.replace("./#v=1&tab=class");
  } else if (code || typed) join(code || typed);
  else draw();
};

/** What somebody typed before this script ran. */
const typedBefore = () => /** @type {HTMLInputElement | null} */ (root.querySelector("input"))?.value ?? "";

document.documentElement.lang = language;
state.typed = typedBefore();
dress();
dark.addEventListener("change", dress);
window.addEventListener("hashchange", begin);
begin();
