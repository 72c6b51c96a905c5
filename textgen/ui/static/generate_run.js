// A run: the texts, what the model thought of each token, and the ways they went. No DOM here.
(() => {
  const lab = window.TemperatureLab;
  const FIRST = 4; // numbers a token before its alternatives: id, probability under the settings, bits, rank

  // A way a text went: ids (n), facts (n) of Float64Array(4 + 2A), and where it left another way.
  const newBranch = (from = null) => ({ ids: [], facts: [], bits: 0, from });

  lab.beginRun = (head, vocabulary, panes) => ({
    head,
    vocabulary,
    goal: head.goal,
    panes: panes.map((pane, i) => ({ pane, settings: head.settings[i], branches: [newBranch()], current: 0 })),
  });
  lab.branchOf = (text) => text.branches[text.current];
  lab.tokenText = (run, id) => run.vocabulary.texts[id];
  lab.tokenLabel = (run, id) => run.vocabulary.labels[id];
  lab.lengths = (run) => run.panes.map((text) => lab.branchOf(text).ids.length);

  // Leave a text's way before token `at`; the way that was stays.
  lab.fork = (text, at) => {
    const old = lab.branchOf(text);
    const branch = newBranch({ branch: text.current, at });
    old.ids.slice(0, at).forEach((id, i) => push(branch, id, old.facts[i]));
    text.branches.push(branch);
    text.current = text.branches.length - 1;
    return branch;
  };

  const push = (branch, id, facts) => {
    branch.ids.push(id);
    branch.facts.push(facts);
    branch.bits += facts[2];
  };

  // One line of the stream → its tokens at the ends of the texts that wrote them; `where` names the panes.
  lab.addLine = (run, line, where) => {
    const { rows, n, at, data } = JSON.parse(line);
    const numbers = lab.floats(data);
    const width = numbers.length / (n * rows.length);
    for (let step = 0; step < n; step++) {
      rows.forEach((row, column) => {
        const from = (step * rows.length + column) * width;
        const facts = numbers.subarray(from, from + width);
        push(lab.branchOf(run.panes[where[row]]), facts[0], facts);
      });
    }
    return { panes: rows.map((row) => where[row]), n, seconds: at };
  };

  // What the card shows of token i.
  lab.tokenFacts = (run, branch, i) => {
    const facts = branch.facts[i];
    const n = (facts.length - FIRST) / 2;
    const alternatives = Array.from({ length: n }, (_, a) => ({ id: facts[FIRST + a], p: facts[FIRST + n + a] }));
    return { id: facts[0], decoded: facts[1], bits: facts[2], learned: 2 ** -facts[2], rank: facts[3], alternatives };
  };

  lab.textOf = (run, branch, end = branch.ids.length) => branch.ids.slice(0, end).map((id) => lab.tokenText(run, id)).join("");

  // Where a text leaves its left neighbour's: an index, or null while they are the same.
  lab.parting = (run, index) => {
    if (index === 0) return null;
    const [left, own] = [run.panes[index - 1], run.panes[index]].map((text) => lab.branchOf(text).ids);
    const end = Math.min(left.length, own.length);
    for (let i = 0; i < end; i++) if (left[i] !== own[i]) return i;
    return null;
  };

  // What the server needs of a text to go on with it.
  lab.recordOf = (text, ids = lab.branchOf(text).ids, pick = null) => ({ settings: text.settings, ids, pick });

  // ---- settings in words
  lab.activeStages = (settings, neutral) => settings.order.filter((name) => name !== "temperature" && settings[name] !== neutral[name]);
  // At T = 0 the likeliest token is taken: what can only remove others, or comes later, changes nothing.
  const NEVER_THE_TOP = ["top_k", "top_p", "min_p", "epsilon", "eta", "top_n_sigma"];
  lab.withoutEffect = (settings, neutral) => {
    if (settings.temperature !== 0) return [];
    const after = settings.order.slice(settings.order.indexOf("temperature"));
    return lab.activeStages(settings, neutral).filter((name) => NEVER_THE_TOP.includes(name) || after.includes(name));
  };
  lab.settingText = (name, value) => `${lab.stageName(name)} ${Number(value.toFixed(4))}`;
})();
