// The frame around the rooms, as it is heard: the page's heading. It lies before all that is seen.
import { component } from "./component.js";
import { h, render } from "./dom.js";

export const mount = component("frame", ({ root }) => {
  render(root, h("h1", { class: "lab-spoken" }, document.title));
});
