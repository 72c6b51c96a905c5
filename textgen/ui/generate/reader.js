// Reading a pane: hover, keyboard and tap bring up the card of a token.
(() => {
  const lab = window.TemperatureLab;
  const KEYS = { ArrowRight: 1, ArrowLeft: -1 };

  // `pane` is a textPane, `place` its number in the grid.
  lab.readable = (pane, place, card) => {
    const { text } = pane;
    const { node } = text;
    let here = null; // the token that has the keyboard

    const show = (span, pinned) => {
      const index = text.indexOf(span);
      if (!pane.branch?.facts[index]) return;
      card.hide(true);
      span.classList.add("here");
      card.show(span, { pane: place, index }, pane.run, pane.branch, pinned);
    };

    const focus = (index) => {
      const span = pane.branch && text.spanAt(Math.min(Math.max(index, 0), pane.branch.ids.length - 1));
      if (!span) return;
      here?.removeAttribute("tabindex");
      here = span;
      Object.assign(span, { tabIndex: -1 });
      span.focus();
      show(span, false);
    };

    const vertical = (span, way) => {
      const lines = text.lines();
      const next = lines[lines.indexOf(span.parentNode) + way];
      return next ? Math.max(0, Number(next.dataset.from)) : text.indexOf(span);
    };

    const target = (key, span) => {
      if (key in KEYS) return text.indexOf(span) + KEYS[key];
      if (key === "ArrowDown" || key === "ArrowUp") return vertical(span, key === "ArrowDown" ? 1 : -1);
      return { Home: 0, End: Infinity }[key];
    };

    const onKey = (event) => {
      const span = text.tokenOf(event.target);
      if (event.key === "Enter" && span) {
        event.preventDefault();
        show(span, true);
        return card.focus();
      }
      const index = span ? target(event.key, span) : { ArrowRight: 0, ArrowDown: 0, Home: 0, End: Infinity }[event.key];
      if (index === undefined) return;
      event.preventDefault();
      focus(index);
    };

    node.addEventListener("pointerover", (event) => {
      const span = text.tokenOf(event.target);
      if (event.pointerType !== "mouse" || card.pinned) return;
      span ? show(span, false) : card.hide();
    });
    node.addEventListener("pointerleave", () => card.hide());
    node.addEventListener("click", (event) => {
      const span = text.tokenOf(event.target);
      if (span) show(span, true);
    });
    node.addEventListener("keydown", onKey);
    node.addEventListener("focusout", () => card.hide());
  };
})();
