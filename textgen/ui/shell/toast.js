// A sentence that cannot be overlooked, for twelve seconds.
import { h, render } from "./dom.js";

const SHOWN_FOR = 12_000; // ms
const TITLE = "That cannot be done";

let number = 0;

/** Show a sentence; a later one takes its place. @param {string} sentence @returns {() => void} ends it */
export const toast = (sentence, title = TITLE) => {
  const place = document.querySelector(".lab-toasts") ?? document.createElement("div");
  if (!place.isConnected) document.body.append(place);
  place.className = "lab-toasts";
  place.setAttribute("role", "alert");
  const own = (number += 1);
  const close = () => own === number && render(place);
  const button = h("button", { type: "button", "aria-label": "Close", onclick: close }, "×");
  render(place,
    h("div", { class: "lab-toast", key: own }, h("b", {}, title), h("span", {}, sentence), button));
  setTimeout(close, SHOWN_FOR);
  return close;
};
