// Whether another device can open an address of this page, and what to do where it cannot: 127.0.0.1 and
// localhost mean another machine on each.
import { config } from "../shell/config.js";
import { say } from "../words/words.js";

const LOCAL = /^(localhost|127[.][\d.]+|\[::1\])$/;

/** Whether a name means this machine on this machine alone. */
export const isLocal = (/** @type {string} */ hostname) => LOCAL.test(hostname);

/**
 * An address as other devices open it: under this machine's own, where the server listens there.
 * @param {string} address @param {string} reach the machine's address in its network; "": not known
 */
export const reachable = (address, reach = config.reach) => {
  const url = new URL(address);
  if (isLocal(url.hostname) && reach) url.hostname = reach;
  return url.href;
};

/** What to say of an address that was to be shared; "" where there is nothing to say. */
export const reachNote = (hostname = window.location.hostname, reach = config.reach) => {
  if (!isLocal(hostname)) return "";
  return reach ? say("head.reach.network", { host: reach }) : say("head.reach.local");
};
