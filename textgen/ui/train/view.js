// Train, in the Model tab: a text, how it is to be learned, and the training as it goes.
import { component, isSeen } from "../shell/component.js";
import { h, render } from "../shell/dom.js";
import { keptForm } from "../shell/forms.js";
import { count } from "../shell/format.js";
import { store } from "../shell/lab.js";
import { createProblems } from "../messages/problem.js";
import { addOwn } from "../own/own.js";
import { isAway, Problem, whenBack } from "../server/server.js";
import { openTab } from "../frame/tabs.js";
import { chart, key, table, texts } from "./live.js";
import { after, best, megabytes, newRun, progress, timeText } from "./run.js";

/**
 * @typedef {import("../shell/dom.js").Description} Description
 * @typedef {{ file: string, title: string, encoding: string, encoding_title: string, bytes: number,
 *   characters: number, lines: number, different: number, changes: string[], beginning: string }} Text
 * @typedef {{ seconds: number, steps: number, shortened: boolean }} Estimate
 * @typedef {object} Memory
 * @property {any} form
 * @property {File} [file] the text, if it came as one
 * @property {string} training its name, which nobody can guess; "" for none
 * @property {Text | null} text as the server knows it
 * @property {any} plan
 * @property {import("./run.js").Run} run
 * @property {number} at how far its events were read
 * @property {string} status text, watched or over
 * @property {any} entry the model that came of it
 * @property {boolean} more whether it can go on
 * @property {Record<string, Estimate>} estimates by level and size
 */

const KEY = "temperature-lab training"; // of the browser's storage
const PAUSE = 900; // ms after the last key until a pasted text is sent
const AGAIN = 1000; // ms until a stream that broke off is asked for again
const FIELDS = ["text", "level", "net", "title", "encoding"];
const ABOUT = "A small LSTM learns your text while you watch, through the code of the terminal's train. "
  + "Then every tab works on it. Only you find it: its name cannot be guessed.";

