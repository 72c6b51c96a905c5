import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * What Python computed, as vectors.py wrote it for this run.
 * @param {string} name of the file
 */
export const vectors = (name) => {
  const folder = process.env.VECTORS;
  if (!folder) throw new Error("Python writes the vectors: run `pytest tests/node`");
  return JSON.parse(readFileSync(join(folder, name), "utf8"));
};
