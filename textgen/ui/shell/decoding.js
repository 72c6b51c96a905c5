// The browser's copy of textgen/decoding/stages.py: float64 throughout, same order, same ties.
// The Python pipeline is the truth; tests/browser holds the two against each other.
(() => {
  const lab = (window.TemperatureLab ??= {});
  const REMOVED = -Infinity;

  const softmax = (logits) => {
    let top = REMOVED;
    for (const z of logits) if (z > top) top = z;
    const weights = Float64Array.from(logits, (z) => Math.exp(z - top));
    let total = 0;
    for (const w of weights) total += w;
    return weights.map((w) => w / total);
  };

  const logSoftmax = (logits) => {
    const top = logits.reduce((a, b) => Math.max(a, b), REMOVED);
    let total = 0;
    for (const z of logits) total += Math.exp(z - top);
    return logits.map((z) => z - top - Math.log(total));
  };

  const entropyNats = (logs) => -logs.reduce((sum, l) => (l > REMOVED ? sum + Math.exp(l) * l : sum), 0);
  const keep = (logits, kept) => logits.map((z, i) => (kept(i) ? z : REMOVED));
  const maximum = (values) => values.reduce((a, b) => Math.max(a, b), REMOVED);
  // Stable: equal values stay in the order of their ids, as numpy's kind="stable" does.
  const ascending = (values) => Uint32Array.from(values, (_, i) => i).sort((a, b) => compare(values[a], values[b]) || a - b);
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const argmax = (values) => values.reduce((best, v, i) => (v > values[best] ? i : best), 0);

  const temperature = (logits, t) => {
    if (t !== 0) return logits.map((z) => z / t);
    const best = argmax(logits);
    return logits.map((_, i) => (i === best ? 0 : REMOVED));
  };

  const topK = (logits, k) => {
    if (k >= logits.length) return logits;
    const kth = Float64Array.from(logits).sort()[logits.length - k];
    return keep(logits, (i) => logits[i] >= kth);
  };

  const topP = (logits, p) => {
    const order = ascending(logits);
    const probabilities = softmax(Float64Array.from(order, (id) => logits[id]));
    const kept = new Uint8Array(logits.length);
    let cumulative = 0;
    order.forEach((id, rank) => {
      cumulative += probabilities[rank];
      kept[id] = cumulative > 1 - p || rank === order.length - 1 ? 1 : 0;
    });
    return keep(logits, (i) => kept[i]);
  };

  const minP = (logits, share) => {
    const probabilities = softmax(logits);
    const bound = share * maximum(probabilities);
    return keep(logits, (i) => probabilities[i] >= bound);
  };

  const typical = (logits, mass) => {
    const logs = logSoftmax(logits);
    const entropy = entropyNats(logs);
    const distance = logs.map((l) => Math.abs(-l - entropy));
    const order = ascending(distance);
    let cumulative = 0;
    let crossing = order[order.length - 1];
    for (const id of order) {
      cumulative += Math.exp(logs[id]);
      if (cumulative >= mass) {
        crossing = id;
        break;
      }
    }
    return keep(logits, (i) => distance[i] <= distance[crossing]);
  };

  const epsilon = (logits, floor) => {
    const probabilities = softmax(logits);
    const top = maximum(logits);
    return keep(logits, (i) => probabilities[i] >= floor || logits[i] >= top);
  };

  const eta = (logits, floor) => {
    const entropy = entropyNats(logSoftmax(logits));
    return epsilon(logits, Math.min(floor, Math.sqrt(floor) * Math.exp(-entropy)));
  };

  const topNSigma = (logits, n) => {
    const there = logits.filter((z) => z > REMOVED);
    const mean = there.reduce((a, b) => a + b, 0) / there.length;
    const variance = there.reduce((sum, z) => sum + (z - mean) ** 2, 0) / there.length;
    const bound = maximum(logits) - n * Math.sqrt(variance);
    return keep(logits, (i) => logits[i] >= bound);
  };

  const repetitionPenalty = (logits, penalty, history) => {
    const seen = new Set(history);
    return logits.map((z, i) => (!seen.has(i) ? z : z < 0 ? z * penalty : z / penalty));
  };

  const noRepeatNgram = (logits, size, history) => {
    const banned = completions(history, size);
    const result = keep(logits, (i) => !banned.has(i));
    return maximum(result) > REMOVED ? result : logits;
  };

  const completions = (history, size) => {
    const tail = history.slice(history.length - size + 1).join();
    const banned = new Set();
    for (let i = 0; i + size <= history.length; i++) {
      if (size === 1 || history.slice(i, i + size - 1).join() === tail) banned.add(history[i + size - 1]);
    }
    return banned;
  };

  const STAGES = {
    temperature: { apply: temperature, neutral: 1 },
    top_k: { apply: topK, neutral: 0 },
    top_p: { apply: topP, neutral: 1 },
    min_p: { apply: minP, neutral: 0 },
    typical: { apply: typical, neutral: 1 },
    epsilon: { apply: epsilon, neutral: 0 },
    eta: { apply: eta, neutral: 0 },
    top_n_sigma: { apply: topNSigma, neutral: 0 },
    repetition_penalty: { apply: repetitionPenalty, neutral: 1 },
    no_repeat_ngram: { apply: noRepeatNgram, neutral: 0 },
  };

  // The names of the stages that are on, in their order.
  const active = (settings) => settings.order.filter((name) => settings[name] !== STAGES[name].neutral);

  // Raw logits (V) → logits (V) after all stages; removed = −Infinity.
  const decode = (raw, settings, history = []) =>
    active(settings).reduce(
      (logits, name) => STAGES[name].apply(logits, settings[name], history),
      Float64Array.from(raw),
    );

  // Raw, then after each active stage: {name, probabilities, kept, removedMass, changed}.
  const trace = (raw, settings, history = []) => {
    let logits = Float64Array.from(raw);
    const steps = [describe("raw", logits, null)];
    for (const name of active(settings)) {
      logits = STAGES[name].apply(logits, settings[name], history);
      steps.push(describe(name, logits, steps[steps.length - 1]));
    }
    return steps;
  };

  const describe = (name, logits, before) => {
    const probabilities = softmax(logits);
    const kept = Array.from(logits, (z) => z > REMOVED);
    const removed = kept.map((k, i) => !k && !!before?.kept[i]);
    const removedMass = removed.reduce((sum, gone, i) => (gone ? sum + before.probabilities[i] : sum), 0);
    const moved = before && probabilities.some((p, i) => Math.abs(p - before.probabilities[i]) > 1e-12);
    return { name, probabilities, kept, removed, removedMass, changed: removed.includes(true) || !!moved };
  };

  // Entropy in bits, effective choices 2^H, probability of the likeliest token, tokens kept.
  const summary = (probabilities) => {
    const bits = -probabilities.reduce((sum, p) => (p > 0 ? sum + p * Math.log2(p) : sum), 0);
    const kept = probabilities.reduce((n, p) => n + (p > 0 ? 1 : 0), 0);
    return { entropy: Math.max(bits, 0), choices: 2 ** Math.max(bits, 0), top: maximum(probabilities), kept };
  };

  // Token ids by probability at T = 1, likeliest first, lowest id first on ties.
  const ranking = (raw) => Array.from(raw, (_, i) => i).sort((a, b) => compare(raw[b], raw[a]) || a - b);

  const floats = (base64) => {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    return Float64Array.from(new Float32Array(bytes.buffer));
  };

  Object.assign(lab, { softmax, decode, trace, active, summary, ranking, floats, STAGES });
})();
