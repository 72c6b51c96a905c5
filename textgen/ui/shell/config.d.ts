// What Python tells the page once: served as shell/config.js by ui/shell/assets.py.
import type { State } from "./store.js";

/** One stage of the pipeline, as `decoding/stages.py` declares it. */
export interface StageConfig {
  name: string;
  title: string;
  neutral: number;
  [more: string]: any;
}

export const config: {
  state: State; // what the sidebar says at first
  numbers: string; // the model's name that stands for typed-in numbers
  stages: StageConfig[];
  orders: Record<string, string[]>;
  thermal: [number, string][]; // temperature, colour
  models: ModelGroup[];
  presets: { name: string; temperature: number; sentence: string }[];
  plotly: string; // address of plotly.js, relative to shell/
};

export interface ModelGroup {
  label: string;
  models: { name: string; title: string; line: string }[];
}
