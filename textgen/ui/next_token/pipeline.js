// The pipeline card: the distribution as the model gave it and after each stage that is on, in order.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const ROWS = 8;
  const WIDE = 9; // characters of a token
  const HUES = {
    temperature: "var(--lab-muted)", top_k: "#1b7f79", top_p: "#7b5ea7", min_p: "#a6611a", typical: "#4d7c2a", epsilon: "#9c4f86",
    eta: "#5c6fb1", top_n_sigma: "#857437", repetition_penalty: "#b0574f", no_repeat_ngram: "#47708a",
  };

  lab.pipelineCard = ({ reorder }) => {
    const row = h("ol", { class: "stages" });
    const order = ["temperature first", "temperature last"].map((name) =>
      h("button", { class: "quiet", type: "button", text: name, onclick: () => reorder(lab.orders[name]) }));
    const say = h("p", { class: "muted hint", role: "status" });
    const card = h("section", { class: "card pipeline" },
      h("div", { class: "pipeline-head" }, h("h3", { text: "Pipeline" }), say, h("span", { class: "grow" }), ...order), row);
    let shape = null; // the stages as drawn: rebuilt only when they, their order or the tokens change
    let cards = [];
    let dragged = null;

    // Move a stage beside a neighbour that is on; stages that are off keep their places.
    const move = (settings, name, target, after) => {
      const rest = settings.order.filter((other) => other !== name);
      rest.splice(rest.indexOf(target) + (after ? 1 : 0), 0, name);
      reorder(rest);
    };

    const stageCard = (step, index, data, settings, names) => {
      const ids = data.order.slice(0, ROWS);
      const wide = Math.min(WIDE, Math.max(...ids.map((id) => data.labels[id].length)));
      const bars = [...ids, null].map((id) => {
        const fill = h("i");
        return { id, fill, node: h("div", { class: "mini" }, h("span", { class: "token", text: id === null ? "…" : lab.clip(data.labels[id], WIDE), style: `width:max(2.2em,${wide}ch)` }), h("span", { class: "track" }, fill)) };
      });
      const value = step.name === "raw" ? "as learned" : String(settings[step.name]);
      const title = h("b", { text: step.name === "raw" ? "raw" : lab.stageTitle(step.name) });
      const number = h("span", { class: "value", text: value });
      const effect = h("p", { class: "effect" });
      const at = index - 1;
      const arrow = (text, to, after) => h("button", {
        class: "quiet", type: "button", text, disabled: !names[to], title: `Move ${lab.stageTitle(step.name)} ${after ? "later" : "earlier"}`,
        "aria-label": `Move ${lab.stageTitle(step.name)} ${after ? "later" : "earlier"}`, onclick: () => move(lab.settings, step.name, names[to], after),
      });
      const moves = index === 0 ? null : h("span", { class: "moves" }, arrow("←", at - 1, false), arrow("→", at + 1, true));
      const node = h("li", { class: "stage", "data-stage": step.name, style: `--stage:${HUES[step.name] ?? "var(--lab-muted)"}` },
        h("header", {}, title, number, moves), ...bars.map((bar) => bar.node), effect);
      if (index > 0) draggable(node, step.name);
      return { node, bars, number, effect };
    };

    const draggable = (node, name) => {
      node.draggable = true;
      node.addEventListener("dragstart", (event) => { dragged = name; event.dataTransfer.effectAllowed = "move"; });
      node.addEventListener("dragover", (event) => dragged && dragged !== name && event.preventDefault());
      node.addEventListener("drop", (event) => {
        event.preventDefault();
        const box = node.getBoundingClientRect();
        if (dragged && dragged !== name) move(lab.settings, dragged, name, event.clientX > box.left + box.width / 2);
        dragged = null;
      });
      node.addEventListener("dragend", () => (dragged = null));
    };

    const paint = (target, step, before, data, settings) => {
      const longest = Math.max(step.probabilities[data.order[0]], ...step.probabilities, 1e-12);
      const rest = data.order.slice(ROWS);
      for (const bar of target.bars) {
        const gone = bar.id !== null && step.removed[bar.id];
        const p = bar.id === null ? rest.reduce((sum, id) => sum + step.probabilities[id], 0) : gone ? before.probabilities[bar.id] : step.probabilities[bar.id];
        bar.fill.style.width = `${Math.min(100, (100 * p) / Math.max(longest, 1e-12))}%`;
        bar.fill.className = gone ? "gone" : "";
        bar.node.title = `${bar.id === null ? "all other tokens" : data.labels[bar.id]}: ${lab.finePercent(p)}${gone ? ", removed here" : ""}`;
      }
      if (step.name !== "raw") lab.setText(target.number, String(settings[step.name]));
      target.node.classList.toggle("idle", step.name !== "raw" && !step.changed);
      lab.setText(target.effect, effectText(step));
    };

    const effectText = (step) => {
      if (step.name === "raw") return `${step.kept.filter(Boolean).length.toLocaleString("en")} tokens`;
      if (!step.changed) return "no effect on this distribution";
      const n = step.removed.filter(Boolean).length;
      return n ? `removes ${n.toLocaleString("en")} ${n === 1 ? "token" : "tokens"}, ${lab.finePercent(step.removedMass)}` : "changes the shape, removes nothing";
    };

    const update = (data, settings, steps) => {
      const names = steps.slice(1).map((step) => step.name);
      row.hidden = names.length === 0;
      const key = JSON.stringify([names, data.serial]);
      if (key !== shape) {
        const focused = document.activeElement?.closest?.(".stage")?.dataset.stage;
        const label = document.activeElement?.textContent;
        cards = steps.map((step, i) => stageCard(step, i, data, settings, names));
        row.replaceChildren(...cards.map((target) => target.node));
        shape = key;
        if (focused && row.isConnected) refocus(focused, label);
      }
      steps.forEach((step, i) => paint(cards[i], step, steps[i - 1], data, settings));
      lab.setText(say, names.length ? "model → logits → stages in this order → probabilities. Drag a stage, or use its arrows." : "every stage is off: what the model learned is what is drawn. Move temperature, top-k, top-p or min-p in the sidebar to see what each does");
      order.forEach((button) => button.setAttribute("aria-pressed", String(lab.orders[button.textContent].join() === settings.order.join())));
    };
    const refocus = (stage, label) => {
      const buttons = [...row.querySelectorAll(`[data-stage="${stage}"] button`)];
      (buttons.find((button) => button.textContent === label && !button.disabled) ?? buttons.find((button) => !button.disabled))?.focus();
    };
    return { card, update };
  };

  const TITLES = {
    temperature: "temperature", top_k: "top-k", top_p: "top-p", min_p: "min-p", typical: "typical", epsilon: "epsilon", eta: "eta",
    top_n_sigma: "top-nσ", repetition_penalty: "repetition penalty", no_repeat_ngram: "no repeat n-gram",
  };
  lab.stageTitle = (name) => TITLES[name] ?? name;
})();
