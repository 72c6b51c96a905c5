// What stands above the texts: the context, the buttons, the tools, and how they look in each state.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const STEPS = 6; // of the surprise scale
  const TITLES = {
    sampling: "Draw each token from the distribution under the settings",
    greedy: "Always take the likeliest token: one pane, since temperature and luck have no say",
    beam: "Search for the likeliest text as a whole, keeping a few at each step; written once it is certain",
    beam_sampling: "A beam search that draws its candidates at each pane's temperature",
  };

  const button = (text, title, onclick, kind = "button small") => h("button", { class: kind, type: "button", text, title, onclick });
  const group = (label, ...children) => h("span", { class: "group", role: "group", "aria-label": label }, ...children);

  lab.generateParts = ({ config, memory, on }) => {
    const tokens = h("div", { class: "tokens" });
    const goOn = button("Continue", "", on.goOn, "button");
    const stop = button("■ Stop", "Stop writing (Escape)", on.stop, "button");
    const write = button("Write", "Begin anew, with the sidebar's settings and seed", on.write, "button primary");
    const note = h("p", { class: "note" });
    const status = h("span", { class: "status", role: "status" });
    const total = h("span", { class: "total" });
    const used = h("b");
    const rule = h("span", { class: "muted" });
    const seed = h("span", { class: "seed" }, "Seed ", used, rule);
    const grid = h("div", { class: "text-panes" });
    const names = Object.keys(config.strategies);
    const strategies = names.map((name) => button(config.strategies[name], TITLES[name] ?? "", () => on.strategy(name)));
    const guide = button("The guide's four", "Four combinations that guides to text generation name, each with what to expect", on.guide);
    const add = button("+ Pane", "Add a pane (four at most)", on.add);
    const colour = button("Colour", "Colour the tokens by surprise", on.colour);
    const length = lengthBox(config, memory);
    const width = widthBox(config, memory, on.width);
    const legend = surpriseLegend();
    const tools = h("div", { class: "tools" }, group("Strategy", ...strategies, guide), width, h("label", { class: "group" }, "Length ", length), seed, add);
    const foot = h("div", { class: "status-row muted" }, status, total,
      group("Surprise", colour, legend), on.saveMenu);
    const all = [h("section", { class: "card strip" }, tokens, h("div", { class: "actions" }, goOn, stop, write)), tools, foot, note, grid];

    const paintButtons = ({ busy, run, goal }) => {
      const open = run ? lab.openLengths(run) : [];
      const room = open.some((length) => length < goal);
      write.disabled = busy || typed();
      stop.disabled = !busy;
      goOn.disabled = busy || !room;
      goOn.title = goOnTitle(run, open, room, goal);
      for (const one of [...strategies, guide]) one.disabled = busy;
      strategies.forEach((one, i) => one.setAttribute("aria-pressed", String(memory.strategy === names[i] && !memory.guide)));
      guide.setAttribute("aria-pressed", String(!!memory.guide));
      width.hidden = !memory.strategy.startsWith("beam") || !!memory.guide;
      width.lastChild.disabled = busy;
      add.hidden = ["greedy", "beam"].includes(memory.strategy) || !!memory.guide;
      add.disabled = busy || memory.panes.length >= config.maxPanes;
    };
    const goOnTitle = (run, open, room, goal) => {
      if (room) return `Go on to token ${goal}`;
      if (!run) return "Go on from where the texts stopped";
      if (!open.length) return "Every text has ended; choose another token in one, or write anew";
      return `A pane holds ${config.maxLength} tokens at most; put the end of the text into the context`;
    };
    const typed = () => lab.source?.model === config.numbers;
    const paintSeed = (run) => {
      const kept = lab.source?.locked !== false;
      lab.setText(used, String(run?.head.seed ?? (kept ? lab.source?.seed : null) ?? "–"));
      lab.setText(rule, kept ? " kept" : " new at each Write");
    };
    const paint = (state) => {
      paintButtons(state);
      paintSeed(state.run);
      grid.classList.toggle("writing", state.busy);
      lab.setText(total, state.rate ? `${lab.rateText(state.rate)} tokens/s in all` : "");
      lab.setText(note, typed() ? config.noModel : state.run?.head.note ?? "");
    };
    const paintColour = () => {
      colour.setAttribute("aria-pressed", String(memory.colour));
      legend.classList.toggle("off", !memory.colour);
    };
    return { all, tokens, status, grid, paint, paintColour };
  };

  const lengthBox = (config, memory) => {
    const box = h("input", { class: "length", type: "number", min: "1", max: String(config.maxLength), step: "100", "aria-label": "Length in tokens", value: String(memory.length ?? config.length) });
    box.addEventListener("input", () => { memory.length = box.value === "" ? "nothing" : Number(box.value); });
    return box;
  };

  const widthBox = (config, memory, onWidth) => {
    const select = h("select", { "aria-label": "Beam width: hypotheses kept at each step" }, ...Array.from({ length: config.maxWidth }, (_, i) => h("option", { value: String(i + 1), text: String(i + 1) })));
    select.value = String(memory.width);
    select.addEventListener("change", () => onWidth(Number(select.value)));
    return h("label", { class: "group" }, "Width ", select);
  };

  const surpriseLegend = () => h("span", { class: "legend", role: "img", "aria-label": "Surprise, from 0 bits, pale, to 8 bits and more, strong violet" },
    h("span", { text: "0 bits" }), h("span", { class: "swatches" }, ...Array.from({ length: STEPS }, (_, i) => h("i", { class: `s${i}` }))), h("span", { text: "8+" }));
})();
