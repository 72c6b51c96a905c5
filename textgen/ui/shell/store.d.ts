// What the sidebar says and all tabs share: the state of the store in lab.js.

export interface Settings {
  order: string[]; // of the stages
  [stage: string]: any; // a number for each
}

export interface State {
  model: string; // a model's name, or `config.numbers` for typed-in numbers
  context: string; // the text before the next token
  numbers: string; // typed-in probabilities or logits
  kind: string; // what those are: auto, probabilities or logits
  settings: Settings;
  seed: string; // digits: a whole number may be larger than a double holds
  locked: boolean; // whether the seed stays; else each result takes a new one
}

export type Changes = Partial<Omit<State, "settings">> & { settings?: Partial<Settings> };
