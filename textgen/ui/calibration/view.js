// The Calibration part: perplexity against temperature, of models and of a text of one's own.
import { painted, plot } from "../bars/chart.js";
import { component, isSeen, whenSeen } from "../shell/component.js";
import { h, render } from "../shell/dom.js";
import { fileButton, filesInto, readAs } from "../shell/files.js";
import { formChanged, keptForm, linkedForm } from "../shell/forms.js";
import { count, temperatureText } from "../shell/format.js";
import { about, term } from "../glossary/glossary.js";
import { store, typedIn } from "../shell/lab.js";
import { modelGroups } from "../own/own.js";
import { createProblems } from "../messages/problem.js";
import { latest } from "../server/server.js";
import { csvOf, download } from "../saving/files.js";
import { saveMenu } from "../saving/save.js";
import { onTheme, thermal } from "../bars/theme.js";
import { createUndo } from "../messages/undo.js";

/**
 * @typedef {{ label: string, name: string, unit: string, best: number, verdict: string, facts: string,
 *   temperatures: number[], nats: number[] }} Curve `name` is "" for a measured text
 * @typedef {{ model: string, models: { name: string, title: string }[], note: string, scale: string,
 *   curves: Curve[], figure: any, table: { t: number, cells: [string, boolean][] }[] }} Shown
 * @typedef {{ beside: string[], own: Curve[], scale: string, text: string, status: string,
 *   request: object | null }} Memory what stays when the part is mounted again
 */

const TITLE = "Does the model know how sure it is?";
const NO_RECEIPT =
  "A receipt repeats a measurement of your own text: measure one first. " +
  "The shipped curves are repeated by `evaluate`, as each model card says.";
const LOST = "The server gave no answer: the connection is lost, or it is being started again.";
const LINES = new Map([
  ["solid", "solid"],
  ["dash", "dashed"],
  ["dot", "dotted"],
]);

