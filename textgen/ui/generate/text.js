// A text, token by token, coloured by surprise: it only ever grows, and follows its own end.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const STEPS = [1, 2, 4, 6, 8]; // bits at which the surprise scale goes one step up
  const PROMPT_TAIL = 60; // characters of the prompt shown before the text
  const BLOCK = 32; // lines
  const AT_END = 12; // px from the end that still count as being there

  lab.surpriseStep = (bits) => STEPS.filter((edge) => bits >= edge).length;

  // A div a line, lines in blocks, so that what is out of sight costs nothing. `held`: stay where you are.
  lab.flowingText = ({ held }) => {
    const node = h("div", { class: "text", tabindex: "0", role: "group", "aria-label": "The text; arrow keys go from token to token, Enter shows what each could have been" });
    const state = { node, shown: 0, line: null, block: null, following: true };

    const newLine = (from) => {
      if (!state.block || state.block.children.length >= BLOCK) {
        state.block = h("div", { class: "block" });
        node.append(state.block);
      }
      state.line?.classList.remove("now");
      state.line = h("div", { class: "line now", "data-from": String(from) });
      state.block.append(state.line);
    };

    state.clear = (prompt) => {
      Object.assign(state, { shown: 0, block: null, following: true });
      node.replaceChildren();
      newLine(0);
      const tail = prompt.slice(prompt.lastIndexOf("\n") + 1);
      if (!tail) return;
      state.line.dataset.from = "-1";
      state.line.append(h("span", { class: "given", text: tail.length > PROMPT_TAIL ? `…${tail.slice(-PROMPT_TAIL)}` : tail, title: "the context" }));
    };

    state.grow = (run, branch) => {
      for (; state.shown < branch.ids.length; state.shown++) {
        const { bits } = branch.facts[state.shown];
        if (lab.isStop(run, branch.ids[state.shown])) end(lab.tokenLabel(run, branch.ids[state.shown]), bits);
        else add(lab.addition(run, branch, state.shown), bits);
      }
    };
    const add = (token, bits) => {
      const span = document.createElement("span");
      const ends = token.endsWith("\n");
      span.className = `s${lab.surpriseStep(bits)}${ends ? " nl" : ""}`;
      span.textContent = ends ? token.slice(0, -1) : token;
      state.line.append(span);
      if (ends) newLine(state.shown + 1);
    };
    // The token that ended the text has a card like any other, but is not written.
    const end = (label, bits) => {
      state.line.append(h("span", { class: `s${lab.surpriseStep(bits)} end`, text: `ended at ${label}` }));
      state.line.classList.remove("now");
    };

    // Follow the end unless the reader scrolled up. Reading a size makes the browser lay out at once,
    // so sizes are read in scroll events alone, which come when everything is laid out.
    node.addEventListener("scroll", () => {
      state.following = node.scrollHeight - node.scrollTop - node.clientHeight < AT_END;
    }, { passive: true });
    state.follow = () => {
      if (state.following && !held()) node.scrollTop = 1e9;
    };

    // ---- tokens and their places
    const from = (line) => Number(line.dataset.from);
    state.indexOf = (span) => from(span.parentNode) + [...span.parentNode.children].indexOf(span);
    state.lines = () => [...node.querySelectorAll(".line")];
    state.spanAt = (i) => {
      const line = state.lines().findLast((one) => from(one) <= i);
      return line?.children[i - from(line)] ?? null;
    };
    state.tokenOf = (target) => (target.parentNode?.classList?.contains("line") && /^s\d/.test(target.className) ? target : null);
    state.mark = (i) => {
      node.querySelector(".part")?.classList.remove("part");
      if (i !== null) state.spanAt(i)?.classList.add("part");
    };
    return state;
  };
})();
