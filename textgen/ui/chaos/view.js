// The Chaos part of the Experiments tab: one seed writes at every temperature of a fine grid.
import { painted, plot } from "../bars/chart.js";
import { component, isSeen, whenSeen } from "../shell/component.js";
import { activeStages } from "../bars/decoding.js";
import { h, render } from "../shell/dom.js";
import { formChanged, keptForm, linkedForm } from "../shell/forms.js";
import { clipStart, count, typedCount, typedNumber } from "../shell/format.js";
import { term } from "../glossary/glossary.js";
import { neutral, seedOf, store } from "../shell/lab.js";
import { titleOf } from "../own/own.js";
import { createProblems } from "../messages/problem.js";
import { saveMenu } from "../saving/save.js";
import { latest } from "../server/server.js";
import { onTheme } from "../bars/theme.js";
import { stageText } from "../bars/tokens.js";
import { createUndo } from "../messages/undo.js";
import { flipsOf, lineLabels, lineNames } from "./flips.js";
import { overview } from "./map.js";
import { textRows } from "./rows.js";

/** @typedef {import("./picture.js").Picture} Picture */
/** @typedef {import("./picture.js").Request} Request */
/** @typedef {import("./flips.js").Comparison} Comparison */
/** @typedef {{ low: any, high: any, rows: any, length: any }} Form */

/** @type {[keyof Form, string, string, (text: string) => number | string][]} */
const FIELDS = [
  ["low", "From T", "decimal", typedNumber],
  ["high", "to T", "decimal", typedNumber],
  ["rows", "Rows", "numeric", typedCount],
  ["length", "Tokens", "numeric", typedCount],
];
const AFTER = 61; // tokens of a text that are read after the one that differs
const LOST = "The server gave no answer: the connection may be lost. Try again.";
/** @type {Record<string, string>} Where a setting that the server refused is typed. */
const TYPED = { "from T": "low", "to T": "high", rows: "rows", length: "length" };
const NUMBERS = 13; // rows of the table of scores
/** A figure whose lines are named in a legend of its own, for where the page's is not. */
const named = (/** @type {import("../bars/chart.js").Figure} */ figure) => {
  const { data, layout } = painted(figure);
  const legend = { orientation: "h", x: 0, y: 1, yanchor: "bottom" };
  return { data, layout: { ...layout, showlegend: true, legend, margin: { ...layout.margin, t: 32 } } };
};
const TITLES = {
  parts: "First token at which each text differs from the one above",
  map: "Texts that agree, in the colour of their temperature",
  scores: "Scores against temperature",
};

