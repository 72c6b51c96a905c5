// How much a sweep is, counted in the browser as the server counts it.
(() => {
  const lab = window.TemperatureLab;
  const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?$/i;
  const MOST = 1000; // values, as textgen/analysis/sweep_settings.py

  // "0.2, 0.5, 1" or "0.1:2:0.1" → numbers, or null: see textgen/analysis/sweep_ranges.py.
  lab.sweepTemperatures = (text) => {
    const parts = text.split(/[\s,;]+/).filter(Boolean).map((part) => (part.includes(":") ? range(part) : NUMBER.test(part) ? [Number(part)] : null));
    const all = parts.includes(null) ? [] : parts.flat();
    return all.length && all.length <= MOST ? all : null;
  };
  const range = (text) => {
    const parts = text.split(":");
    const [start, end, step] = parts.map(Number);
    const steps = (end - start) / step;
    if (parts.length !== 3 || !parts.every((part) => NUMBER.test(part)) || !(step > 0 && steps >= 0 && steps < MOST)) return null;
    return Array.from({ length: Math.floor(steps + 1e-6) + 1 }, (_, i) => Number((start + i * step).toFixed(9)));
  };

  // What draws nothing is written once for all seeds, greedy once for all temperatures as well.
  lab.sweepSize = (form, strategies, limits) => {
    const temperatures = lab.sweepTemperatures(form.temperatures);
    if (!temperatures) return { problem: "Temperatures are numbers such as 0.2, 0.5, 1 or a range such as 0.1:2:0.1." };
    if (new Set(temperatures).size < temperatures.length) return { problem: "One of the temperatures is there twice." };
    const [seeds, length] = [Number(form.seeds), Number(form.length)];
    if (!Number.isInteger(seeds) || seeds < 1 || !Number.isInteger(length) || length < 1) return { problem: "Seeds and length are whole numbers from 1." };
    if (seeds > limits.seeds) return { problem: `${seeds.toLocaleString("en")} seeds: this page takes ${limits.seeds} at most.` };
    const cells = form.models.length * form.prompts.length * form.strategies.length * temperatures.length;
    if (cells > limits.cells) return { problem: `${cells.toLocaleString("en")} settings (models × prompts × strategies × temperatures): this page takes ${limits.cells.toLocaleString("en")} at most.` };
    const cold = temperatures.filter((t) => t === 0).length;
    const drawn = cold + (temperatures.length - cold) * seeds;
    const greedy = form.strategies.filter((name) => strategies.find((one) => one.name === name)?.greedy).length;
    const texts = form.models.length * form.prompts.length * (greedy + (form.strategies.length - greedy) * drawn);
    return texts ? { texts, tokens: texts * length } : { problem: "Choose at least one model and one strategy." };
  };

  lab.secondsText = (seconds) => (seconds < 1 ? "a second" : seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`);
  lab.count = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;
})();
