// What is wrong, told by the field that it concerns: one look, spoken at once, covering nothing.
//
//   const problems = createProblems("draws");                      // in a room's mount
//   h("input", { …, ...problems.marks("n") }), problems.of("n")    // the field, and the sentence below it
//   problems.tell("n", "n must be …");  problems.clear("n");       // then draw
//   problems.refuse(error, ["n", "length"], "run");                // of the field that a Problem names
//
// What concerns no field, such as a server that is away, stands below the button that asked: of("run").
import { h } from "../shell/dom.js";
import { capital } from "../shell/format.js";
import { Problem } from "../server/problem.js";

/**
 * @param {string} room
 */
export const createProblems = (room) => {
  /** @type {Map<string, string>} Sentences by field. */
  const sentences = new Map();
  const idOf = (/** @type {string} */ field) => `problem-${room}-${field.replaceAll(" ", "-")}`;
  const tell = (/** @type {string} */ field, /** @type {string} */ sentence) => {
    sentences.set(field, sentence);
  };
  return {
    tell,
    /** What the server refused: by the field it names, if that is one of `fields`, else by `other`. */
    refuse: (
      /** @type {import("../server/server.js").Problem} */ { message, setting },
      /** @type {string[]} */ fields, /** @type {string} */ other,
    ) => tell(fields.includes(setting) ? setting : other, message),
    /** Without a field: all of them. */
    clear: (/** @type {string[]} */ ...fields) => {
      for (const field of fields.length ? fields : [...sentences.keys()]) sentences.delete(field);
    },
    has: (/** @type {string} */ field) => sentences.has(field),
    /** Attributes of the field. */
    marks: (/** @type {string} */ field) =>
      (sentences.has(field) ? { "aria-invalid": true, "aria-describedby": idOf(field) } : {}),
    /** The sentence, or nothing. */
    of: (/** @type {string} */ field) =>
      sentences.has(field) && problemText(idOf(field), sentences.get(field)),
  };
};

/**
 * Do something that the server may refuse: the room is busy meanwhile, a refusal stands where it was asked.
 * @param {{ problems: ReturnType<typeof createProblems>, state: { busy: boolean }, draw: () => void,
 *   refused: (problem: Problem, where: string) => void }} room
 */
export const createTrying = ({ problems, state, draw, refused }) =>
  async (/** @type {string} */ where, /** @type {() => Promise<any>} */ work) => {
    problems.clear();
    state.busy = true;
    draw();
    try {
      await work();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      refused(problem, where);
    }
    state.busy = false;
    draw();
  };

/** Of a room's note, which tells what is wrong where that is so, in the look of all mistakes. */
export const noteClass = (/** @type {unknown} */ wrong) => (wrong ? "note wrong" : "note");

/** A sentence that tells what is wrong. @param {string} id @param {string} [sentence] */
export const problemText = (id, sentence = "") =>
  h("p", { class: "lab-problem", role: "alert", id, key: id }, sentence && capital(sentence));
