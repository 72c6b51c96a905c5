// A server that is away, such as one that is started anew: one banner, which goes when the server answers
// again. Whoever asked meanwhile waits for `whenBack()` and asks again: what is typed and written stays.
import { h, render } from "./dom.js";

const AWAY = "The server is away. What you typed and wrote stays; this page goes on as soon as it is back.";
const BACK = "The server is back.";
const CHANGED = "The server is back, with another version of this page: load it; what you typed stays.";
const [FIRST, LONGEST, SHOWN] = [500, 5_000, 3_000]; // ms: until the first look, between two, of BACK

/** An answer that is not the server's, but of what stands before it. */
export const isAway = (/** @type {Response} */ { status }) => status >= 502 && status <= 504;

/** The version of the page that the server serves, or null while it is away. */
const served = async () => {
  try {
    const response = await fetch(new URL("lab/version", document.baseURI), { cache: "no-store" });
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
};

/** @type {Promise<boolean> | null} */
let waiting = null;

/** Resolves when the server answers, at once if it does: whether it was away. */
export const whenBack = () => (waiting ??= wait().finally(() => { waiting = null; }));

const wait = async () => {
  let version = await served();
  if (version !== null) return false;
  show(AWAY);
  for (let pause = FIRST; version === null; pause = Math.min(2 * pause, LONGEST)) {
    await new Promise((done) => setTimeout(done, pause));
    version = await served();
  }
  const same = import.meta.url.includes(`/${version}/`);
  show(same ? BACK : CHANGED);
  if (same) setTimeout(() => !waiting && show(""), SHOWN);
  return true;
};

/** Above the tabs, with room of its own. */
const show = (/** @type {string} */ sentence) => {
  const tabs = document.querySelector("#tabs");
  const banner = document.querySelector(".lab-banner") ?? document.createElement("div");
  banner.className = "lab-banner";
  banner.setAttribute("role", "status");
  if (!banner.isConnected) tabs?.before(banner);
  render(banner, sentence && h("span", {}, sentence), sentence === CHANGED && h("button", {
    class: "button", type: "button", onclick: () => globalThis.location.reload(),
  }, "Load it"));
};