export const mount = component("chaos", ({ root, config, memory, signal, ask, stream }) => {
  const begin = Object.fromEntries(FIELDS.map(([name]) => [name, String(config.form[name])]));
  const form = keptForm("chaos", begin, () => memory.form);
  const start = {
    picture: null,
    comparison: null,
    row: null,
    view: "text",
    fold: true,
    open: [],
    zooms: [],
    asked: "",
    note: "",
    status: "",
    pair: ["", ""],
  };
  /**
   * @type {{ form: Record<keyof Form, string>, picture: Picture | null, comparison: Comparison | null,
   *   row: number | null, view: string, fold: boolean, open: number[], zooms: [number, number][],
   *   asked: string,
   *   note: string, status: string, pair: [string, string] }} What stays when the part is mounted again.
   */
  const kept = Object.assign(memory, {
    form, ...keptForm("chaos picture", start, () => ({ ...kept, form: null })), ...memory,
  });
  /**
   * @type {{ quiet: boolean, zooms: [number, number][], started: number, fresh: boolean,
   *   share: number | null, turn: string } | null} turn: how long it waits for it
   */
  let writing = null;
  /** @type {number | null} */
  let reached = null;
  /** @type {import("./map.js").Place | null} */
  let pointed = null;
  let width = 0; // px of the overview
  let comparingNow = false;
  let linked = false; // whether the picture to come is a link's, with its seed
  let scrolls = false; // whether the answer to come is to be scrolled to
  const places = /** @type {Record<"parts" | "scores" | "work" | "flips", HTMLElement>} */ ({});

  // ---- asking for a picture: of the sidebar, or a part of the one that there is
  const drawing = stream({
    message: (message) => {
      if (!writing) return;
      if (message.picture) accept(JSON.parse(message.picture), writing);
      else Object.assign(writing, { share: message.share, turn: "" });
      draw();
    },
    waits: (text) => {
      if (writing) writing.turn = text;
      draw();
    },
    ended: (why) => {
      writing = null;
      if (why === "stopped") kept.note = "Stopped: nothing was changed.";
      if (why === "lost") problems.tell("write", LOST);
      draw();
    },
    refused: (sentence, setting) => {
      if (writing?.quiet) kept.note = sentence;
      else problems.tell(TYPED[setting] ?? "write", sentence);
    },
  });
  const problems = createProblems("chaos");
  const undo = createUndo("chaos", { root, signal, restored: () => draw() });
  const sidebar = () => {
    const { state } = store;
    const seed = linked ? state.seed : seedOf(state);
    return { model: state.model, prompt: state.context, settings: state.settings, seed };
  };
  const sidebarKey = () =>
    JSON.stringify({ ...sidebar(), settings: { ...store.state.settings, temperature: 1 } });
  const write = (
    /** @type {object} */ request,
    /** @type {{ quiet?: boolean, zooms?: [number, number][] }} */ options = {},
  ) => {
    const { quiet = false, zooms = [] } = options;
    const source = "model" in request ? request : { ...sidebar(), ...request };
    writing = {
      quiet,
      zooms,
      started: performance.now(),
      fresh: !("model" in request) && !store.state.locked,
      share: null,
      turn: "",
    };
    kept.asked = sidebarKey();
    problems.clear();
    drawing.start("draw", source);
    draw();
  };
  const writeForm = (quiet = false) =>
    write(Object.fromEntries(FIELDS.map(([name, , , read]) => [name, read(kept.form[name])])), { quiet });
  /** The picture's own source, on another range. */
  const range = (
    /** @type {Picture} */ { request, rows },
    /** @type {any} */ low,
    /** @type {any} */ high,
  ) => {
    const { model, prompt, seed, settings, length } = request;
    return { model, prompt, seed, settings, length, low, high, rows: rows.length };
  };
  const ends = (/** @type {Request} */ { temperatures }) =>
    /** @type {[number, number]} */ ([temperatures[0], temperatures[temperatures.length - 1]]);
  const zoomIn = () => {
    const { picture, zooms, pair } = kept;
    if (!picture) return;
    const [low, high] = pair.map(typedNumber);
    write(range(picture, low, high), { zooms: [...zooms, ends(picture.request)] });
  };
  const zoomOut = () => {
    const wider = kept.zooms[kept.zooms.length - 1];
    if (kept.picture && wider) write(range(kept.picture, ...wider), { zooms: kept.zooms.slice(0, -1) });
  };
  const accept = (
    /** @type {Picture} */ picture,
    /** @type {NonNullable<typeof writing>} */ { zooms, started, fresh },
  ) => {
    const { temperatures, length, seed } = picture.request;
    const [low, high] = ends(picture.request);
    if (kept.picture) {
      const names = /** @type {const} */ (["picture", "zooms", "comparison", "row", "open", "note", "form"]);
      const before = Object.fromEntries(names.map((name) => [name, kept[name]]));
      undo.discarded("The picture before replaced", () => Object.assign(kept, before, { status: "" }));
    }
    Object.assign(kept, { picture, zooms, comparison: null, row: null, open: [], note: picture.note });
    kept.form = {
      low: String(low),
      high: String(high),
      rows: String(temperatures.length),
      length: String(length),
    };
    const seconds = (performance.now() - started) / 1000;
    kept.status = `${count(temperatures.length * length)} tokens in ${seconds.toFixed(1)} s`;
    if (fresh) store.set({ seed: String(seed) });
    linked = false;
    kept.asked = sidebarKey();
    const first = picture.rows.findIndex(({ at }) => at !== null);
    if (first > 0) pick(first, false);
  };

  // ---- asking what lies between two temperatures
  const comparing = latest((/** @type {object} */ request) => ask("compare", request), {
    answered: (comparison) => {
      kept.comparison = comparison;
      problems.clear("pair");
      kept.pair = [String(comparison.low), String(comparison.high)];
      draw();
      if (scrolls) places.flips.scrollIntoView({ block: "nearest" });
    },
    refused: ({ message }) => problems.tell("pair", message),
    idle: (idle) => {
      comparingNow = !idle;
      draw();
    },
  });
  const compare = (
    /** @type {any} */ low,
    /** @type {any} */ high,
    /** @type {number | undefined} */ length = undefined,
  ) => {
    if (!kept.picture) return;
    const { rows: _rows, ...source } = range(kept.picture, low, high);
    comparing({ ...source, length: length ?? source.length });
  };
  const pick = (/** @type {number} */ row, scroll = true) => {
    if (row < 1 || !kept.picture) return;
    kept.row = row;
    scrolls = scroll;
    const { rows, request } = kept.picture;
    const at = rows[row].at;
    compare(rows[row - 1].t, rows[row].t, at === null ? undefined : Math.min(at + AFTER, request.length));
    draw();
  };
  const comparePair = () => {
    const [low, high] = kept.pair.map(typedNumber);
    scrolls = false;
    compare(low, high);
  };

  // ---- what stands where
  const onEnter =
    (/** @type {() => void} */ action) =>
    (/** @type {KeyboardEvent} */ { key }) => {
      if (key === "Enter") action();
    };
  const controls = () => {
    const busy = writing !== null;
    const wider = kept.zooms[kept.zooms.length - 1];
    return [
      h(
        "section",
        { class: "card chaos-controls" },
        h("p", { class: "chaos-lead" },
          "How small a change of temperature makes another text, all randomness equal? Each row is " +
          "written with the ", term("same luck"),
          " at a slightly higher temperature: where it differs from the row above, temperature alone " +
          "made the difference."),
        h(
          "div",
          { class: "chaos-form" },
          FIELDS.map(([name, label, mode]) =>
            h(
              "label",
              {},
              `${label} `,
              h("input", {
                class: "chaos-number",
                type: "text",
                inputmode: mode,
                maxlength: 40,
                "aria-label": label,
                value: kept.form[name],
                ...problems.marks(name),
                oninput: (/** @type {any} */ event) => {
                  kept.form[name] = event.target.value;
                  problems.clear(name, "write");
                  draw();
                },
                onkeydown: onEnter(() => !busy && writeForm()),
              }),
            ),
          ),
          h(
            "button",
            {
              class: "button primary",
              type: "button",
              "data-do": "write",
              disabled: busy,
              onclick: () => writeForm(),
              title: "With the sidebar's model, context, seed and stages",
            },
            busy ? "Writing…" : "Write",
          ),
          busy
            ? h(
                "button",
                {
                  class: "button",
                  type: "button",
                  key: "stop",
                  "data-do": "stop",
                  title: "Keep the picture that there was",
                  onclick: drawing.stop,
                },
                "■ Stop",
              )
            : null,
          busy
            ? h("progress", {
                class: "chaos-progress",
                key: "progress",
                max: 1,
                "aria-label": "Share that is written",
                value: writing?.share,
              })
            : null,
          h("span", { class: "chaos-status", role: "status" }, writing ? writing.turn : kept.status),
        ),
        [...FIELDS.map(([name]) => name), "write"].map((name) => problems.of(name)),
        h("p", { class: "muted chaos-size" }, size()),
        undo.node,
      ),
      h("p", { class: "note", role: "status" }, kept.note),
      wider
        ? h(
            "button",
            { class: "button", type: "button", key: "back", disabled: busy, onclick: zoomOut },
            `Zoom out to ${wider.join(" – ")}`,
          )
        : null,
    ];
  };
  const size = () => {
    const [rows, length] = [kept.form.rows, kept.form.length].map(typedCount);
    const whole = Number.isInteger(rows) && Number.isInteger(length);
    const product = whole ? `${count(+rows)} × ${count(+length)} = ${count(+rows * +length)} tokens; ` : "";
    return (
      `${product}at most ${count(config.limit)} a picture on this server. Model, context, seed and ` +
      "further stages " +
      "are the sidebar's; its temperature does not count here."
    );
  };
  const facts = (/** @type {Request} */ { model, prompt, seed, temperatures, length, settings }) => {
    const end = clipStart(prompt.replaceAll("\n", "⏎"), 49);
    const stages = activeStages(settings, neutral).filter((name) => name !== "temperature");
    const context = prompt === "" ? "from the start of a text" : `after “${end}”`;
    return [
      `${titleOf(model)} ${context}`,
      `seed ${seed}`,
      `${temperatures.length} temperatures × ${length} tokens`,
      ...stages.map((name) => stageText(name, settings[name])),
    ].join(" · ");
  };
  const set = (/** @type {Partial<typeof kept>} */ changes) => {
    Object.assign(kept, changes);
    draw();
  };
  const pictureCard = (/** @type {Picture} */ picture) => {
    const isText = kept.view === "text";
    const sentences = picture.summary.map((sentence, i) =>
      h("span", { class: i === picture.summary.length - 1 ? "muted" : "" }, `${sentence} `),
    );
    const views = [
      ["text", "Texts"],
      ["map", "Overview"],
    ].map(([name, title]) =>
      h(
        "button",
        { type: "button", "aria-pressed": name === kept.view, onclick: () => set({ view: name }) },
        title,
      ),
    );
    return h(
      "section",
      { class: "card chaos-picture", key: "picture" },
      h(
        "div",
        { class: "chaos-head" },
        h(
          "div",
          { class: "grow" },
          h("p", { class: "chaos-facts" }, facts(picture.request)),
          h("p", { class: "chaos-summary" }, sentences),
        ),
        save,
      ),
      h(
        "div",
        { class: "chaos-views" },
        h("div", { class: "segments", role: "group", "aria-label": "How the texts are shown" }, views),
        isText
          ? h(
              "button",
              {
                class: "chip",
                type: "button",
                key: "fold",
                "aria-pressed": kept.fold,
                onclick: () => set({ fold: !kept.fold }),
              },
              "Fold rows that are alike",
            )
          : null,
        h("span", { class: "grow" }),
        isText
          ? h(
              "div",
              { class: "chaos-legend", key: "legend" },
              h("span", {}, h("span", { class: "shared" }, "shared"), " with the row above"),
              h("span", {}, h("b", {}, "first"), " token that differs, and what follows"),
            )
          : null,
      ),
      h("div", { key: "work", ref: measured("work") }, isText ? texts(picture) : map(picture)),
    );
  };
  const texts = (/** @type {Picture} */ picture) =>
    textRows(picture, kept, {
      onPick: pick,
      onToggle: (first) => {
        const { open } = kept;
        set({ open: open.includes(first) ? open.filter((other) => other !== first) : [...open, first] });
      },
    });
  const map = (/** @type {Picture} */ picture) =>
    overview(
      picture,
      { width, row: kept.row, reached, pointed },
      {
        onPick: pick,
        onReach: (row) => {
          reached = row;
          draw();
        },
        onPoint: (place) => {
          pointed = place;
          draw();
        },
      },
    );
  const measured = (/** @type {keyof typeof places} */ name) => (/** @type {HTMLElement} */ element) => {
    places[name] = element;
    if (name === "work") observer.observe(element);
  };
  const observer = new ResizeObserver(() => {
    if (!places.work.isConnected || places.work.clientWidth === width) return;
    width = places.work.clientWidth;
    draw();
  });
  signal.addEventListener("abort", () => observer.disconnect());

  const below = () =>
    h(
      "div",
      { class: "chaos-pair", key: "pair" },
      h(
        "section",
        { class: "card chaos-parts" },
        h("h3", {}, "Where each text starts to differ from the one above"),
        h("div", {
          role: "img",
          opaque: true,
          ref: measured("parts"),
          "aria-label": `${TITLES.parts}, against its temperature; the table below holds the numbers`,
        }),
        h("p", { class: "muted" }, "Low points differ early. A point or a row shows the ", term("flip"), "."),
        kept.picture && numbers(["T", "first token that differs"], kept.picture.rows.map(({ t, at }, row) =>
          [String(t), row === 0 ? "the first row" : at === null ? "like the row above" : count(at + 1)])),
      ),
      h(
        "section",
        { class: "card chaos-race", hidden: !kept.comparison?.figure },
        h("h3", {}, TITLES.scores),
        h("div", { class: "chaos-key" }, kept.comparison?.figure ? lineNames(kept.comparison) : null),
        h("div", {
          role: "img",
          opaque: true,
          ref: measured("scores"),
          "aria-label":
            "The scores of the leading tokens against temperature; the table holds their numbers at the flip",
        }),
        h(
          "p",
          { class: "muted" },
          "Measured from the likeliest token's logit ÷ T, which is the same for all. " +
            "Shaded: between the two temperatures; the upright line: the flip.",
        ),
        kept.comparison?.figure && scoreNumbers(kept.comparison.figure),
      ),
      h(
        "section",
        { class: "card chaos-flips", tabindex: -1, ref: measured("flips") },
        h("h3", {}, "The ", term("flip")),
        h(
          "div",
          { class: "chaos-pairing" },
          h("label", {}, "Between T ", pairField(0, "Lower temperature")),
          h("label", {}, " and ", pairField(1, "Upper temperature")),
          h("button", { class: "button", type: "button", onclick: comparePair }, "Compare"),
          h(
            "button",
            {
              class: "button",
              type: "button",
              onclick: zoomIn,
              title: "A picture of what lies between these two, as many rows as before",
            },
            "Zoom in",
          ),
        ),
        problems.of("pair"),
        h("div", { "aria-live": "polite" }, flipsOf(kept.comparison)),
      ),
    );
  const numbers = (/** @type {string[]} */ heads, /** @type {string[][]} */ rows) =>
    h("details", { class: "fold" }, h("summary", {}, "The numbers"),
      h("div", { class: "tall", tabindex: 0, role: "region", "aria-label": "The chart's numbers" },
        h("table", {},
          h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
          h("tbody", {}, rows.map(([first, ...others]) => h("tr", {},
            h("th", { scope: "row" }, first), others.map((text) => h("td", {}, text))))))));
  const scoreNumbers = (/** @type {import("../bars/chart.js").Figure} */ { data }) => {
    const step = Math.max(1, Math.floor(data[0].x.length / NUMBERS));
    const at = data[0].x.flatMap((/** @type {number} */ _, /** @type {number} */ i) => (i % step ? [] : [i]));
    const score = (/** @type {number | null} */ y) => (y === null ? "removed" : y.toFixed(3));
    return numbers(["T", ...lineLabels(kept.comparison)], at.map((/** @type {number} */ i) =>
      [data[0].x[i].toFixed(4), ...data.map(({ y }) => score(y[i]))]));
  };
  const pairField = (/** @type {0 | 1} */ place, /** @type {string} */ label) =>
    h("input", {
      class: "chaos-number wide",
      type: "text",
      inputmode: "decimal",
      maxlength: 40,
      "aria-label": label,
      value: kept.pair[place],
      ...problems.marks("pair"),
      oninput: (/** @type {any} */ event) => (kept.pair[place] = event.target.value),
      onkeydown: onEnter(comparePair),
    });

  const save = saveMenu({
    request: () => kept.picture?.request ?? null,
    charts: () => {
      const [svg, figure] = [places.work.querySelector("svg"), kept.comparison?.figure];
      return [
        ...(kept.view === "map" && svg ? [{ title: TITLES.map, svg }] : []),
        { title: TITLES.parts, plot: places.parts },
        ...(figure ? [{ title: TITLES.scores, figure: named(figure) }] : []),
      ];
    },
    name: () => `chaos-seed-${kept.picture?.request.seed}`,
    note: () => (kept.picture ? facts(kept.picture.request) : ""),
  });

  const draw = () => {
    const { picture } = kept;
    formChanged();
    root.setAttribute("aria-busy", String(writing !== null || comparingNow));
    render(root, controls(), picture ? [pictureCard(picture), below()] : null);
    if (!picture || !isSeen(root)) return;
    drawCharts(picture);
  };
  /** @type {unknown[]} What the charts were last drawn from. */
  let drawn = [];
  const drawCharts = async (/** @type {Picture} */ picture, anew = false) => {
    const wanted = [picture.figure, kept.comparison?.figure];
    const [parts, scores] = wanted.map((figure, i) => figure && (anew || figure !== drawn[i]));
    drawn = wanted;
    if (scores) plot(places.scores, kept.comparison?.figure);
    if (!parts) return;
    const chart = await plot(places.parts, picture.figure);
    chart.removeAllListeners("plotly_click");
    chart.on("plotly_click", (/** @type {any} */ { points }) => pick(points[0].customdata));
  };

  // ---- the sidebar: a picture stays what it is, the page says that it is another's; without one it tries
  const compareSidebar = () => {
    if (writing || kept.asked === sidebarKey()) return;
    if (kept.picture) set({ note: "The sidebar has changed since: Write makes a picture of it." });
    else if (isSeen(root)) writeForm(true);
  };
  store.listen(compareSidebar, signal);
  onTheme(() => {
    draw();
    if (kept.picture && isSeen(root)) drawCharts(kept.picture, true);
  }, signal);
  whenSeen(
    root,
    () => {
      draw();
      if (!kept.picture && !writing && kept.asked !== sidebarKey()) writeForm(true);
    },
    signal,
  );
  linkedForm("chaos", {
    read: () => ({
      ...Object.fromEntries(FIELDS.map(([name, , , read]) => [name, read(kept.form[name])])),
      view: kept.view, fold: kept.fold,
    }),
    load: ({ view, fold, ...fields }) => {
      drawing.stop();
      linked = true;
      problems.clear();
      for (const [name] of FIELDS) kept.form[name] = String(fields[name]);
      Object.assign(kept, {
        view, fold, picture: null, comparison: null, row: null, open: [], zooms: [], asked: "",
        note: "", status: "",
      });
    },
    loaded: () => {
      draw();
      if (isSeen(root)) writeForm(true);
    },
  }, () => store.state);
  draw();
});
