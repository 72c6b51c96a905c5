// The Class tab: a teacher opens a session, asks what the page shows, and drives the round on the projector.
import { component, isSeen, whenSeen } from "../shell/component.js";
import { h, render } from "../shell/dom.js";
import { keptForm } from "../shell/forms.js";
import { numberFrom, temperatureText, typedNumber } from "../shell/format.js";
import { seedOf, sourceOf, store, typedIn } from "../shell/lab.js";
import { reachable, reachNote } from "../link/reach.js";
import { createProblems, createTrying } from "../messages/problem.js";
import { download } from "../saving/files.js";
import { latest, Problem } from "../server/server.js";
import { onTheme } from "../bars/theme.js";
import { language, say } from "../words/words.js";
import { keepSession, keptSession, post, refusalText, watch } from "./line.js";
import { createShown, factsOf, growing, scores, sentenceOf, subjectOf } from "./shown.js";

/**
 * @typedef {import("./shown.js").Round} Round
 * @typedef {import("./shown.js").Live} Live
 * @typedef {{ code: string, round: Round | null, joined: number, voted: number, rounds: number,
 *   seconds: number, left: number, at: number }} Room `at`: when this was heard, in ms
 * @typedef {{ kind: string, token: string, n: string, t: string, others: string, length: string, to: string,
 *   text: string, given: string }} Form
 */

const KINDS = ["token", "count", "texts", "bars", "class", "guess", "follow"];
const FIELDS = ["text", "temperatures", "n", "t", "length"]; // as refusals name them
const GIVEN = "12"; // characters of a text to guess that stand there at first
const HOTTEST = 3; // end of the temperature's slider, as in the sidebar
const AFTER = 700; // ms after which bars that are followed take a new context along

