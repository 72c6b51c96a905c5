// Files that somebody drops on a text field or chooses for it, as texts: whatever program saved them.
//
//   h("textarea", { …, ...filesInto(on) }), fileButton("Open a file", on)   // on: { most, took, refused }
import { h } from "./dom.js";
import { clip, count } from "./format.js";

/**
 * @typedef {{ name: string, text: string, encoding: string }} TextFile `encoding`: as people know it
 * @typedef {object} Use
 * @property {number} most bytes of a file
 * @property {(file: TextFile) => void} took
 * @property {(sentence: string) => void} refused
 */

const CONTROLS = /[^\P{Cc}\t\n\v\f\r\u0085]/u; // of no text: all but tabs and the ends of lines and pages

/** How the marks that a text may begin with name its encoding. @type {[string, number[]][]} */
const MARKS = [["UTF-8", [0xef, 0xbb, 0xbf]], ["UTF-16LE", [0xff, 0xfe]], ["UTF-16BE", [0xfe, 0xff]]];

/**
 * Bytes as a text: UTF-8, UTF-16 with its mark, or else Windows-1252, as Excel and old editors save.
 * @param {ArrayBuffer} bytes @returns {{ text: string, encoding: string } | null} null: no text at all
 */
export const textFrom = (bytes) => {
  const start = new Uint8Array(bytes.slice(0, 3));
  const marked = MARKS.find(([, mark]) => mark.every((byte, i) => start[i] === byte));
  const found = decoded(bytes, marked?.[0] ?? "UTF-8") ?? (marked ? null : decoded(bytes, "windows-1252"));
  return found && !CONTROLS.test(found.text) ? found : null;
};

/** @param {ArrayBuffer} bytes @param {string} encoding */
const decoded = (bytes, encoding) => {
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes).replace(/\r\n?/g, "\n");
    return { text, encoding: encoding.replace("windows", "Windows") };
  } catch {
    return null;
  }
};

/**
 * A file as a text. Throws an Error whose message is the sentence for the user.
 * @param {File} file @param {number} most bytes @returns {Promise<TextFile>}
 */
export const textOf = async (file, most) => {
  const name = `“${clip(file.name, 40)}”`;
  if (file.size > most) {
    const got = count(file.size);
    throw new Error(`${name} must be at most ${count(most)} bytes, got ${got}; take a part of it`);
  }
  const bytes = await file.arrayBuffer().catch(() => null); // a folder, or a file that is gone
  const found = bytes && textFrom(bytes);
  if (!found) throw new Error(`${name} must be a text file, got something else; save it as plain text`);
  if (!found.text.trim()) throw new Error(`${name} must have some text in it, got none; choose another`);
  return { name: file.name, ...found };
};

/** What a file was read as, in a sentence. @param {TextFile} file */
export const readAs = ({ name, text, encoding }) =>
  `“${clip(name, 40)}” was read as ${encoding}: ${count([...text].length)} characters.`;

/** @param {FileList | undefined | null} files @param {Use} use */
const take = async (files, { most, took, refused }) => {
  const all = [...files ?? []];
  if (all.length > 1) return refused(`one file goes into this field, got ${all.length}; drop one at a time`);
  try {
    took(await textOf(all[0], most));
  } catch (error) {
    refused(/** @type {Error} */ (error).message);
  }
};

const hasFiles = (/** @type {DragEvent} */ { dataTransfer }) => dataTransfer?.types.includes("Files");

/** Listeners of a field that takes a dropped file. @param {Use} use */
export const filesInto = (use) => ({
  ondragover: (/** @type {DragEvent} */ event) => hasFiles(event) && event.preventDefault(),
  ondrop: (/** @type {DragEvent} */ event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    take(event.dataTransfer?.files, use);
  },
});

/** The same by a button. @param {string} label @param {Use} use */
export const fileButton = (label, use) => h("label", { class: "button small file" }, label, h("input", {
  type: "file", accept: ".txt,.md,.csv,.tsv,text/*",
  onchange: (/** @type {any} */ { target }) => {
    take(target.files, use).finally(() => { target.value = ""; });
  },
}));

/** A file that is dropped beside its field must not take the page's place. @param {AbortSignal} signal */
export const catchFiles = (signal) => {
  for (const type of /** @type {const} */ (["dragover", "drop"])) {
    document.addEventListener(type, (event) => {
      const own = /** @type {Element} */ (event.target).closest?.("input[type=file]");
      if (event.defaultPrevented || own || !hasFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = "none";
    }, { signal });
  }
};
