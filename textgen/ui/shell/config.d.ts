// What Python tells the page once: served as shell/config.js by ui/shell/assets.py.
import type { Answer } from "../bars/decoding.js";
import type { State } from "./store.js";

/** A value of a stage, as `textgen/stages.py` declares it. */
export interface ParameterConfig {
  name: string; // of the setting
  title: string; // in a sentence
  label: string; // beside its slider
  help: string; // what it does
  legal: string; // its range in words
  hint: string; // how to turn it off
  neutral: any; // the value that changes nothing: a number, or no tokens
  low: number; // ends of its slider
  high: number;
  step: number; // 0: tokens are named in a field
}

/** One stage of the pipeline. */
export interface StageConfig extends ParameterConfig {
  parameters: ParameterConfig[]; // further numbers that it takes
  folded: boolean; // whether its slider stands among those that few need
  colour: string; // of its card; "" for none of its own
  removes: boolean; // whether it removes tokens
  keeps_top: boolean; // whether the likeliest token always stays the likeliest
  processor: boolean; // whether it looks at tokens, not at how likely they are: a search for the best heeds it
  reads_history: boolean; // whether it looks at the text so far
}

export const config: {
  state: State; // what the sidebar says at first
  numbers: string; // the model's name that stands for typed-in numbers
  stages: StageConfig[];
  orders: Record<string, string[]>;
  thermal: [number, string][]; // temperature, colour
  inks: Record<string, string>; // colours of figures that follow the theme, and their names in the style sheet
  models: ModelGroup[];
  presets: { name: string; temperature: number; sentence: string }[];
  glossary: Record<string, { ask: string, lost: string, none: string }>; // by language: what stands at an ⓘ
  reach: string; // this machine's address for other devices of its network; "": none, or not known
  languages: string[]; // that there is a catalogue of words for
  ignored: Record<string, Record<string, string>>; // by tab: a control that it does not heed, and why
  // what the page opens with, and the answer to that where it was worked out beforehand
  loaded?: boolean; // whether the first model is in the server's memory
  opening?: { source: Record<string, string>; answer: Answer } | null;
  plotly: string; // address of plotly.js, relative to a room
  link: {
    longest: number; // characters of a link
    text: number; // characters of a text in a list
    shared: LinkField[]; // what the sidebar says
    tabs: Record<string, LinkField[]>; // by tab: its own form
  };
};

/** A part of a link, as `textgen/link.py` declares it. */
export interface LinkField {
  name: string;
  kind: string; // how it is read
  neutral: any; // when it is left out; null: as the page begins
  legal: string; // its range in words
  hint: string; // the way out
  low: number | null; // ends of a number; null: open
  high: number | null;
  above: boolean; // whether the low end is left out
  below: boolean; // whether the high end is left out
  or_zero: boolean; // whether 0 is legal besides
  choices: string[]; // words that are legal
  most: number; // values of a list, or characters of a text
}

export interface ModelGroup {
  label: string;
  models: { name: string; title: string; line: string }[];
}
