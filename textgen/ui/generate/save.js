// Copy and download: the texts with all that is needed to write them again. Made in the browser.
(() => {
  const lab = window.TemperatureLab;

  const round = (x) => Number(x.toFixed(4));
  const branchRecord = (run, branch, number) => ({
    branch: number + 1,
    parts_from: branch.from && { branch: branch.from.branch + 1, token: branch.from.at + 1 },
    tokens: branch.ids.length,
    mean_surprise_bits: branch.ids.length ? round(branch.bits / branch.ids.length) : null,
    text: lab.textOf(run, branch),
    ids: branch.ids,
  });

  // The run as JSON: head, then a pane its settings and every way its text went.
  lab.runRecord = (run) => {
    const { settings: _, vocabulary: __, goal: ___, note: ____, tight: _____, stops: ______, ...head } = run.head;
    return {
      app: "Temperature Lab",
      ...head,
      panes: run.panes.map((text) => ({
        temperature: text.pane.temperature,
        strategy: text.pane.strategy,
        ...(lab.isBeam(text.pane) ? { beam_width: text.pane.width } : {}),
        settings: text.settings,
        ...branchRecord(run, lab.branchOf(text), text.current),
        branches: text.branches.map((branch, i) => branchRecord(run, branch, i)),
      })),
    };
  };

  const strategyOf = ({ pane, settings }) => {
    const words = { greedy: ["greedy"], beam: [`beam search, ${pane.width} wide`], beam_sampling: [`beam sampling, ${pane.width} wide`] }[pane.strategy] ?? [];
    return pane.strategy === "greedy" || pane.strategy === "beam" ? words : [`T = ${settings.temperature}`, ...words];
  };

  // One line: how a text came about.
  lab.receipt = (run, text, neutral) => {
    const stages = lab.activeStages(text.settings, neutral).map((name) => lab.settingText(name, text.settings[name]));
    const order = stages.length > 1 ? [`order ${text.settings.order.filter((name) => text.settings[name] !== neutral[name]).join(" → ")}`] : [];
    const parts = [run.head.model, ...strategyOf(text), ...stages, ...order, `seed ${run.head.seed}`, `${lab.branchOf(text).ids.length} tokens`, `Temperature Lab ${run.head.version}`];
    return `[${parts.join(" · ")}]`;
  };

  lab.runText = (run, neutral) => {
    const head = `Temperature Lab ${run.head.version} · ${run.head.time}\nmodel ${run.head.model} · weights sha256 ${run.head.weights_sha256}\nprompt ${JSON.stringify(run.head.prompt)} · seed ${run.head.seed}\n`;
    const panes = run.panes.map((text) => `${"-".repeat(72)}\n${lab.receipt(run, text, neutral)}\n\n${run.head.prompt}${lab.textOf(run, lab.branchOf(text))}\n`);
    return [head, ...panes].join("\n");
  };

  lab.download = (name, type, content) => {
    const address = URL.createObjectURL(new Blob([content], { type }));
    const link = lab.h("a", { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  };

  // The surprise of each text, token by token, as charts of one scale.
  lab.surpriseCharts = (run, config) => {
    const top = Math.max(1, ...run.panes.flatMap((text) => lab.branchOf(text).facts.map(({ bits }) => bits)));
    return run.panes.map((text) => surpriseChart(run, text, config, top));
  };
  const surpriseChart = (run, text, config, top) => {
    const branch = lab.branchOf(text);
    const figure = structuredClone(config.surprise);
    figure.layout.yaxis.range = [0, top];
    Object.assign(figure.data[0], {
      x: branch.ids.map((_, i) => i + 1), y: branch.facts.map(({ bits }) => bits), customdata: branch.ids.map((id) => lab.plainText(lab.tokenLabel(run, id))),
    });
    const title = strategyOf(text).join(", ");
    return { title: title[0].toUpperCase() + title.slice(1), line: lab.receipt(run, text, config.neutral).slice(1, -1), figure };
  };

  lab.fileName = (run, ending) => `${run.head.model}-seed-${run.head.seed}.${ending}`.replace(/[^\w.-]+/g, "_");

  // The clipboard belongs to secure pages; a classroom's plain http address has only the old way.
  lab.copyText = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return copyBySelection(text);
    }
  };

  const copyBySelection = (text) => {
    const box = lab.h("textarea", { style: "position:fixed;opacity:0" });
    box.value = text;
    document.body.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    return done;
  };
})();
