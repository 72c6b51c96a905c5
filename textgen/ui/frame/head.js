// The page's head, beside light and dark: Share, and the page for a projector.
import { createShare } from "../link/share.js";
import { component } from "../shell/component.js";
import { h, render } from "../shell/dom.js";
import { createTeacher } from "../teacher/teacher.js";

export const mount = component("head", ({ root, ask, signal }) => {
  const share = createShare(ask);
  const teacher = createTeacher({ signal, share: share.open });
  render(root, h("div", { class: "head-tools" }, teacher.node, share.node));
});
