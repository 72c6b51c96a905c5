// What a sweep goes through: the form, how much that is, Run and Stop, and how far it has come.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const MOST_PROMPTS = 8; // fields; more is a case for the terminal

  const chip = (text, title, onclick) => h("button", { class: "chip", type: "button", text, title, "aria-pressed": "false", onclick });
  const row = (label, hint, ...children) => h("div", { class: "sweep-row", role: "group", "aria-label": `${label} of the sweep` }, h("div", { class: "sweep-label" }, h("b", { text: label }), hint ? h("span", { text: hint }) : null), h("div", { class: "sweep-field" }, ...children));
  const models = (config) => (lab.modelGroups ?? []).flatMap((group) => group.models).filter(({ name }) => name !== config.numbers);

  // memory.form holds what was chosen by hand; null follows the sidebar.
  lab.sweepForm = ({ config, memory, on }) => {
    memory.form ??= { ...structuredClone(config.default), models: null, prompts: null, judge: "" };
    const form = memory.form;

    // ---- what stands in the form now
    const sidebarModel = () => (lab.modelChosen === config.numbers ? [] : [lab.modelChosen]);
    const sidebarPrompt = () => [lab.source?.context ?? document.querySelector("#context textarea")?.value ?? ""];
    const values = () => ({ ...form, models: form.models ?? sidebarModel(), prompts: form.prompts ?? sidebarPrompt() });
    const number = (text) => (text !== "" && Number.isFinite(Number(text)) ? Number(text) : text);
    const asked = () => ({ ...values(), seeds: number(form.seeds), first: number(form.first), length: number(form.length) });
    const set = (changes) => {
      Object.assign(form, changes);
      paint();
    };
    const toggled = (list, name) => (list.includes(name) ? list.filter((other) => other !== name) : [...list, name]);

    // ---- its fields
    const modelChips = h("div", { class: "chips" });
    const promptList = h("div", { class: "sweep-prompts" });
    const addPrompt = h("button", { class: "quiet", type: "button", text: "+ Prompt", onclick: () => { set({ prompts: [...values().prompts, ""] }); promptList.lastChild?.querySelector("textarea").focus(); } });
    const follow = h("button", { class: "quiet", type: "button", text: "Take the sidebar's context", onclick: () => set({ prompts: null }) });
    const temperatures = h("input", { type: "text", class: "sweep-temperatures", "aria-label": "Temperatures", maxlength: "10000", spellcheck: "false" });
    temperatures.addEventListener("input", () => set({ temperatures: temperatures.value }));
    const scale = h("span", { class: "muted sweep-small" });
    const strategyChips = h("div", { class: "chips" }, ...[...config.strategies, { name: config.sidebar }].map(({ name, title }) =>
      chip(name, title ?? (name === config.sidebar ? "The stages of the sidebar as they stand when you press Run; the sweep puts its temperatures in" : ""), () => set({ strategies: toggled(form.strategies, name) }))));
    const box = (name, label, max) => {
      const node = h("input", { type: "number", min: name === "first" ? "0" : "1", max: String(max), "aria-label": label });
      node.addEventListener("input", () => set({ [name]: node.value }));
      return node;
    };
    const seeds = box("seeds", `Seeds, at most ${config.limits.seeds}`, config.limits.seeds);
    const first = box("first", "First seed", 2 ** 53);
    const length = box("length", "Tokens of a text", config.limits.length);
    const judge = h("select", { "aria-label": "Judge" });
    judge.addEventListener("change", () => set({ judge: judge.value }));

    // ---- the foot
    const presets = config.presets.map(({ title, hint, values: preset }) => h("button", { class: "chip", type: "button", text: title, title: hint, onclick: () => set(structuredClone(preset)) }));
    const size = h("span", { class: "sweep-size", role: "status" });
    const run = h("button", { class: "button primary", type: "button", text: "Run", onclick: () => on.run(asked()) });
    const stop = h("button", { class: "button", type: "button", text: "■ Stop", title: "Keep what is finished", onclick: on.stop });
    const done = h("i");
    const bar = h("div", { class: "sweep-bar", role: "progressbar", "aria-label": "The sweep", "aria-valuemin": "0", "aria-valuemax": "100" }, done);
    const status = h("span", { class: "sweep-status", role: "status" });
    const card = h("section", { class: "card sweep-form" },
      h("header", {}, h("h3", { text: "What does temperature do to a text?" }),
        h("p", { class: "muted", text: "Write the same prompt at many temperatures, several times each, and measure the texts. A seed is the same luck at every temperature, so what differs, the settings made." })),
      row("Models", "", modelChips),
      row("Prompts", "", promptList, h("div", {}, addPrompt, follow)),
      row("Temperatures", "from:to:step, or a list", temperatures, scale),
      row("Strategies", "how a token is chosen", strategyChips),
      row("Texts", "", h("div", { class: "sweep-numbers" }, h("label", {}, "Seeds ", seeds), h("label", {}, "from ", first), h("label", {}, "Tokens each ", length), h("label", { title: "Another model that scores every text: its surprise makes the coherence proxy independent of the writer" }, "Judge ", judge))),
      h("footer", {}, h("div", { class: "chips", role: "group", "aria-label": "Presets" }, ...presets), size, h("span", { class: "grow" }), stop, run),
      bar, status);

    // ---- painting
    const paintModels = (chosen) => {
      const listed = models(config);
      modelChips.replaceChildren(...listed.map(({ name, title, line }) => {
        const node = chip(title, line, () => set({ models: toggled(values().models, name) }));
        node.setAttribute("aria-pressed", String(chosen.includes(name)));
        node.dataset.model = name;
        return node;
      }));
      judge.replaceChildren(h("option", { value: "", text: "none" }), ...listed.map(({ name, title }) => h("option", { value: name, text: title })));
      judge.value = form.judge;
    };
    const paintPrompts = (prompts) => {
      while (promptList.children.length > prompts.length) promptList.lastChild.remove();
      while (promptList.children.length < prompts.length) promptList.append(promptBox(promptList.children.length));
      prompts.forEach((text, i) => {
        const [area, close] = promptList.children[i].children;
        if (area.value !== text) area.value = text;
        close.hidden = prompts.length === 1;
      });
      addPrompt.hidden = prompts.length >= MOST_PROMPTS;
      follow.hidden = form.prompts === null;
    };
    const promptBox = (i) => {
      const area = h("textarea", { rows: "1", "aria-label": `Prompt ${i + 1}`, placeholder: "Empty: the start of a text", maxlength: "20000", spellcheck: "false" });
      area.addEventListener("input", () => set({ prompts: values().prompts.map((text, k) => (k === i ? area.value : text)) }));
      const close = h("button", { class: "quiet", type: "button", text: "×", "aria-label": `Remove prompt ${i + 1}`, onclick: () => set({ prompts: values().prompts.filter((_, k) => k !== i) }) });
      return h("div", { class: "sweep-prompt" }, area, close);
    };
    const paintSize = (now) => {
      const found = lab.sweepSize(now, config.strategies, config.limits);
      const listed = lab.sweepTemperatures(form.temperatures);
      lab.setText(scale, listed && listed.length > 1 ? `${listed.length} temperatures from ${Math.min(...listed)} to ${Math.max(...listed)}` : "");
      size.classList.toggle("over", found.tokens > config.limits.tokens);
      lab.setText(size, found.problem ?? sizeText(found));
      Object.assign(card.dataset, { texts: String(found.texts ?? ""), tokens: String(found.tokens ?? "") });
    };
    const sizeText = ({ texts, tokens }) => {
      const most = config.limits.tokens.toLocaleString("en");
      if (tokens > config.limits.tokens) return `${lab.count(texts, "text")}, up to ${lab.count(tokens, "token")}: more than the ${most} that this server takes.`;
      const time = memory.rate ? ` · about ${lab.secondsText(tokens / memory.rate)}` : "";
      return `${lab.count(texts, "text")}, up to ${lab.count(tokens, "token")} of the ${most} that this server takes${time}`;
    };
    const keep = (node, text) => { if (node !== document.activeElement && node.value !== String(text)) node.value = String(text); };
    const paint = () => {
      const now = values();
      paintModels(now.models);
      paintPrompts(now.prompts);
      for (const [node, name] of [[temperatures, "temperatures"], [seeds, "seeds"], [first, "first"], [length, "length"]]) keep(node, form[name]);
      for (const node of strategyChips.children) node.setAttribute("aria-pressed", String(form.strategies.includes(node.textContent)));
      paintSize(now);
    };
    // state: {busy, share, text}
    const progress = ({ busy, share, text }) => {
      run.disabled = busy;
      stop.hidden = !busy;
      bar.hidden = !busy;
      done.style.width = `${100 * share}%`;
      bar.setAttribute("aria-valuenow", String(Math.round(100 * share)));
      lab.setText(status, text);
      status.hidden = !text;
    };
    return { card, paint, progress };
  };
})();
