// A sentence above the room that is seen, for what has no field to stand by (`problem.js` is for those):
// it takes room of its own, so that it covers nothing.
import { isSeen } from "../shell/component.js";
import { h, render } from "../shell/dom.js";

const SHOWN_FOR = 12_000; // ms
let number = 0;

/** Show a sentence; a later one takes its place. @param {string} sentence @returns {() => void} ends it */
export const toast = (sentence) => {
  const place = document.querySelector(".lab-toasts") ?? document.createElement("div");
  place.className = "lab-toasts";
  place.setAttribute("role", "alert");
  const room = [...document.querySelectorAll("#tabs .lab-root")].find(isSeen);
  if (place.nextElementSibling !== room) room?.before(place);
  const own = (number += 1);
  const close = () => own === number && render(place);
  const button = h("button", { type: "button", "aria-label": "Close", onclick: close }, "×");
  render(place, h("div", { class: "lab-toast", key: own }, h("span", {}, sentence), button));
  place.scrollIntoView({ block: "nearest" });
  setTimeout(close, SHOWN_FOR);
  return close;
};
