// Questions to the server: a server function's answer, or a Problem with the sentence to show. A question
// that meets no server is asked again when there is one.
import { whenBack } from "./away.js";

/** What the user should be told. */
export class Problem extends Error {
  /** @param {string} sentence @param {string} [setting] that the sentence is about, as requests name it */
  constructor(sentence, setting = "") {
    super(sentence);
    this.setting = setting;
  }
}

const NO_ANSWER = "The server could not answer that: something in it failed. Its log says what; try again.";

/**
 * @param {Record<string, (request: unknown) => Promise<any>>} server what Gradio gives a component
 * @param {string} name of the function
 * @param {object} request
 * @returns {Promise<any>} the answer; throws Problem
 */
export const ask = async (server, name, request) => {
  let answer = await server[name](request); // Gradio answers undefined where the request failed
  for (let failures = 1; answer === undefined; failures += 1) {
    if (!(await whenBack()) && failures > 1) throw new Problem(NO_ANSWER);
    answer = await server[name](request);
  }
  if (answer?.problem) throw new Problem(answer.problem, answer.setting);
  return answer;
};

/**
 * One question at a time: while one is on its way, only the newest of those that follow waits for its turn.
 * @template Request, Answer
 * @param {(request: Request) => Promise<Answer>} question
 * @param {{ answered: (answer: Answer, request: Request) => void,
 *   refused: (problem: Problem, request: Request) => void, idle?: (idle: boolean) => void }} callbacks
 * @returns {(request: Request) => void}
 */
export const latest = (question, { answered, refused, idle = () => {} }) => {
  let busy = false;
  /** @type {{ request: Request } | null} */
  let waiting = null;

  /** @param {Request} request */
  const run = async (request) => {
    busy = true;
    idle(false);
    await attempt(request);
    busy = false;
    const next = waiting;
    waiting = null;
    if (next) run(next.request);
    else idle(true);
  };
  /** @param {Request} request */
  const attempt = async (request) => {
    let answer;
    try {
      answer = await question(request);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return refused(error, request);
    }
    answered(answer, request);
  };
  return (request) => {
    if (busy) waiting = { request };
    else run(request);
  };
};
