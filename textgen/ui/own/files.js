// Files that a visitor chose or dropped, on their way to the server.
import { isAway, Problem, VISITOR, whenBack } from "../server/server.js";

/**
 * @typedef {{ slot: "checkpoint" | "vocab" | "corpus", file: File }} Chosen
 * @typedef {{ problem: string, files: File[] }} Sorted the files of one model, or why there are none
 */

const SUFFIXES = [
  ".zip", ".pt", ".pth", ".ckpt", ".bin", ".keras", ".h5", ".hdf5", ".safetensors",
];
const OF_A_FOLDER = /^(README\.md|ngrams\.bin|[\w.-]+\.(json|safetensors|csv))$/i;
const NONE = `There is no model among them: it must be a folder with a config.json, or one file of `
  + `${SUFFIXES.join(", ")}.`;

/** Of what somebody chose: the files beside the outermost config.json, else the one checkpoint. */
export const modelOf = (/** @type {{ path: string, file: File }[]} */ all) => {
  const depth = (/** @type {{ path: string }} */ { path }) => path.split("/").length;
  const configs = all.filter(({ path }) => /(^|\/)config\.json$/.test(path))
    .sort((a, b) => depth(a) - depth(b));
  if (configs.length) {
    const folder = configs[0].path.slice(0, -"config.json".length);
    const beside = (/** @type {string} */ path) =>
      path.startsWith(folder) && !path.slice(folder.length).includes("/");
    const files = all.filter(({ path }) => beside(path)).map(({ file }) => file)
      .filter(({ name }) => OF_A_FOLDER.test(name));
    return { problem: "", files };
  }
  const files = all.map(({ file }) => file)
    .filter(({ name }) => SUFFIXES.some((suffix) => name.toLowerCase().endsWith(suffix)));
  if (files.length === 1) return { problem: "", files };
  const several = `These are ${files.length} checkpoints: bring one after the other.`;
  return { problem: files.length ? several : NONE, files: [] };
};

/** What was dropped, folders included, with the paths inside them. */
export const dropped = async (/** @type {DataTransfer} */ { items, files }) => {
  const entries = [...items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry !== null);
  if (!entries.length) return [...files].map((file) => ({ path: file.name, file }));
  return (await Promise.all(entries.map((entry) => inside(/** @type {any} */ (entry))))).flat();
};

const MOST = 1_000; // files of a folder that are looked at

/** @param {any} entry @returns {Promise<{ path: string, file: File }[]>} */
const inside = async (entry) => {
  if (entry.isFile) {
    const file = await new Promise((done, fail) => entry.file(done, fail));
    return [{ path: entry.fullPath.replace(/^\//, ""), file }];
  }
  const reader = entry.createReader();
  const found = [];
  for (let more = true; more && found.length < MOST;) {
    const some = await new Promise((done, fail) => reader.readEntries(done, fail));
    found.push(...some);
    more = some.length > 0;
  }
  return (await Promise.all(found.slice(0, MOST).map(inside))).flat();
};

/** What a file input holds. */
export const chosenIn = (/** @type {FileList} */ files) =>
  [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));

const UPLOAD = "lab/upload";
const BROKE = "The upload broke off. Choose the files again, should they have changed, and try again.";

/**
 * Send files: the name by which the server has them. Throws Problem.
 * @param {Chosen[]} chosen @param {(share: number) => void} progress 0..1 @param {AbortSignal} signal
 * @returns {Promise<string>}
 */
export const upload = async (chosen, progress, signal) => {
  const files = chosen.map(({ slot, file }) => ({ slot, name: file.name, size: file.size }));
  const body = new Blob([`${JSON.stringify({ files })}\n`, ...chosen.map(({ file }) => file)]);
  const { status, text } = await sent(body, progress, signal);
  if (isAway(/** @type {any} */ ({ status }))) await whenBack();
  const answer = answerIn(text);
  if (answer.upload) return answer.upload;
  throw new Problem(answer.problem ?? (text.length < 300 && status ? text : BROKE));
};

/** Fetch does not say how far it is. @returns {Promise<{ status: number, text: string }>} */
const sent = (
  /** @type {Blob} */ body,
  /** @type {(share: number) => void} */ progress,
  /** @type {AbortSignal} */ signal,
) => new Promise((done) => {
  const request = new XMLHttpRequest();
  request.open("POST", new URL(UPLOAD, document.baseURI));
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.setRequestHeader("X-Lab-Visitor", VISITOR);
  request.upload.onprogress = ({ loaded }) => progress(loaded / body.size);
  request.onloadend = () => done({ status: request.status, text: request.responseText });
  signal.addEventListener("abort", () => request.abort());
  request.send(body);
});

const answerIn = (/** @type {string} */ text) => {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
};

/** A model as a zip. Throws Problem. @param {import("./own.js").Own} own @returns {Promise<Blob>} */
export const zipOf = async ({ name, key }) => {
  const response = await fetch(new URL("lab/own/download", document.baseURI), {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name, key }),
  }).catch(() => null);
  if (response?.ok) return response.blob();
  throw new Problem(answerIn(await response?.text() ?? "").problem ?? "The download broke off; try again.");
};
