// Which language the page speaks where it speaks several. `?lang=de` overrides the browser's.
import { config } from "../shell/config.js";

export const ENGLISH = "en";

/**
 * The language to use: the one asked for, else the first of the reader's that there is, else English.
 * @param {string} search of the address @param {readonly string[]} preferred @param {string[]} known
 */
export const languageFor = (search, preferred, known) => {
  const asked = new URLSearchParams(search).get("lang");
  const wanted = [asked ?? "", ...preferred].map((name) => name.toLowerCase().split("-")[0]);
  return wanted.find((name) => known.includes(name)) ?? ENGLISH;
};

export const onPage = typeof window !== "undefined";

/** The reader's language: en, de, … */
export const language = onPage
  ? languageFor(window.location.search, window.navigator.languages, config.languages) : ENGLISH;
