// One pane: a temperature, what came of it, and the text, token by token.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;

  lab.textPane = ({ config, pane, onChange, onRemove, onCopy, onBranch, card }) => {
    const number = h("input", { class: "panel-t", type: "number", min: "0", step: "0.1", "aria-label": "Temperature of this pane" });
    number.addEventListener("change", () => onChange(number.value === "" ? "nothing" : Number(number.value)));
    const count = h("span", { class: "count" });
    const copy = h("button", { class: "quiet", type: "button", title: "Copy this text with its settings", text: "Copy", onclick: () => onCopy(copy) });
    const close = !onRemove ? null : h("button", { class: "quiet", type: "button", title: "Remove this pane", "aria-label": "Remove this pane", text: "×", onclick: onRemove });
    const title = titleOf(pane, number);
    const mean = h("b", { text: "–" });
    const parts = h("span", { class: "parts" });
    const chips = h("div", { class: "chips" });
    const branches = h("div", { class: "branches", role: "group", "aria-label": "Ways this text went" });
    const text = lab.flowingText({ held: () => card.pinned && card.place.pane === state.index });
    const node = h("section", { class: "card pane" },
      h("header", {}, title, h("span", { class: "grow" }), count, copy, close),
      h("div", { class: "pane-facts" }, h("span", {}, "mean surprise ", mean), parts),
      chips, branches, text.node);
    const state = { node, text, pane, run: null, index: 0, branch: null, part: undefined, settings: "" };
    number.value = Number.isFinite(pane.temperature) ? lab.temperatureText(pane.temperature) : "";

    // ---- what stands above the text
    const paintParting = () => {
      const at = lab.parting(state.run, state.index);
      if (at === state.part) return;
      state.part = at;
      text.mark(at);
      parts.replaceChildren(...(at !== null ? ["parts from its left neighbour at token ", h("b", { text: String(at + 1) })] : []));
      node.dataset.parts = at === null ? "" : String(at + 1);
    };

    const paintBranches = () => {
      const all = state.run.panes[state.index].branches;
      branches.hidden = all.length < 2;
      if (all.length < 2) return branches.replaceChildren();
      branches.replaceChildren(...all.map((branch, i) => h("button", {
        class: "chip", type: "button", "aria-pressed": String(branch === state.branch), text: `branch ${i + 1}`,
        title: branch.from ? `goes its own way at token ${branch.from.at + 1}` : "the text as first written", onclick: () => onBranch(i),
      })));
    };

    const paintCount = (rate) => {
      const n = state.branch.ids.length;
      lab.setText(count, [`${n.toLocaleString("en")} tokens`, rate ? `${lab.rateText(rate)} tokens/s` : ""].filter(Boolean).join(" · "));
      lab.setText(mean, n ? `${(state.branch.bits / n).toFixed(2)} bits` : "–");
      node.dataset.tokens = String(n);
    };

    // wanted: what Write would use; recorded: what this text was written with, null for none.
    state.paintSettings = (wanted, recorded) => {
      const key = JSON.stringify([wanted, recorded]);
      if (key === state.settings) return;
      state.settings = key;
      const t = wanted.temperature;
      const legal = t === 0 || (t >= 0.01 && t <= 100);
      node.style.setProperty("--t", legal ? lab.thermal(t, config.stops) : "var(--lab-muted)");
      number.setAttribute("aria-invalid", String(!legal));
      const idle = lab.withoutEffect(pane, wanted, config.neutral);
      const idleText = lab.idleText(pane, wanted, config.neutral);
      const active = lab.activeStages(wanted, config.neutral).filter((name) => !idle.includes(name));
      const changed = recorded && JSON.stringify(wanted) !== JSON.stringify({ ...wanted, ...recorded });
      node.classList.toggle("changed", !!changed);
      chips.replaceChildren(
        ...active.map((name) => h("span", { class: "chip", text: lab.settingText(name, wanted[name]) })),
        ...(idleText ? [h("span", { class: "chip idle", text: idleText })] : []),
        ...(pane.expect ? [h("span", { class: "expect muted", text: pane.expect })] : []),
        ...(changed ? [h("span", { class: "chip idle", text: `text is from T = ${recorded.temperature}; Write applies your changes` })] : []));
    };

    // Draw what is new; everything when the way changed.
    state.update = (run, index, rate) => {
      const branch = lab.branchOf(run.panes[index]);
      const fresh = branch !== state.branch || run !== state.run;
      Object.assign(state, { run, index, branch });
      if (fresh) {
        card.hide(true);
        state.part = undefined;
        text.clear(run.head.prompt);
        paintBranches();
      }
      text.grow(run, branch);
      paintParting();
      paintCount(rate);
    };

    state.empty = () => {
      Object.assign(state, { run: null, branch: null });
      text.clear("");
      branches.hidden = true;
      parts.replaceChildren();
      lab.setText(count, "");
      lab.setText(mean, "–");
    };
    state.empty();
    return state;
  };

  // What stands where the temperature would, for a strategy that has no ear for it.
  const titleOf = (pane, number) => {
    const t = pane.expect ? [`T = ${lab.temperatureText(pane.temperature)} · `] : [];
    if (pane.strategy === "greedy") return h("span", { class: "panel-title" }, ...t, t.length ? "greedy" : "Greedy");
    if (pane.strategy === "beam") return h("span", { class: "panel-title", text: `Beam search, ${pane.width} wide` });
    const beam = pane.strategy === "beam_sampling" ? [h("span", { class: "panel-word", text: ` · ${pane.width} beams` })] : [];
    return h("label", { class: "panel-title" }, "T = ", number, ...beam);
  };

  lab.rateText = (rate) => (rate >= 100 ? Math.round(rate).toLocaleString("en") : rate.toFixed(rate < 10 ? 1 : 0));
})();
