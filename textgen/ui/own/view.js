// Below the Model tab: this visitor's own models, and how one is brought.
import { component } from "../shell/component.js";
import { h, render } from "../shell/dom.js";
import { count } from "../shell/format.js";
import { keptForm } from "../shell/forms.js";
import { config as page } from "../shell/config.js";
import { store } from "../shell/lab.js";
import { createProblems } from "../messages/problem.js";
import { download } from "../saving/files.js";
import { Problem } from "../server/server.js";
import { chosenIn, dropped, modelOf, upload, zipOf } from "./files.js";
import { addOwn, forgetOwn, listenOwn, ownModels } from "./own.js";

/**
 * @typedef {import("./own.js").Own} Own
 * @typedef {{ kind: string, parameters: string, notes: string[] }} Report
 * @typedef {{ title: string, order: string }} Form
 * @typedef {object} Memory
 * @property {Form} form
 * @property {File[]} files of the checkpoint
 * @property {File | null} vocab
 * @property {File | null} corpus
 * @property {AbortController | null} sending
 * @property {string} status
 * @property {(Report & { title: string }) | null} report
 */

const FIELDS = ["title", "order"];
const megabytes = (/** @type {File[]} */ files) => {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  return size < 1e6 ? `${count(Math.ceil(size / 1000))} kB` : `${count(Math.round(size / 1e6))} MB`;
};