export const mount = component("classroom", ({ root, config, memory, ask, signal }) => {
  /** @type {Form} */
  const first = {
    kind: "token", token: "", n: "100", t: "1.2", others: "0.5, 2", length: "120", to: "2",
    text: config.lines[0], given: GIVEN,
  };
  const form = /** @type {Form} */ (Object.assign(memory, keptForm("classroom", first, () =>
    Object.fromEntries(Object.keys(first).map((name) => [name, memory[name]]))), { ...memory }));
  const state = {
    session: keptSession(), line: false, busy: false, sure: false,
    room: /** @type {Room | null} */ (null),
    live: /** @type {Live | null} */ (null),
    tokens: /** @type {[number, string][]} */ ([]), // to ask about
    code: /** @type {{ of: string, rows: string[] } | null} */ (null), // QR
  };
  const problems = createProblems("classroom");
  const shown = createShown();
  let hearing = new AbortController();
  signal.addEventListener("abort", () => hearing.abort());

  // ---- the session
  const page = () => reachable(new URL("class", document.baseURI).href);
  const address = () => `${page()}#${state.session?.code}`;
  const teachers = () => `${address()}.${state.session?.key}`;

  const trying = createTrying({
    problems, state, draw: () => draw(),
    refused: (problem, where) =>
      problems.refuse(new Problem(refusalText(problem), problem.setting), FIELDS, where),
  });
  const openSession = () => trying("open", async () => {
    state.session = await post("open", {});
    keepSession(state.session);
    hear();
  });
  const hear = () => {
    hearing.abort();
    hearing = new AbortController();
    if (!state.session) return;
    const { session } = state;
    showCode();
    watch(session, {
      event: (name, data) => {
        if (name === "room") state.room = { ...data, at: Date.now() };
        if (name === "live") state.live = data;
        if (name === "ended") leave();
        draw();
      },
      line: (line) => {
        state.line = line;
        draw();
      },
      refused: (problem) => {
        leave();
        problems.tell("open", refusalText(problem));
        draw();
      },
    }, hearing.signal);
  };
  const leave = () => {
    hearing.abort();
    keepSession(null);
    Object.assign(state, { session: null, room: null, live: null, sure: false });
  };
  const showCode = async () => {
    const of = address();
    if (state.code?.of !== of) state.code = { of, rows: (await ask("qr", { address: of })).rows };
    draw();
  };
  const send = (/** @type {string} */ name, request = {}) => post(name, { ...state.session, ...request });
  const drive = (/** @type {string} */ action) => trying("drive", () => send("drive", { action }));
  const save = () => trying("drive", async () => {
    download(`class-${state.session?.code}.csv`, "text/csv", (await send("csv")).csv);
  });

  // ---- asking
  /** What the sidebar says: a model's text, or typed-in numbers. */
  const source = () => sourceOf(store.state);
  const settings = () => store.state.settings;
  const model = () => ({ model: store.state.model, context: store.state.context });
  const temperatures = (/** @type {string} */ text) =>
    text.split(/[;\s]+|,(?=\s)/).filter(Boolean).map((one) => typedNumber(one));
  /** @type {Record<string, () => object>} The request of each kind. */
  const requests = {
    token: () => ({ ...source(), settings: settings() }),
    count: () => ({
      ...source(), settings: settings(), token: Number(form.token), n: typedNumber(form.n),
      seed: seedOf(store.state),
    }),
    texts: () => ({
      ...model(), t: typedNumber(form.t), temperatures: [typedNumber(form.t), ...temperatures(form.others)],
      length: typedNumber(form.length), seed: null,
    }),
    bars: () => ({ ...source(), settings: settings(), to: [typedNumber(form.to)] }),
    class: () => ({ ...model(), settings: settings(), seed: seedOf(store.state) }),
    guess: () => ({ model: store.state.model, text: form.text, place: typedNumber(form.given) }),
    follow: () => ({ ...source(), settings: settings() }),
  };
  const put = (kind = form.kind) => trying("ask", () =>
    send("ask", { question: { kind, ...requests[kind]() } }));
  const likeliest = latest((/** @type {any} */ of) => ask("likeliest", of), {
    answered: ({ tokens }) => {
      state.tokens = tokens;
      const known = state.tokens.some(([id]) => String(id) === form.token);
      if (!known) form.token = String(tokens[0]?.[0] ?? "");
      draw();
    },
    refused: ({ message }) => {
      problems.tell("ask", message);
      draw();
    },
  });
  const change = (/** @type {Partial<Form>} */ changes) => {
    Object.assign(form, changes);
    problems.clear();
    if (form.kind === "count") likeliest(source());
    draw();
  };

  // ---- the slider: the newest value alone waits for its turn
  const move = latest((/** @type {Live} */ live) => send("live", { settings: live }), {
    answered: () => {}, refused: () => {},
  });
  const pull = (/** @type {number} */ temperature) => {
    state.live = { temperature };
    move(state.live);
    draw();
  };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let again;
  store.listen((now, before) => {
    const kind = state.room?.round?.kind;
    if (form.kind === "count" && JSON.stringify(sourceOf(now)) !== JSON.stringify(sourceOf(before))) {
      likeliest(source());
    }
    if (kind === "follow") {
      if (now.settings !== before.settings) move(now.settings);
      if (JSON.stringify(sourceOf(now)) !== JSON.stringify(sourceOf(before))) {
        clearTimeout(again);
        again = setTimeout(() => put("follow"), AFTER);
      }
    }
    if (isSeen(root)) draw();
  }, signal);
  signal.addEventListener("abort", () => clearTimeout(again));

  // ---- what stands where
  /** @param {string} text @param {() => void} onclick */
  const button = (text, onclick, more = {}) =>
    h("button", { class: "button", type: "button", disabled: state.busy, onclick, ...more }, text);
  const primary = { class: "button primary" };

  const closedDoor = () => h("section", { class: "card class-intro", key: "intro" },
    h("h3", {}, say("class.intro.title")),
    h("ol", {}, [1, 2, 3].map((step) => h("li", {}, say(`class.intro.${step}`)))),
    button(say("class.open"), openSession, primary), problems.of("open"),
    h("p", { class: "muted small" }, say("class.privacy")));

  /** @param {string[]} rows */
  const qrCode = (rows) => {
    const size = rows.length + 8; // with the quiet zone around
    const square = (/** @type {string} */ dark, /** @type {number} */ x, /** @type {number} */ y) =>
      (dark === "1" ? `M${x} ${y}h1v1h-1z` : "");
    return h("svg", {
      class: "class-qr", viewBox: `-4 -4 ${size} ${size}`, role: "img", "aria-label": say("class.qr"),
      "shape-rendering": "crispEdges",
    }, h("rect", { x: -4, y: -4, width: size, height: size, fill: "#fff" }),
    h("path", { fill: "#000", d: rows.map((row, y) => [...row].map((dark, x) => square(dark, x, y)).join(""))
      .join("") }));
  };

  /** How to join: code, address, QR. */
  const door = () => h("section", { class: "card class-door", key: "door" },
    state.code && qrCode(state.code.rows),
    h("div", {},
      h("p", { class: "muted" }, say("class.address")),
      h("p", { class: "class-address" }, page().replace(/^https?:\/\//, "")),
      h("p", { class: "class-code", "aria-label": [...(state.session?.code ?? "")].join(" ") },
        state.session?.code),
      reachNote() && h("p", { class: "note" }, reachNote())));

  const counts = () => {
    const { room } = state;
    if (!room) return h("p", { class: "muted" }, say("class.joining"));
    const open = room.round?.phase === "open";
    return h("div", { class: "class-counts" },
      h("span", {}, h("b", {}, room.joined), " ", say("class.joined", { n: room.joined })),
      room.round && room.round.kind !== "follow"
        && h("span", {}, h("b", {}, room.voted), " ", say("class.voted", { n: room.voted })),
      open && room.round?.kind !== "follow" && h("span", { class: "class-clock", ref: tick }, clock(room)),
      !state.line && h("span", { class: "class-away", role: "status" }, say("class.reconnecting")));
  };
  const clock = (/** @type {Room} */ room) => {
    const seconds = Math.floor(room.seconds + (Date.now() - room.at) / 1000);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  };
  /** The clock goes on by itself, as long as it stands there. @param {HTMLElement} node */
  const tick = (node) => {
    const timer = setInterval(() => {
      if (!node.isConnected || signal.aborted) clearInterval(timer);
      else if (state.room) node.textContent = clock(state.room);
    }, 1000);
  };

  /** The steps that the round can take now. @param {Round} round */
  const steps = ({ kind, phase, again: more }) => {
    const step = (/** @type {string} */ action, main = false) =>
      button(say(`class.do.${action}`), () => drive(action), main ? primary : {});
    if (kind === "follow") return [step("next", true)];
    const shownSteps = kind === "class" ? [step("draw", true), step("next")]
      : kind === "guess" ? [step("on", true), step("next")] : [step("next", true)];
    return {
      open: [step("close", true), step("reveal"), step("next")],
      closed: [more && step("again", true), step("reveal", !more), step("next")],
      shown: shownSteps,
    }[phase];
  };

  /** @param {Round} round */
  const stage = (round) => {
    const t = state.live?.temperature ?? 1;
    const phase = round.kind === "follow" ? "follow" : `${round.phase}${round.turn}`;
    return h("section", { class: "card class-stage", key: "stage", "data-phase": round.phase },
      h("p", { class: "muted class-number-of" }, say("class.round", { number: round.number }),
        " · ", say(`class.phase.${phase}`)),
      h("h3", { class: "class-question" }, sentenceOf(round)),
      subjectOf(round), round.kind === "class" && growing(round.asked.steps),
      round.kind === "follow" && shown.follow(round, state.live),
      round.phase === "shown" && [
        round.kind === "class" && slider(t), shown.panels(round, state.live), factsOf(round),
        shown.revealed(round)],
      round.phase !== "shown" && round.kind === "guess" && scores(round.asked.scores),
      h("div", { class: "class-steps" }, steps(round)), problems.of("drive"));
  };
  const slider = (/** @type {number} */ t) => h("label", { class: "class-slider" },
    h("span", {}, say("class.slider", { t: temperatureText(t) })),
    h("input", { class: "thermal-range", type: "range", min: 0, max: HOTTEST, step: 0.01, value: t,
      "aria-valuetext": temperatureText(t),
      oninput: (/** @type {any} */ { target }) => pull(Number(target.value)) }));

  // ---- the forms of the questions
  /** @param {keyof Form} name @param {string} key */
  const field = (name, key, more = {}) => h("label", { class: "class-field" }, h("span", {}, say(key)),
    h("input", {
      type: "text", autocomplete: "off", value: form[name], ...problems.marks(name),
      oninput: (/** @type {any} */ { target }) => {
        form[name] = target.value;
      }, ...more,
    }), problems.of(name));
  /** @type {Record<string, () => any>} */
  const fields = {
    token: () => null, follow: () => null, class: () => null,
    count: () => [
      h("label", { class: "class-field" }, h("span", {}, say("class.field.token")), h("select", {
        value: form.token, onchange: (/** @type {any} */ { target }) => change({ token: target.value }),
      }, state.tokens.map(([id, label]) => h("option", { value: String(id), key: id }, label)))),
      field("n", "class.field.n", { inputmode: "numeric" })],
    texts: () => [
      field("t", "class.field.t"), field("others", "class.field.others"), problems.of("temperatures"),
      field("length", "class.field.length", { inputmode: "numeric" })],
    bars: () => field("to", "class.field.to"),
    guess: () => [
      field("text", "class.field.text",
        { maxlength: config.mostGuessed, class: "wide", list: "class-lines" }),
      h("datalist", { id: "class-lines" }, config.lines.map((/** @type {string} */ line) =>
        h("option", { value: line }))),
      field("given", "class.field.given", { inputmode: "numeric" })],
  };
  const needsModel = () => ["texts", "class", "guess"].includes(form.kind) && typedIn(store.state);
  const asking = () => h("section", { class: "card class-ask", key: "ask" },
    h("h3", {}, say("class.ask")),
    h("div", { class: "segments", role: "group", "aria-label": say("class.ask") }, KINDS.map((kind) =>
      h("button", { type: "button", "aria-pressed": kind === form.kind, onclick: () => change({ kind }) },
        say(`class.kind.${kind}`)))),
    h("p", { class: "muted" }, say(`class.about.${form.kind}`, {
      t: temperatureText(settings().temperature), to: temperatureText(numberFrom(form.to) || 1),
    })),
    h("div", { class: "class-fields" }, fields[form.kind]()),
    needsModel() && h("p", { class: "note" }, say("class.needsModel")),
    h("div", { class: "class-steps" },
      button(say("class.put"), () => put(), {
        ...(state.room?.round ? {} : primary), // while a round is on, its own next step is what comes first
        disabled: state.busy || needsModel(),
      })),
    problems.of("ask"));

  const drawers = () => h("section", { class: "class-foot", key: "foot" },
    button(say("class.csv"), save), button(say("class.teacherLink"), copyLink),
    state.sure
      ? [button(say("class.endNow"), () => drive("end"), primary),
        button(say("class.stay"), () => sure(false))]
      : button(say("class.end"), () => sure(true)),
    linked && h("label", { class: "class-field class-linked" }, h("span", {}, say("class.secret")),
      h("input", { type: "text", class: "wide", readOnly: true, value: teachers(),
        onfocus: (/** @type {any} */ { target }) => target.select() })),
    h("span", { class: "muted small", role: "status" }, copied && say("class.copied")));
  let [linked, copied] = [false, false];
  /** Where a browser lets nobody copy, as without https, the link is there to be copied by hand. */
  const copyLink = async () => {
    linked = true;
    copied = await (navigator.clipboard?.writeText(teachers()).then(() => true, () => false) ?? false);
    draw();
  };
  const sure = (/** @type {boolean} */ wanted) => {
    state.sure = wanted;
    draw();
  };

  const draw = () => render(root, h("div", { class: "class-all", lang: language },
    !state.session ? closedDoor() : [
      h("div", { class: "class-main" },
        state.room?.round ? stage(state.room.round) : null, asking(), drawers()),
      h("aside", { class: "class-side", "aria-label": say("class.door") }, door(),
        h("section", { class: "card" }, counts()))]));

  whenSeen(root, () => draw(), signal);
  onTheme(draw, signal);
  draw();
  hear();
  if (form.kind === "count") likeliest(source());
});
