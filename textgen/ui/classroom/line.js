// The line between a page and its class on the server: what is sent, and a stream of what there is to see,
// which comes back by itself after a sleep, a lost network or a server that was started anew.
import { isAway, Problem } from "../server/problem.js";
import { hasWords, say } from "../words/words.js";

const FIRST_PAUSE = 400;
const LONGEST_PAUSE = 4_000; // ms between two tries
const SILENCE = 40_000; // ms after which a line is dead: the server says something every 15 s
const PASSING = ["class.refused.away", "class.refused.often"]; // refusals after which to try again
const HEADERS = { "Content-Type": "application/json" };

/** @param {string} name */
const addressOf = (name) => new URL(`class/${name}`, document.baseURI);

/** What was refused: by the class as JSON, by what stands before it as text. @param {Response} response */
const problemOf = async (response) => {
  const text = await response.text().catch(() => "");
  try {
    const { problem, setting } = JSON.parse(text);
    return new Problem(problem, setting);
  } catch {
    return isAway(response) ? new Problem(text, PASSING[0]) : new Problem(text || String(response.status));
  }
};

/**
 * Send something: the server's answer, or a Problem with its sentence.
 * @param {string} name @param {object} request @returns {Promise<any>}
 */
export const post = async (name, request) => {
  const asked = fetch(addressOf(name), { method: "POST", headers: HEADERS, body: JSON.stringify(request) });
  const response = await asked.catch(() => null);
  if (response === null) throw new Problem("", "class.refused.line");
  if (!response.ok) throw await problemOf(response);
  return response.json();
};

/** A refusal in the reader's language, where the catalogues have it. @param {Problem} problem */
export const refusalText = ({ setting, message }) => (hasWords(setting) ? say(setting) : message);

/** An event, and the rest that is not one yet. @param {string} text */
export const eventsIn = (text) => {
  const parts = text.split("\n\n");
  const rest = parts.pop() ?? "";
  const found = parts.map((part) => part.split("\n").filter(Boolean)).filter((lines) => lines.length > 1);
  const events = found.map((lines) => ({
    name: lines[0].replace("event: ", ""), data: JSON.parse(lines[1].replace("data: ", "")),
  }));
  return { events, rest };
};

/**
 * @typedef {object} Heard
 * @property {(name: string, data: any) => void} event
 * @property {(connected: boolean) => void} line whether the line stands
 * @property {(problem: Problem) => void} refused the end: the server will not have it
 */

/**
 * Hear of a class until it ends, or `signal` does.
 * @param {object} request @param {Heard} heard @param {AbortSignal} signal
 */
export const watch = async (request, heard, signal) => {
  let pause = FIRST_PAUSE;
  let ended = false;
  const hear = (/** @type {string} */ name, /** @type {any} */ data) => {
    pause = FIRST_PAUSE;
    ended ||= name === "ended";
    heard.event(name, data);
  };
  while (!ended && !signal.aborted) {
    try {
      await listen(request, hear, () => heard.line(true), signal);
    } catch (error) {
      if (error instanceof Problem && !PASSING.includes(error.setting)) return heard.refused(error);
    }
    if (ended || signal.aborted) return;
    heard.line(false);
    await wokenOrAfter(pause * (0.75 + Math.random() / 2), signal);
    pause = Math.min(2 * pause, LONGEST_PAUSE);
  }
};

/**
 * One connection, until it breaks or is silent for too long.
 * @param {object} request @param {(name: string, data: any) => void} hear
 * @param {() => void} begun @param {AbortSignal} signal
 */
const listen = async (request, hear, begun, signal) => {
  const own = new AbortController();
  const stop = () => own.abort();
  signal.addEventListener("abort", stop);
  let last = Date.now();
  const dead = () => Date.now() - last > SILENCE && stop();
  const timer = setInterval(dead, 5_000);
  document.addEventListener("visibilitychange", dead);
  window.addEventListener("offline", stop);
  try {
    const body = JSON.stringify(request);
    const asked = { method: "POST", headers: HEADERS, body, signal: own.signal };
    const response = await fetch(addressOf("watch"), asked);
    if (!response.ok) throw await problemOf(response);
    begun();
    const stream = /** @type {ReadableStream} */ (response.body);
    const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      last = Date.now();
      const found = eventsIn(rest + read.value);
      rest = found.rest;
      for (const { name, data } of found.events) hear(name, data);
    }
  } finally {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", dead);
    window.removeEventListener("offline", stop);
    signal.removeEventListener("abort", stop);
    own.abort();
  }
};

/** A pause that ends early when the page is looked at again or the network is back. */
const wokenOrAfter = (/** @type {number} */ pause, /** @type {AbortSignal} */ signal) =>
  new Promise((done) => {
    const woken = new AbortController();
    const end = () => {
      woken.abort();
      clearTimeout(timer);
      done(null);
    };
    const timer = setTimeout(end, pause);
    document.addEventListener("visibilitychange", end, woken);
    window.addEventListener("online", end, woken);
    signal.addEventListener("abort", end, woken);
  });

// ---- what a browser keeps: a device's id, and a teacher's session

const DEVICE = "temperature-lab device";
const SESSION = "temperature-lab class";

/** @param {string} name @returns {string | null} */
const kept = (name) => {
  try {
    return window.localStorage.getItem(name);
  } catch {
    return null; // a browser that keeps nothing
  }
};

const keep = (/** @type {string} */ name, /** @type {string | null} */ value) => {
  try {
    if (value === null) window.localStorage.removeItem(name);
    else window.localStorage.setItem(name, value);
  } catch {
    // until the page is loaded anew
  }
};

/** This device's id: random, made here, known to nobody else. */
export const deviceId = () => {
  const known = kept(DEVICE);
  if (known && known.length >= 16) return known;
  const bytes = window.crypto.getRandomValues(new Uint8Array(16));
  const made = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  keep(DEVICE, made);
  return made;
};

/** @typedef {{ code: string, key: string }} Session */

/** The session that was opened in this browser, or null. @returns {Session | null} */
export const keptSession = () => {
  const [code, key] = (kept(SESSION) ?? "").split(".");
  return code && key ? { code, key } : null;
};

/** @param {Session | null} session */
export const keepSession = (session) => keep(SESSION, session && `${session.code}.${session.key}`);

/** What the part of an address after # says: `CDFHJK`, or `CDFHJK.KEY` of a teacher's link. */
export const sessionIn = (/** @type {string} */ hash) => {
  const [code = "", key = ""] = decodeURIComponent(hash.replace(/^#/, "")).split(".");
  return { code, key };
};