export const mount = component("own", ({ root, config, memory: own, ask, stream, signal }) => {
  const memory = /** @type {Memory} */ (own);
  memory.form ??= keptForm("own", { title: "", order: "" }, () => memory.form);
  memory.files ??= [];
  const problems = createProblems("own");
  let renaming = ""; // the name of the model whose title is being changed
  let deleting = "";
  let draft = "";
  let over = false; // whether something is held above the place to drop it

  const work = stream({
    message: ({ status, entry, report }) => {
      if (status) memory.status = status;
      if (entry) made(entry, report);
      draw();
    },
    waits: (text) => {
      memory.status = text;
      draw();
    },
    refused: (sentence, setting) => problems.tell(FIELDS.includes(setting) ? setting : "bring", sentence),
    ended: (why) => {
      memory.status = why === "stopped" ? "Stopped: nothing of it is kept on the server." : "";
      if (why === "lost") problems.tell("bring", "The server gave no answer. Try again.");
      draw();
    },
  });
  const made = (/** @type {Own} */ entry, /** @type {Report} */ report) => {
    addOwn(entry);
    const shown = { ...report, title: entry.title };
    Object.assign(memory, { files: [], vocab: null, corpus: null, report: shown });
    memory.form.title = "";
    store.set({ model: entry.name });
  };
  const busy = () => Boolean(memory.sending) || work.busy();

  // ---- bringing one
  const choose = (/** @type {{ path: string, file: File }[]} */ all) => {
    const { problem, files } = modelOf(all);
    problems.clear();
    memory.report = null;
    if (problem) problems.tell("bring", problem);
    else memory.files = files;
    draw();
  };
  const bring = async () => {
    problems.clear();
    const { files, vocab, corpus, form } = memory;
    if (!files.length) problems.tell("bring", "Choose a checkpoint first: a file, a folder or a zip.");
    else if (files.reduce((sum, { size }) => sum + size, 0) > config.megabytes * 1e6) {
      problems.tell("bring", `A model may take at most ${count(config.megabytes)} MB here, got ${
        megabytes(files)}; bring a smaller one, or import it in the terminal.`);
    } else {
      const sending = new AbortController();
      Object.assign(memory, { sending, report: null });
      try {
        /** @type {import("./files.js").Chosen[]} */
        const chosen = files.map((file) => ({ slot: "checkpoint", file }));
        if (vocab) chosen.push({ slot: "vocab", file: vocab });
        if (corpus) chosen.push({ slot: "corpus", file: corpus });
        const id = await upload(chosen, tellShare, sending.signal);
        memory.sending = null;
        if (!sending.signal.aborted) work.start("bring", { ...form, upload: id });
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        if (!sending.signal.aborted) problems.tell("bring", problem.message);
        memory.status = "";
      } finally {
        memory.sending = null;
      }
    }
    draw();
  };
  const tellShare = (/** @type {number} */ share) => {
    memory.status = `Uploading: ${Math.floor(100 * share)}%`;
    draw();
  };
  const stop = () => {
    memory.sending?.abort();
    if (work.busy()) work.stop();
    Object.assign(memory, { sending: null, status: "Stopped: nothing of it is kept on the server." });
    draw();
  };

  // ---- what a visitor may do with theirs
  /** @param {string} name @param {() => Promise<void>} act */
  const attempt = async (name, act) => {
    problems.clear(name);
    try {
      await act();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      problems.tell(name, problem.message);
    }
    draw();
  };
  const rename = (/** @type {Own} */ { name, key }, /** @type {string} */ title) =>
    attempt(name, async () => {
      addOwn(await ask("rename_own", { name, key, title }));
      renaming = "";
    });
  const remove = (/** @type {Own} */ { name, key }) => attempt(name, async () => {
    deleting = "";
    await ask("remove_own", { name, key });
    if (store.state.model === name) store.set({ model: page.state.model });
    forgetOwn(name);
  });
  const save = (/** @type {Own} */ entry) => attempt(entry.name, async () => {
    download(`${entry.title}.zip`, "application/zip", await zipOf(entry));
  });

  // ---- how it looks
  /** @param {string} text @param {() => void} onclick @param {string} label */
  const small = (text, onclick, label) =>
    h("button", { class: "quiet", type: "button", "aria-label": label, onclick }, text);
  const row = (/** @type {Own} */ entry) => {
    const { name, title, line } = entry;
    const chosen = store.state.model === name;
    return h("li", { key: name, class: chosen ? "own-row chosen" : "own-row" },
      renaming === name ? titleField(entry) : h("div", { class: "own-title" },
        h("b", {}, title), h("span", { class: "muted" }, line)),
      deleting === name ? h("div", { class: "own-actions", key: "sure" },
        h("span", {}, "Delete it for good?"),
        h("button", { class: "button small", type: "button", onclick: () => remove(entry) }, "Delete"),
        small("Keep", () => { deleting = ""; draw(); }, `Keep ${title}`))
        : h("div", { class: "own-actions", key: "actions" },
          chosen ? h("span", { class: "muted" }, "chosen")
            : small("Choose", () => store.set({ model: name }), `Choose ${title}`),
          small("Rename", () => { [renaming, draft] = [name, title]; draw(); }, `Rename ${title}`),
          small("Download", () => save(entry), `Download ${title}`),
          small("Delete", () => { deleting = name; draw(); }, `Delete ${title}`)),
      problems.of(name));
  };
  const titleField = (/** @type {Own} */ entry) => h("div", { class: "own-title", key: "renaming" },
    h("input", {
      type: "text", "aria-label": "Title of the model", value: draft, maxlength: 80,
      ...problems.marks(entry.name),
      ref: (/** @type {HTMLElement} */ field) => queueMicrotask(() => field.focus()),
      oninput: (/** @type {any} */ { target }) => { draft = target.value; },
      onkeydown: (/** @type {KeyboardEvent} */ { key }) => {
        if (key === "Enter") rename(entry, draft);
        if (key === "Escape") { renaming = ""; draw(); }
      },
    }),
    h("button", { class: "button small", type: "button", onclick: () => rename(entry, draft) }, "Rename"));

  /** A button that opens the browser's choice of files. */
  const fileButton = (
    /** @type {string} */ text, /** @type {object} */ props, /** @type {(files: FileList) => void} */ taken,
  ) => h("label", { class: "button small own-file", key: text }, h("input", {
    type: "file", class: "lab-spoken", disabled: busy(), ...props,
    onchange: (/** @type {any} */ { target }) => {
      if (target.files.length) taken(target.files);
      target.value = "";
    },
  }), text);
  const textFile = (
    /** @type {"vocab" | "corpus"} */ slot, /** @type {string} */ label, /** @type {string} */ help,
  ) => {
    const file = memory[slot];
    return h("div", { class: "own-extra", key: slot },
      h("div", {}, h("b", {}, label), h("span", { class: "muted" }, file ? file.name : help)),
      fileButton(`Choose ${label.toLowerCase()}`, { accept: ".json,.txt,.md,.csv,text/*" }, (files) => {
        [memory[slot]] = files;
        draw();
      }),
      file && small("Leave out", () => { memory[slot] = null; draw(); }, `Leave out ${label.toLowerCase()}`));
  };
  const place = () => h("div", {
    class: over ? "own-drop over" : "own-drop", key: "drop",
    ondragover: (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      if (!over) { over = true; draw(); }
    },
    ondragleave: (/** @type {any} */ { currentTarget, relatedTarget }) => {
      if (currentTarget.contains(relatedTarget)) return;
      over = false;
      draw();
    },
    ondrop: async (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      over = false;
      if (event.dataTransfer && !busy()) choose(await dropped(event.dataTransfer));
      else draw();
    },
  },
  h("p", {}, memory.files.length ? h("b", {}, chosenText())
    : "Drop a model here: a folder, a zip or one file"),
  h("div", { class: "own-buttons" },
    fileButton("Choose a file", { accept: ".zip,.pt,.pth,.ckpt,.bin,.keras,.h5,.hdf5,.safetensors" },
      (files) => choose(chosenIn(files))),
    fileButton("Choose a folder", { webkitdirectory: true }, (files) => choose(chosenIn(files)))));
  const chosenText = () => {
    const [first, ...rest] = memory.files;
    const name = rest.length ? `a folder of ${count(memory.files.length)} files` : first.name;
    return `${name}, ${megabytes(memory.files)}`;
  };
  const form = () => h("div", { class: "own-form", key: "form" },
    h("label", { class: "field" }, h("span", {}, "Title"), h("input", {
      type: "text", value: memory.form.title, maxlength: 80, placeholder: "the file's name",
      ...problems.marks("title"),
      oninput: (/** @type {any} */ { target }) => { memory.form.title = target.value; },
    }), problems.of("title")),
    textFile("vocab", "A vocabulary",
      "where the checkpoint names no tokens: JSON, or the text they come from"),
    textFile("corpus", "A text to check it on", "its loss stands beside that of a guess"),
    h("label", { class: "field" }, h("span", {}, "A text's characters are numbered"), h("select", {
      value: memory.form.order,
      onchange: (/** @type {any} */ { target }) => { memory.form.order = target.value; },
    }, h("option", { value: "" }, "as fits the text best"),
    Object.entries(config.orders).map(([name, words]) => h("option", { value: name }, String(words))))));
  const report = () => memory.report && h("div", { class: "own-report", key: "report", role: "status" },
    h("p", {}, h("b", {}, memory.report.title), ` is here: ${memory.report.kind}, ${
      memory.report.parameters} parameters. Every tab works on it now.`),
    memory.report.notes.map((note) => h("p", { class: "muted" }, note)));
  const bringing = () => h("details", {
    class: "card fold own-bring", key: "bring", opaque: false,
  },
  h("summary", {}, "Bring a model"),
  h("p", { class: "muted" }, "A checkpoint of PyTorch, Keras or Hugging Face, or a zip that was downloaded "
    + "here. Nothing in it is run."),
  place(), form(),
  h("div", { class: "own-buttons" },
    busy() ? h("button", { class: "button", type: "button", key: "stop", onclick: stop }, "Stop")
      : h("button", {
        class: memory.files.length ? "button primary" : "button", type: "button", key: "go", onclick: bring,
      }, "Bring it"),
    h("span", { class: "status muted", role: "status" }, memory.status)),
  problems.of("bring"), report(),
  h("p", { class: "small muted" }, `At most ${count(config.megabytes)} MB. Nobody else finds it; whoever `
    + "gets a link from you can use it. It goes when nobody has used it for "
    + `${count(config.hours)} hours.`));
  const mine = () => {
    const all = ownModels().filter(({ key }) => key);
    return all.length > 0 && h("section", { class: "card", key: "mine" },
      h("h3", {}, "Your models"), h("ul", { class: "own-list" }, all.map(row)));
  };
  const draw = () => render(root, h("div", { class: "own-all" }, mine(), config.uploads && bringing()));
  store.listen((state, before) => state.model !== before.model && draw(), signal);
  listenOwn(() => draw(), signal);
  draw();
});
