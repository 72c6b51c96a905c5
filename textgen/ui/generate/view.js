// The Generate tab: one prompt, one seed, up to four texts.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const VISIBLE = { " ": "␣", "\n": "⏎", "\t": "⇥", "\r": "␍" };
  const PARTED = "The receipt was saved, but its texts are not quite those on the page: written again from the start, one came to a near-tie and parted. Press Write for texts that repeat.";
  const SHOWN = 400; // characters of the context in the strip
  const ALONE = { greedy: 0, beam: 1 }; // strategies without a say for temperature: one pane

  // lab.source is the sidebar's model, context, seed and lock, mirrored without the server.
  const listeners = new Set();
  lab.source ??= null;
  lab.onSource = () => listeners.forEach((callback) => callback());

  lab.factories.generate = ({ root, trigger, props, memory }) => {
    const config = JSON.parse(props.config.json);
    memory.panes ??= config.temperatures.map((temperature) => ({ temperature, changes: {} }));
    memory.width ??= 3;
    memory.strategy ??= "sampling";
    memory.colour ??= true;
    memory.say ??= lab.invitation;
    if (!lab.settings) lab.setSettings(config.settings);
    let panes = [];

    // ---- files
    const save = (kind, type, content) => lab.download(lab.fileName(memory.run, kind), type, content);
    const saveMenu = () => lab.saveMenu({
      request: () => memory.run && lab.textRequest(memory.run),
      own: { json: () => save("json", "application/json", JSON.stringify(lab.runRecord(memory.run), null, 1)) },
      more: [{ text: "Text", title: "All texts with their settings, to read", save: () => save("txt", "text/plain", lab.runText(memory.run, config.neutral)) }],
      doubt: ({ texts }) => (texts.every(({ ids }, i) => ids.join() === lab.branchOf(memory.run.panes[i]).ids.slice(0, ids.length).join()) ? "" : PARTED),
      charts: () => lab.surpriseCharts(memory.run, config),
      name: () => lab.fileName(memory.run, "").slice(0, -1),
      note: () => `surprise under the model at T = 1, in bits a token · seed ${memory.run.head.seed} · Temperature Lab ${memory.run.head.version}`,
    });

    // ---- the page's parts
    const say = (text) => {
      memory.say = text;
      lab.setText(part.status, text);
    };
    const part = lab.generateParts({ config, memory, on: {
      write: () => session.start(shown()),
      stop: () => session.stop(),
      goOn: () => session.goOn(),
      strategy: (name) => change(() => { leaveGuide(); memory.strategy = name; }),
      guide: () => toggleGuide(),
      width: (width) => change(() => { memory.width = width; }),
      add: () => change(() => memory.panes.push(another())),
      colour: () => { memory.colour = !memory.colour; paintColour(); },
      saveMenu: saveMenu(),
    } });
    const session = lab.writingSession({ memory, ask: trigger, config, say, onChange: () => schedule(), length: () => memory.length ?? config.length });
    const card = lab.tokenCard({
      onOpen: ({ pane, index }) => openIn(pane, index),
      onBranch: (place, id) => { card.hide(true); session.branch(place, id); },
      onClose: (anchor) => anchor?.classList.remove("here"),
    });
    root.replaceChildren(...part.all, card.card);

    // ---- panes
    const shown = () => {
      const { strategy, width } = memory;
      if (memory.guide) return memory.panes;
      if (strategy in ALONE) return [{ temperature: ALONE[strategy], strategy, width, changes: {} }];
      return memory.panes.map((pane) => Object.assign(pane, { strategy, width }));
    };
    const another = () => {
      const used = memory.panes.map((pane) => pane.temperature);
      return { temperature: [0.2, 0.5, 1, 1.2].find((t) => !used.includes(t)) ?? 0.8, changes: {} };
    };
    // The texts belong to their panes: with other panes they go.
    const change = (how) => {
      session.drop();
      how();
      buildPanes();
    };
    const toggleGuide = () => {
      change(() => (memory.guide ? leaveGuide() : Object.assign(memory, { guide: true, before: memory.panes, strategy: "sampling", panes: structuredClone(config.guide) })));
      if (memory.guide) session.start(shown());
    };
    const leaveGuide = () => {
      if (memory.guide) Object.assign(memory, { guide: false, panes: memory.before });
    };
    const buildPanes = () => {
      panes = shown().map((pane, i, all) => lab.textPane({
        config, pane, card,
        onChange: (temperature) => { pane.temperature = temperature; draw(); },
        onRemove: all.length > 1 ? () => change(() => memory.panes.splice(i, 1)) : null,
        onCopy: (node) => copy(i, node),
        onBranch: (branch) => { memory.run.panes[i].current = branch; draw(); },
      }));
      panes.forEach((pane, i) => lab.readable(pane, i, card));
      part.grid.replaceChildren(...panes.map((pane) => pane.node));
      part.grid.dataset.panes = String(panes.length);
      draw();
    };

    // ---- drawing, once a frame however many messages came
    let frame = null;
    const schedule = () => {
      if (document.hidden) return draw();
      frame ??= requestAnimationFrame(draw);
    };
    const draw = () => {
      frame = null;
      if (!root.isConnected) return;
      const { run, leg } = memory;
      panes.forEach((pane, i) => (run ? pane.update(run, i, lab.paneRate(leg, i)) : pane.branch && pane.empty()));
      paintPanes();
      panes.forEach((pane) => pane.text.follow());
      part.paint({ busy: session.busy(), run, rate: run ? lab.totalRate(leg) : 0, goal: run ? session.goal() : 0 });
      Object.assign(root.dataset, {
        state: session.busy() ? "writing" : run ? "still" : "empty",
        tokens: run ? lab.lengths(run).join() : "",
        seed: run ? String(run.head.seed) : "",
        ended: String(memory.ended ?? 0), // requests that were answered, stopped or refused
        updates: String(Number(root.dataset.updates ?? 0) + 1),
      });
    };
    const settingsOf = (pane) => ({ ...lab.settings, ...pane.changes, temperature: pane.strategy === "greedy" ? 0 : pane.temperature });
    const paintPanes = () => panes.forEach((pane, i) => pane.paintSettings(settingsOf(pane.pane), memory.run?.panes[i].settings ?? null));
    const paintColour = () => {
      part.grid.classList.toggle("plain", !memory.colour);
      part.paintColour();
    };
    const paintSource = () => {
      const typed = lab.source?.model === config.numbers;
      const text = typed ? "" : lab.source?.context ?? "";
      const tail = [...text.slice(-SHOWN)].map((char) => h("span", { class: `tok${VISIBLE[char] ? " space" : ""}`, text: VISIBLE[char] ?? char }));
      const earlier = text.length > SHOWN ? [h("span", { class: "muted", text: `… ${text.length - SHOWN} earlier ` })] : [];
      part.tokens.replaceChildren(...earlier, ...(text ? tail : [h("span", { class: "muted", text: typed ? "typed-in numbers have no context" : "empty context: the start of a text" })]));
      draw();
    };

    // ---- out of here
    const openIn = (pane, index) => {
      const { run } = memory;
      const text = run.panes[pane];
      card.hide(true);
      trigger("open", { model: run.head.model, prompt: run.head.prompt, ...lab.recordOf(text, index, null) });
    };
    const copy = async (i, node) => {
      if (!memory.run) return;
      const text = memory.run.panes[i];
      const done = await lab.copyText(`${memory.run.head.prompt}${lab.textOf(memory.run, lab.branchOf(text))}\n\n${lab.receipt(memory.run, text, config.neutral)}\n`);
      lab.setText(node, done ? "Copied" : "Not allowed");
      setTimeout(() => lab.setText(node, "Copy"), 1500);
    };

    // ---- listening; what the component that stood here before listened to is let go
    memory.leave?.();
    const gone = new AbortController();
    listeners.add(paintSource);
    const settings = lab.onSettings(() => root.isConnected && paintPanes());
    memory.leave = () => { gone.abort(); settings(); listeners.delete(paintSource); };
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !root.isConnected) return;
      if (card.place) card.hide(true);
      else if (session.busy()) session.stop();
    }, { signal: gone.signal });
    document.addEventListener("pointerdown", (event) => {
      if (card.pinned && !card.card.contains(event.target)) card.hide(true);
    }, { signal: gone.signal });
    document.addEventListener("scroll", card.follow, { signal: gone.signal, capture: true, passive: true });

    lab.writingEnded = session.ended;

    buildPanes();
    paintColour();
    paintSource();
    say(memory.say);
    return session.receive;
  };
})();
