// A run: the texts, what the model thought of each token, and the ways they went. No DOM here.
(() => {
  const lab = window.TemperatureLab;
  const SHORT = 65535; // probabilities of alternatives come in 65,535ths

  // A way a text went: ids (n), facts (n) as `unpack` gives them, where it left another way; and what it
  // takes to write it again: tokens chosen by hand [place, id], and from which length to which each leg went.
  const newBranch = (from = null) => ({ ids: [], facts: [], bits: 0, from, picks: [], legs: [] });

  lab.beginRun = (head, vocabulary, panes) => ({
    head,
    vocabulary,
    goal: head.goal,
    panes: panes.map((pane, i) => ({ pane, settings: head.settings[i], branches: [newBranch()], current: 0 })),
  });
  lab.branchOf = (text) => text.branches[text.current];
  lab.tokenLabel = (run, id) => run.vocabulary.labels[id];
  lab.lengths = (run) => run.panes.map((text) => lab.branchOf(text).ids.length);

  // A stop ends its text and is no part of it.
  lab.isStop = (run, id) => !!run.head.stops?.includes(id);
  lab.hasEnded = (run, branch) => lab.isStop(run, branch.ids.at(-1));
  lab.openLengths = (run) => run.panes.map(lab.branchOf).filter((branch) => !lab.hasEnded(run, branch)).map((branch) => branch.ids.length);

  // What token i adds to its text: itself, after the space that belongs between two words.
  lab.addition = (run, branch, i) => (lab.isStop(run, branch.ids[i]) ? "" : gap(run, branch, i) + run.vocabulary.texts[branch.ids[i]]);
  const NO_SPACE = { before: 1, after: 2 }; // see textgen/ui/vocabulary.py
  const gap = (run, { ids }, i) => {
    const { spaces } = run.vocabulary;
    if (!spaces) return "";
    const tight = i === 0 ? run.head.tight : Number(spaces[ids[i - 1]]) & NO_SPACE.after;
    return tight || Number(spaces[ids[i]]) & NO_SPACE.before ? "" : " ";
  };

  // Leave a text's way before token `at`, to take `pick` there; the way that was stays.
  lab.fork = (text, at, pick) => {
    const old = lab.branchOf(text);
    const branch = newBranch({ branch: text.current, at, pick });
    old.ids.slice(0, at).forEach((id, i) => push(branch, id, old.facts[i]));
    branch.picks = [...old.picks.filter(([place]) => place < at), [at, pick]];
    branch.legs = old.legs.filter(([start]) => start < at);
    text.branches.push(branch);
    text.current = text.branches.length - 1;
    return branch;
  };

  // A request begins to write the panes `where`, each from the tokens that it has.
  lab.beginLeg = (run, where) => {
    for (const text of where.map((pane) => run.panes[pane])) {
      const branch = lab.branchOf(text);
      const start = branch.ids.length + (pending(text) === null ? 0 : 1);
      if (!lab.hasEnded(run, branch) && start < run.goal) branch.legs.push([start, run.goal]);
    }
  };

  // What the server needs to write the texts again, as they stand.
  lab.textRequest = ({ head: { model, prompt, seed }, panes }) => ({
    kind: "text", model, prompt, seed,
    texts: panes.map((text) => {
      const { ids, picks, legs } = lab.branchOf(text);
      const { strategy, width } = text.pane;
      return { settings: text.settings, strategy, ...(lab.isBeam(text.pane) ? { width, legs } : {}), length: ids.length, picks };
    }),
  });

  const push = (branch, id, facts) => {
    branch.ids.push(id);
    branch.facts.push(facts);
    branch.bits += facts.bits;
  };

  const bytes = (base64) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)).buffer;

  // The facts of token k of a line: see Batch.line in textgen/ui/writing.py.
  const unpack = (reals, whole, width, k) => {
    const numbers = whole.subarray(k * width, (k + 1) * width);
    const half = 2 + (width - 2) / 2;
    return { id: numbers[0], rank: numbers[1], decoded: reals[2 * k], bits: reals[2 * k + 1], ids: numbers.subarray(2, half), shares: numbers.subarray(half) };
  };

  // One line of the stream → its tokens at the ends of the texts that wrote them; `where` names the panes.
  lab.addLine = (run, line, where) => {
    const { rows, n, at, wide, ...data } = JSON.parse(line);
    const reals = new Float32Array(bytes(data.reals));
    const whole = new (wide ? Uint32Array : Uint16Array)(bytes(data.whole));
    const width = whole.length / (n * rows.length);
    for (let k = 0; k < n * rows.length; k++) {
      const facts = unpack(reals, whole, width, k);
      push(lab.branchOf(run.panes[where[rows[k % rows.length]]]), facts.id, facts);
    }
    return { panes: rows.map((row) => where[row]), n, seconds: at };
  };

  // What the card shows of token i.
  lab.tokenFacts = (branch, i) => {
    const { ids, shares, ...facts } = branch.facts[i];
    const alternatives = Array.from(ids, (id, a) => ({ id, p: shares[a] / SHORT }));
    return { ...facts, learned: 2 ** -facts.bits, alternatives };
  };

  lab.textOf = (run, branch, end = branch.ids.length) => branch.ids.slice(0, end).map((_, i) => lab.addition(run, branch, i)).join("");

  // Where a text leaves its left neighbour's: an index, or null while they are the same.
  lab.parting = (run, index) => {
    if (index === 0) return null;
    const [left, own] = [run.panes[index - 1], run.panes[index]].map((text) => lab.branchOf(text).ids);
    const end = Math.min(left.length, own.length);
    for (let i = 0; i < end; i++) if (left[i] !== own[i]) return i;
    return null;
  };

  // What the server needs of a text to go on with it: its first tokens, and one chosen by hand.
  lab.recordOf = (text, end = null, pick = pending(text)) => ({
    settings: text.settings, strategy: text.pane.strategy, width: text.pane.width, ids: lab.branchOf(text).ids.slice(0, end ?? undefined), pick,
  });
  const pending = (text) => {
    const { ids, from } = lab.branchOf(text);
    return from && ids.length === from.at ? from.pick : null;
  };

  // ---- settings in words
  lab.activeStages = (settings, neutral) => settings.order.filter((name) => name !== "temperature" && settings[name] !== neutral[name]);
  // What a strategy has no ear for. Greedy takes the likeliest token: what can only remove others, or comes
  // later, changes nothing. A beam search compares whole texts as learned; it heeds repetition alone.
  const NEVER_THE_TOP = ["top_k", "top_p", "min_p", "epsilon", "eta", "top_n_sigma"];
  const HEEDED_BY_BEAMS = ["repetition_penalty", "no_repeat_ngram"];
  lab.withoutEffect = (pane, settings, neutral) => {
    const active = lab.activeStages(settings, neutral);
    if (lab.searches(pane, settings)) return active.filter((name) => !HEEDED_BY_BEAMS.includes(name));
    if (settings.temperature !== 0) return [];
    const after = settings.order.slice(settings.order.indexOf("temperature"));
    return active.filter((name) => NEVER_THE_TOP.includes(name) || after.includes(name));
  };
  lab.searches = (pane, settings) => pane.strategy === "beam" || (pane.strategy === "beam_sampling" && settings.temperature === 0);
  lab.isBeam = (pane) => pane.strategy.startsWith("beam");
  // The sentence that says so; "" when everything has its effect.
  lab.idleText = (pane, settings, neutral) => {
    const beam = lab.searches(pane, settings);
    if (!beam && settings.temperature !== 0) return "";
    const idle = lab.withoutEffect(pane, settings, neutral);
    const usual = ["top_k", "top_p", "min_p"];
    const names = [...usual, ...idle.filter((name) => !usual.includes(name))].map((name) => lab.stageName(name));
    return `${beam ? "beam search: temperature, " : "greedy: "}seed, ${names.join(", ")} have no effect`;
  };
  lab.settingText = (name, value) => `${lab.stageName(name)} ${Number(value.toFixed(4))}`;
})();