const stored = () => {
  try {
    return globalThis.localStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
};
const keep = (/** @type {string} */ training) => {
  try {
    globalThis.localStorage.setItem(KEY, training);
  } catch {
    // a browser that keeps nothing finds it again as long as the page is open
  }
};

export const mount = component("train", ({ root, config, memory: given, ask, stream: opened, signal }) => {
  const memory = /** @type {Memory} */ (given);
  memory.form ??= keptForm("train", { open: false, pasted: "", level: "char", net: "small", title: "" },
    () => memory.form);
  const { form } = memory;
  const problems = createProblems("train");
  let busy = ""; // what is being done with a text
  let waits = ""; // for its turn
  let width = 0; // of the chart's place
  let sure = false; // that it is to be deleted
  let over = false; // whether a file is being dragged over the page
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const forgetRun = () => Object.assign(memory, {
    plan: null, run: newRun(), at: 0, status: "text", entry: null, more: false,
  });
  if (!memory.run) Object.assign(forgetRun(), { training: stored(), text: null, estimates: {} });

  // ---- the server
  const refuse = (/** @type {unknown} */ problem, other = "run") => {
    if (!(problem instanceof Problem)) throw problem;
    problems.refuse(problem, FIELDS, other);
    draw();
  };
  const stream = opened({
    message: (message) => {
      if (message.events) {
        memory.run = message.events.reduce(after, memory.run);
        memory.at = message.at;
        if (memory.run.text) waits = "";
      }
      if (message.net) memory.estimates[`${message.level}-${message.net}`] = message;
      if (message.done === "over") finished(message);
      draw();
    },
    waits: (text) => {
      waits = text;
      draw();
    },
    refused: (sentence, setting) => {
      if (memory.status === "watched" && !memory.run.text) memory.status = "text";
      problems.refuse(new Problem(sentence, setting), FIELDS, "run");
    },
    ended: (why) => {
      waits = "";
      if (why === "lost" && memory.status === "watched") setTimeout(watch, AGAIN);
      if (why === "lost" && memory.status === "text") measure();
      draw();
    },
  });
  const finished = (/** @type {any} */ { entry, more }) => {
    Object.assign(memory, { status: "over", entry: entry ?? null, more: more ?? true });
    if (entry) addOwn(entry);
    if (memory.run.problem) problems.tell("run", memory.run.problem);
  };
  const watch = () => stream.start("watch", { training: memory.training, at: memory.at });

  /** A text that was dropped, chosen or pasted. @param {Blob | Uint8Array} data @param {string} file */
  const send = async (data, file, encoding = "auto") => {
    const size = data instanceof Blob ? data.size : data.byteLength;
    problems.clear();
    if (size > config.most) {
      const [most, got] = [config.most, size].map(megabytes);
      problems.tell("text", `a text may have at most ${most} here, got ${got}; cut it`);
      return draw();
    }
    stream.stop();
    busy = "Reading the text…";
    draw();
    try {
      const known = await sent(data, { file, encoding, instead: memory.training });
      forgetRun();
      Object.assign(memory, { training: known.training, text: known.text, estimates: {} });
      keep(known.training);
      form.title = known.text.title;
      measure();
    } catch (problem) {
      refuse(problem, "text");
    } finally {
      busy = "";
      draw();
    }
  };
  const measure = () => {
    problems.clear("run");
    if (!memory.training || NETS.every(({ name }) => `${form.level}-${name}` in memory.estimates)) return;
    stream.start("measure", { training: memory.training, level: form.level });
  };
  const NETS = /** @type {{ name: string, title: string }[]} */ (config.nets);

  const begin = () => {
    problems.clear();
    forgetRun();
    memory.status = "watched";
    const { level, net, title } = form;
    stream.start("begin", { training: memory.training, level, net, title });
    draw();
  };
  const goOn = () => {
    problems.clear();
    memory.status = "watched";
    stream.start("more", { training: memory.training, at: memory.at });
    draw();
  };
  const end = () => ask("stop_training", { training: memory.training }).catch((problem) => refuse(problem));
  /** Back to the text, to learn it in another way. */
  const back = () => {
    stream.stop();
    forgetRun();
    measure();
    draw();
  };
  /** Delete the text and what was learned of it, at the second press; the model stays among the visitor's. */
  const forget = async () => {
    sure = !sure;
    if (sure) return draw();
    stream.stop();
    try {
      await ask("forget_training", { training: memory.training });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem; // it is gone already
    }
    forgetRun();
    Object.assign(memory, { training: "", text: null, estimates: {}, file: undefined });
    keep("");
    draw();
  };
  const use = () => {
    addOwn(memory.entry);
    store.set({ model: memory.entry.name });
    openTab("next");
  };

  /** A page that was loaded anew finds the training that goes on. */
  const find = async () => {
    if (!memory.training || memory.text || config.off) return;
    try {
      const known = await ask("look", { training: memory.training });
      Object.assign(memory, { text: known.text, plan: known.plan });
      if (known.plan) Object.assign(form, { level: known.plan.level, net: known.plan.net });
      form.title = known.plan?.title ?? known.text.title;
      memory.status = known.status === "text" ? "text" : "watched";
      if (memory.status === "watched") watch();
      else if (form.open) measure();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      memory.training = "";
      keep("");
      if (form.pasted) paste(form.pasted);
    }
    draw();
  };

  // ---- a text comes
  const paste = (/** @type {string} */ text) => {
    form.pasted = text;
    clearTimeout(timer);
    if (text.trim()) timer = setTimeout(() => send(new TextEncoder().encode(text), ""), PAUSE);
  };
  const take = (/** @type {FileList | null | undefined} */ files) => {
    const file = files?.[0];
    if (!file) return;
    form.pasted = "";
    memory.file = file;
    send(file, file.name);
  };
  const reread = (/** @type {string} */ encoding) => {
    if (memory.file) send(memory.file, memory.text?.file ?? "", encoding);
  };
  const isOver = (/** @type {boolean} */ now) => {
    if (over === now) return;
    over = now;
    draw();
  };
  /** Whether something that is dragged over the page is for this room. @param {DragEvent} event */
  const isOurs = (event) => form.open && memory.status === "text" && isSeen(root) && !config.off
    && [...event.dataTransfer?.types ?? []].includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!isOurs(event)) return;
    event.preventDefault();
    isOver(true);
  }, { signal });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) isOver(false);
  }, { signal });
  document.addEventListener("drop", (event) => {
    if (!isOurs(event)) return;
    event.preventDefault();
    over = false;
    take(event.dataTransfer?.files);
  }, { signal });

  // ---- what is shown
  const modes = () => {
    const learns = memory.status === "watched" && memory.run.text;
    const share = learns ? ` · ${Math.round(100 * progress(memory.run))}%` : "";
    /** @type {[boolean, string][]} */
    const both = [[false, "This model"], [true, `Train your own${share}`]];
    return h("div", {
      class: "segments train-modes", role: "group", "aria-label": "What the Model tab shows",
    }, both.map(([open, title]) => h("button", {
      type: "button", "aria-pressed": form.open === open, onclick: () => show(open),
    }, title)));
  };
  const show = (/** @type {boolean} */ open) => {
    form.open = open;
    draw();
    if (open && memory.status === "text" && !stream.busy()) measure();
  };

  const chooser = () => h("section", { class: `card train-text${over ? " over" : ""}` },
    h("h3", {}, "1. A text"),
    h("label", { class: "train-label", for: "train-pasted" }, "Paste it, or drop a file anywhere here"),
    h("textarea", {
      id: "train-pasted", rows: memory.text ? 3 : 8, spellcheck: false, value: form.pasted,
      placeholder: "A book, your poems, a chat, recipes, code: a few pages or more",
      ...problems.marks("text"),
      oninput: (/** @type {any} */ { target }) => paste(target.value),
    }),
    h("div", { class: "train-row" },
      h("label", { class: "button" }, "Choose a file…", h("input", {
        type: "file", class: "lab-spoken", accept: ".txt,.md,.csv,text/*",
        onchange: (/** @type {any} */ { target }) => {
          take(target.files);
          target.value = "";
        },
      })),
      h("span", { class: "muted small" }, `txt, md, csv · at most ${megabytes(config.most)}`)),
    problems.of("text"),
    h("p", { class: "muted small", role: "status" }, busy),
    memory.text && facts(memory.text));

  const facts = (/** @type {Text} */ text) => h("div", { class: "train-facts" },
    h("p", {}, h("b", {}, text.file || "Pasted text"), ` · ${count(text.characters)} characters, `
      + `${count(text.different)} different · ${count(text.lines)} ${text.lines === 1 ? "line" : "lines"}`),
    h("p", { class: "train-row" }, "Read as ", memory.file
      ? h("select", {
        "aria-label": "Encoding of the file", value: text.encoding, ...problems.marks("encoding"),
        onchange: (/** @type {any} */ { target }) => reread(target.value),
      }, config.encodings.map((/** @type {any} */ { name, title }) => h("option", { value: name }, title)))
      : h("b", {}, text.encoding_title),
    text.changes.length > 0 && h("span", { class: "muted" }, text.changes.join(", "))),
    problems.of("encoding"),
    h("blockquote", { class: "train-beginning" }, text.beginning));

  const estimateText = (/** @type {string} */ net) => {
    const known = memory.estimates[`${form.level}-${net}`];
    if (!known) return memory.text ? (waits || "measuring…") : "";
    return `about ${timeText(known.seconds)}${known.shortened ? " (all the time there is)" : ""}`;
  };
  const settings = () => h("section", { class: "card train-how" },
    h("h3", {}, "2. How it is learned"),
    h("fieldset", { class: "train-choice" }, h("legend", {}, "In which pieces"),
      config.levels.map((/** @type {any} */ { name, title, what }) =>
        option("level", name, title, what, measure))),
    problems.of("level"),
    h("fieldset", { class: "train-choice" }, h("legend", {}, "How large a net"),
      NETS.map(({ name, title }) => option("net", name, title, estimateText(name), () => {}))),
    problems.of("net"),
    h("label", { class: "train-label" }, "Its name", h("input", {
      type: "text", value: form.title, maxlength: 80, ...problems.marks("title"),
      oninput: (/** @type {any} */ { target }) => {
        form.title = target.value;
      },
    })),
    problems.of("title"),
    h("button", {
      class: "button primary", type: "button", disabled: !memory.text || busy !== "", onclick: begin,
    }, "Train"),
    !memory.text && h("p", { class: "muted small" }, "Give a text first."),
    problems.of("run"),
    h("p", { class: "muted small" }, bounds));
  const option = (
    /** @type {"level" | "net"} */ field, /** @type {string} */ name, /** @type {string} */ title,
    /** @type {string} */ what, /** @type {() => void} */ changed,
  ) => h("label", { class: "train-option" }, h("input", {
    type: "radio", name: `train-${field}`, value: name, checked: form[field] === name,
    onchange: () => {
      form[field] = name;
      changed();
      draw();
    },
  }), h("b", {}, title), h("span", { class: "muted small" }, what));
  const models = config.atOnce === 1 ? "one model is" : `${config.atOnce} models are`;
  const bounds = `On this server ${models} trained at a time, for at most ${config.minutes} minutes; further `
    + "ones wait. A training goes on when you close the page. Texts and models are deleted "
    + `${config.hours} hours after their last use.`;

  const place = (/** @type {HTMLElement} */ element) => {
    const observer = new ResizeObserver(() => {
      if (!element.clientWidth || Math.abs(element.clientWidth - width) <= 1) return;
      width = element.clientWidth;
      draw();
    });
    observer.observe(element);
    signal.addEventListener("abort", () => observer.disconnect());
  };
  const live = () => {
    const { run } = memory;
    return h("div", { class: "train-live" },
      h("section", { class: "card train-head" },
        h("div", { class: "train-row" }, h("h3", { class: "grow" }, form.title || "Your model"), buttons()),
        h("progress", { value: progress(run), max: 1, "aria-label": "How far the training is" }),
        h("p", { role: "status", class: "train-phase" }, phaseText()),
        warning(), problems.of("run")),
      h("div", { class: "train-sight" },
        h("section", { class: "card train-losses" },
          h("h3", {}, "How surprised it is, in bits per character"),
          key(run),
          h("div", { class: "train-chart", ref: place }, width > 0 && chart(run, width)),
          table(run)),
        h("section", { class: "card" }, h("h3", {}, "What it writes now"),
          texts(run) ?? h("p", { class: "muted" }, "Nothing yet."))));
  };
  const buttons = () => {
    const { status, entry, more, run } = memory;
    if (status === "watched") {
      return h("button", {
        class: "button", type: "button", disabled: !["begun", "learns"].includes(run.phase), onclick: end,
      }, "Stop, keep the best");
    }
    return [
      entry && button("use", "Use this model", use, "primary"),
      more && button("more", "Continue", goOn),
      button("back", "Change size or text", back),
      button("forget", sure ? "Really delete the text?" : "Delete", forget),
    ];
  };
  /** @param {string} name @param {string} title @param {() => void} onclick @param {string} [kind] */
  const button = (name, title, onclick, kind = "") =>
    h("button", { class: `button ${kind}`, type: "button", key: name, onclick }, title);
  const phaseText = () => {
    const { run, status, entry } = memory;
    if (status === "over") return entry ? doneText() : "It has ended without a model.";
    if (waits) return waits;
    if (run.phase === "begun") return "Reading the text…";
    if (run.phase === "learns") {
      const left = timeText(run.left);
      const step = `Step ${count(run.points.at(-1)?.step ?? 0)} of ${count(run.text.steps)}`;
      const net = `${count(run.text.parameters)} weights, ${count(run.text.vocabulary)} different tokens`;
      return [step, left && `${left} left`, net].filter(Boolean).join(" · ");
    }
    return "It has learned; now its best weights are measured on new text…";
  };
  const doneText = () => {
    const kept = best(memory.run);
    const why = { time: "Its time was up. ", asked: "Stopped. " }[memory.run.why] ?? "";
    return `${why}The weights of step ${count(kept?.step ?? 0)} are kept: `
      + `${kept?.validation.toFixed(2)} bits per character on new text.`;
  };
  const warning = () => {
    const [row, kept] = [memory.run.rows.at(-1), best(memory.run)];
    return row?.byHeart && kept && h("p", { class: "note" }, "It begins to learn by heart: the text that it "
      + "learns from still gets easier for it, new text does not. It was best at step "
      + `${count(kept.step)}, and those weights are kept.`);
  };

  const draw = () => {
    const panel = root.closest('[role="tabpanel"]');
    panel?.classList.toggle("train-open", form.open);
    render(root, modes(), form.open && h("div", { class: "train-all" },
      h("p", { class: "muted" }, ABOUT),
      config.off ? h("p", { class: "note" }, config.off)
        : memory.status === "text" ? h("div", { class: "train-form" }, chooser(), settings()) : live()));
    root.dataset.status = memory.status;
  };
  draw();
  find();
});

/** @param {Blob | Uint8Array} data @param {Record<string, string>} about @returns {Promise<any>} */
const sent = async (data, about) => {
  const address = new URL(`train/text?${new URLSearchParams(about)}`, document.baseURI);
  for (let failures = 1; ; failures += 1) {
    const body = /** @type {BodyInit} */ (data);
    const headers = { "Content-Type": "application/octet-stream" };
    const asked = fetch(address, { method: "POST", headers, body });
    const response = await asked.catch(() => null);
    if (response && !isAway(response)) return answerOf(response);
    if (!(await whenBack()) && failures > 1) throw new Problem("the text did not get through; try again");
  }
};

const answerOf = async (/** @type {Response} */ response) => {
  if (!response.ok) throw new Problem(await response.text());
  const answer = await response.json();
  if (answer.problem) throw new Problem(answer.problem, answer.setting);
  return answer;
};