export const mount = component("calibration", ({ root, config, memory, signal, ask, stream }) => {
  /** @type {Memory} */
  const first = { beside: [], own: [], scale: "", text: "", status: "", request: null };
  const left = keptForm("calibration", first, () => kept);
  const known = modelGroups().flatMap(({ models }) => models.map(({ name }) => name));
  left.beside = left.beside.filter((name) => known.includes(name));
  const kept = /** @type {Memory} */ (Object.assign(memory, { ...left, ...memory }));
  const problems = createProblems("calibration");
  const undo = createUndo("calibration", { root, signal, restored: () => look() });
  /** @type {Shown | null} */
  let value = null;
  /** @type {number | null} When the measurement that is running began, ms. */
  let since = null;
  let looking = false;
  let missed = false; // something changed while another tab was open

  // ---- asking: while another tab is open the server is not asked, but when this one opens again
  const question = latest((/** @type {object} */ request) => ask("curves", request), {
    answered: (answer) => {
      value = answer;
      problems.clear("curves");
      draw();
    },
    refused: ({ message }) => problems.tell("curves", message),
    idle: (idle) => {
      looking = !idle;
      draw();
    },
  });
  const look = () => {
    missed = !isSeen(root);
    if (missed) return;
    const own = kept.own.map(({ label, unit, nats, facts }) => ({ label, unit, nats, facts }));
    question({ model: store.state.model, models: kept.beside, own, scale: kept.scale });
  };
  const measuring = stream({
    message: ({ curve, request }) => {
      kept.own = [...kept.own, curve].slice(-config.own);
      Object.assign(kept, { request, scale: "", status: `${curve.label}: ${curve.verdict} ${curve.facts}` });
      look();
    },
    waits: (text) => {
      kept.status = text;
      draw();
    },
    ended: (why) => {
      since = null;
      if (why !== "measured") kept.status = "";
      if (why === "lost") problems.tell("text", LOST);
      draw();
    },
    refused: (sentence) => problems.tell("text", sentence),
  });
  /** @type {import("../shell/files.js").Use} */
  const files = {
    most: 4 * config.most,
    took: (file) => {
      problems.clear("text");
      Object.assign(kept, { text: file.text, status: readAs(file) });
      draw();
    },
    refused: (sentence) => {
      problems.tell("text", sentence);
      draw();
    },
  };
  const measure = () => {
    since = performance.now();
    problems.clear();
    measuring.start("measure", { text: kept.text, model: store.state.model });
    tick();
  };
  // Words take longer than characters, and others may be before us: the seconds show that it goes on.
  const tick = () => {
    if (signal.aborted) return;
    draw();
    if (since !== null) setTimeout(tick, 1000);
  };
  const toggle = (/** @type {string} */ name) => {
    const on = kept.beside.includes(name);
    kept.beside = on ? kept.beside.filter((other) => other !== name) : [...kept.beside, name];
    kept.scale = "";
    look();
  };

  // ---- the chart
  const firstCurve = () => value?.curves.find((curve) => curve.name === value?.model);
  const chart = () => {
    const some = (value?.curves.length ?? 0) > 0;
    return h(
      "section",
      { class: "card" },
      h(
        "header",
        { class: "calibration-head" },
        h("div", { class: "grow" }, h("h3", {}, TITLE), "\u00a0", about("calibration")),
        save,
      ),
      h("p", { class: "calibration-verdict", role: "status" }, firstCurve()?.verdict ?? ""),
      h("p", { class: "muted small" }, firstCurve()?.facts ?? ""),
      h("p", { class: "note", role: "status" }, value?.note ?? ""),
      problems.of("curves"),
      h("div", { class: "calibration-scales", hidden: !some }, h(
        "div",
        { class: "segments", role: "group", "aria-label": "What is shown" },
        config.scales.map((/** @type {[string, string]} */ [name, title]) =>
          h(
            "button",
            {
              type: "button",
              "aria-pressed": name === value?.scale,
              onclick: () => {
                kept.scale = name;
                look();
              },
            },
            title,
          ),
        ),
      ), about("bits")),
      h("div", { class: "calibration-key", hidden: !some }, value?.curves.map(sign)),
      h("div", {
        class: "calibration-plot",
        role: "img",
        opaque: true,
        hidden: !some,
        "aria-label": "Perplexity against temperature; the table below holds the numbers",
        ref: (/** @type {HTMLElement} */ element) => (place = element),
      }),
      beside(),
      numbers(some),
    );
  };
  /** @type {HTMLElement | null} */
  let place = null;
  const sign = (/** @type {Curve} */ curve, /** @type {number} */ i) => {
    const trace = value?.figure.data[i];
    const { color } = painted(trace.line);
    const remove = () => {
      const all = kept.own;
      undo.discarded(`${curve.label} removed`, () => (kept.own = all));
      kept.own = all.filter((other) => other.label !== curve.label);
      look();
    };
    return h(
      "span",
      {},
      h("i", { style: `border-top-style:${LINES.get(trace.line.dash)};border-top-color:${color}` }),
      h("span", {}, curve.label),
      h("b", { style: `--t:${thermal(curve.best)}` }, `T = ${Number(curve.best.toFixed(3))}`),
      curve.name
        ? null
        : h(
            "button",
            {
              class: "quiet",
              type: "button",
              "aria-label": `Remove ${curve.label}`,
              onclick: remove,
            },
            "×",
          ),
    );
  };
  const beside = () => {
    const others = (value?.models ?? []).filter(({ name }) => name !== value?.model);
    return h(
      "div",
      { class: "calibration-beside", hidden: !others.length },
      h("span", { class: "muted small" }, "Beside it"), undo.node,
      h(
        "div",
        { class: "chips", role: "group", "aria-label": "Models beside it" },
        others.map(({ name, title }) => {
          const on = kept.beside.includes(name);
          return h(
            "button",
            {
              class: "chip",
              type: "button",
              key: name,
              "aria-pressed": on,
              onclick: () => toggle(name),
              disabled: !on && kept.beside.length >= config.beside,
            },
            title,
          );
        }),
      ),
    );
  };
  const numbers = (/** @type {boolean} */ some) =>
    h(
      "details",
      { class: "fold", hidden: !some },
      h("summary", {}, "The numbers"),
      h(
        "div",
        { class: "scroll tall" },
        h(
          "table",
          {},
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              h("th", { scope: "col" }, "T"),
              value?.curves.map((curve) => h("th", { scope: "col" }, curve.label)),
            ),
          ),
          h(
            "tbody",
            {},
            value?.table.map(({ t, cells }) =>
              h(
                "tr",
                { class: t === 1 ? "at" : "" },
                h("th", { scope: "row" }, temperatureText(t)),
                cells.map(([text, least]) =>
                  h("td", { class: least ? "strong" : "" }, least ? `${text} ◂ least` : text),
                ),
              ),
            ),
          ),
        ),
      ),
    );
  const drawFigure = () => {
    if (!value?.figure || !place || !isSeen(place)) return;
    plot(place, value.figure);
  };

  // ---- a text of one's own
  const ownText = () => {
    const n = kept.text.length;
    const waits = since === null ? "" : `Measuring… ${Math.round((performance.now() - since) / 1000)} s`;
    return h(
      "section",
      { class: "card" },
      h("h3", {}, "Your own text"),
      h(
        "p",
        { class: "muted small" },
        "A text like the ones it learned from, another author, a letter of yours: " +
          "where is its minimum? As a rule, the stranger the text, the further to the right.",
      ),
      h("textarea", {
        class: "calibration-text",
        rows: 7,
        "aria-label": "Your own text",
        spellcheck: "false",
        value: kept.text,
        placeholder: "Paste a text that the model has not learned from, or drop a text file",
        ...problems.marks("text"),
        ...filesInto(files),
        oninput: (/** @type {any} */ event) => {
          kept.text = event.target.value;
          problems.clear("text");
          draw();
        },
      }),
      h(
        "div",
        { class: "calibration-row" },
        h(
          "button",
          {
            class: "button primary",
            type: "button",
            "data-do": "write",
            onclick: measure,
            disabled: since !== null || n > config.most || typedIn(store.state),
          },
          waits || "Measure",
        ),
        fileButton("Open a file", files),
        h(
          "span",
          { class: n > config.most ? "muted small over" : "muted small" },
          `${count(n)} of at most ${count(config.most)} characters`,
        ),
      ),
      problems.of("text"),
      h("p", { class: "calibration-status", role: "status" }, kept.status),
    );
  };

  const points = (/** @type {Curve} */ { label, temperatures, nats }) =>
    temperatures.map((t, i) => [label, t, nats[i], Math.exp(nats[i])]);
  const save = saveMenu({
    request: () => kept.request ?? (value?.figure ? {} : null),
    own: {
      csv: () => {
        const head = ["curve", "temperature", "nats", "perplexity"];
        download("perplexity.csv", "text/csv", csvOf([head, ...(value?.curves ?? []).flatMap(points)]));
      },
      json: () => download("perplexity.json", "application/json", JSON.stringify(value?.curves, null, 1)),
      get receipt() {
        return kept.request ? null : () => NO_RECEIPT;
      },
    },
    charts: () => [
      {
        title: TITLE,
        plot: place,
        line: (value?.curves ?? []).map(({ label, best }) => `${label}: least at T = ${best}`).join(" · "),
      },
    ],
    name: () => "perplexity",
    note: () => firstCurve()?.facts ?? "",
  });

  const draw = () => {
    formChanged();
    root.setAttribute("aria-busy", String(looking || since !== null));
    render(
      root,
      h(
        "div",
        { class: "calibration-all" },
        chart(),
        h("div", { class: "calibration-side" }, ownText(), help()),
      ),
    );
    drawFigure();
  };
  store.listen((state, before) => {
    if (state.model === before.model) return;
    kept.beside = kept.beside.filter((name) => name !== state.model);
    look();
  }, signal);
  whenSeen(
    root,
    () => {
      if (missed) look();
      else drawFigure();
    },
    signal,
  );
  onTheme(draw, signal);
  linkedForm("calibration", {
    read: () => ({ beside: kept.beside, scale: kept.scale }),
    load: ({ beside: others, scale }, { model }) => {
      kept.beside = others.filter((/** @type {string} */ name) => name !== model).slice(0, config.beside);
      kept.scale = scale;
    },
    loaded: () => look(),
  }, () => store.state);
  draw();
  look();
});

const help = () =>
  h(
    "section",
    { class: "card calibration-help" },
    h("h3", {}, "How to read it"),
    h(
      "p",
      {},
      term("perplexity", "Perplexity"),
      " is the number of equally likely tokens among which the model seems to choose at each " +
        "step " +
        "of a text that it did not learn from. Lower is better.",
    ),
    h(
      "dl",
      {},
      h("dt", {}, "Minimum at T = 1"),
      h(
        "dd",
        {},
        "As far as one number can tell, the model knows how sure it is: " +
          "of what it holds for 30% likely, about 30 of 100 come.",
      ),
      h("dt", {}, "Minimum above 1"),
      h(
        "dd",
        {},
        "It is too sure of itself, as after reading its text too often. " + "Flatter predicts better.",
      ),
      h("dt", {}, "Minimum below 1"),
      h("dd", {}, "It is not sure enough. Sharper predicts better."),
    ),
    h(
      "p",
      { class: "muted small" },
      "A token is a character for some models and a word for others: their perplexities " +
        "do not compare, but the places of their minima do. The temperature that predicts best is not " +
        "the one that writes best: people often prefer texts from below T = 1. After Guo et al. 2017, " +
        "“On calibration of modern neural networks”.",
    ),
  );
