// The Model tab: what the sidebar's model is, how it learned, its README, and another model beside it.
import { component, isSeen, whenSeen } from "../shell/component.js";
import { h, render } from "../shell/dom.js";
import { about } from "../glossary/glossary.js";
import { keptForm } from "../shell/forms.js";
import { store } from "../shell/lab.js";
import { latest } from "../server/server.js";
import { onTheme } from "../bars/theme.js";
import { createComparison } from "./compare.js";
import { markdown } from "./markdown.js";
import { createTimeline } from "./timeline.js";

/**
 * @typedef {import("../shell/dom.js").Description} Description
 * @typedef {{ label: string, value: string, detail: string, term: string }} Tile `term`: of the glossary
 * @typedef {{ title: string, line: string, tiles: Tile[], readme: string, note: string,
 *   history: import("./timeline.js").History | null }} Facts
 */

const WIDE = 170; // characters of a sentence that need two columns

const factsCard = (/** @type {Facts} */ { title, line, tiles }) => h("section", { class: "card" },
  h("header", { class: "model-head" },
    h("h2", { class: "model-title" }, title), h("span", { class: "muted" }, line)),
  h("dl", { class: "tiles" }, tiles.map(({ label, value, detail, term }) =>
    h("div", { class: detail.length > WIDE ? "tile wide" : "tile" },
      h("dt", {}, label, term && about(term, label)),
      h("dd", {}, h("b", {}, value), h("span", {}, detail))))));

const readmeCard = (/** @type {string} */ text) => h("details", { class: "card fold" },
  h("summary", {}, "The whole model card (README.md)"), h("div", { class: "readme" }, markdown(text)));

export const mount = component("model", ({ root, config, memory, ask, stream, signal }) => {
  /** @type {{ card: Description, readme: Description | null } | null} */
  let shown = null;
  let note = "";
  const left = keptForm("model moment", { model: "", moment: null },
    () => ({ model: memory.model, moment: memory.moment }));
  Object.assign(memory, { ...left, ...memory });
  let missed = false; // whether something changed while another tab was open
  let asked = ""; // the model that the server was asked about last

  const question = latest((/** @type {{ model: string }} */ request) => ask("facts", request), {
    answered: (/** @type {Facts} */ facts, { model }) => {
      if (model !== store.state.model) return;
      if (memory.model !== model) Object.assign(memory, { model, moment: null });
      shown = { card: factsCard(facts), readme: facts.readme ? readmeCard(facts.readme) : null };
      note = facts.note;
      timeline.update(facts.history);
      draw();
      timeline.paint();
    },
    refused: (problem, { model }) => {
      if (model !== store.state.model) return;
      [shown, note] = [null, problem.message];
      timeline.update(null);
      draw();
    },
  });
  const draw = () => render(root,
    h("p", { class: "note", role: "status" }, note),
    h("div", { class: "model-all" },
      shown && [shown.card, timeline.describe(), shown.readme], comparison.describe()));
  const timeline = createTimeline({ memory, redraw: () => draw(), signal });
  const comparison = createComparison({ config, memory, ask, stream, redraw: () => draw() });

  /** While another tab is open the server is not asked, but when this one opens again. */
  const look = () => {
    missed = !isSeen(root);
    if (missed) return;
    const { model } = store.state;
    if (model !== asked) question({ model: (asked = model) });
    comparison.look();
  };
  store.listen((state, before) => {
    if (state.model !== before.model) comparison.forget();
    if (state.model !== before.model || state.context !== before.context) look();
    else if (isSeen(root)) draw();
  }, signal);
  whenSeen(root, () => {
    if (missed) look();
    else draw();
    timeline.paint();
  }, signal);
  onTheme(timeline.repaint, signal);
  draw();
  look();
});
