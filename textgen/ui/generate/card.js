// The card of one token: what the model thought of it, and what it could have been.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const GAP = 6; // px between a token and its card
  const LABEL = 13; // characters of an alternative
  const DIGIT = 9.2; // px, of 15 px monospaced
  const EDGE = 8; // px between the card and the window's edge

  const row = (name, value) => h("div", { class: "fact" }, h("span", { class: "muted", text: name }), h("b", { text: value }));
  const bitsText = (bits) => `${bits.toFixed(bits < 10 ? 2 : 0)} bits`;
  const chance = (p) => (p === 0 ? "0%, removed" : lab.finePercent(p));

  // onOpen(place), onBranch(place, id); a place is {pane, index}
  lab.tokenCard = ({ onOpen, onBranch, onClose }) => {
    const card = h("div", { class: "token-card", role: "dialog", "aria-label": "A token", popover: "manual", id: "token-card" });
    const state = { card, pinned: false, place: null, anchor: null };

    state.show = (anchor, place, run, branch, pinned) => {
      Object.assign(state, { anchor, place, pinned });
      card.replaceChildren(...content(run, branch, place, pinned));
      card.classList.toggle("pinned", pinned);
      if (!card.matches(":popover-open")) card.showPopover();
      move(card, anchor.getBoundingClientRect());
      card.dataset.index = String(place.index);
    };

    state.hide = (force = false) => {
      if (!state.place || (state.pinned && !force)) return;
      const { anchor } = state;
      const inside = card.contains(document.activeElement);
      Object.assign(state, { place: null, pinned: false, anchor: null });
      if (card.matches(":popover-open")) card.hidePopover();
      if (inside) returnFocus(anchor);
      onClose(anchor);
    };

    const returnFocus = (anchor) => {
      anchor.tabIndex = -1;
      anchor.focus({ preventScroll: true });
    };

    const content = (run, branch, place, pinned) => {
      const facts = lab.tokenFacts(branch, place.index);
      return [
        h("header", {}, h("span", { class: "tok", text: lab.clip(lab.tokenLabel(run, facts.id), 24) }), h("span", { class: "muted", text: `token ${place.index + 1}` }), h("span", { class: "grow" }),
          h("button", { class: "quiet close", type: "button", "aria-label": "Close", text: "×", onclick: () => state.hide(true) })),
        h("div", { class: "facts" }, row("as learned", lab.finePercent(facts.learned)), row("surprise", bitsText(facts.bits)),
          row("under the settings", chance(facts.decoded)), row("rank", String(facts.rank))),
        h("div", { class: "muted small", text: pinned ? "Choose another: the text goes on from there" : "The likeliest here · click to choose another" }),
        h("div", { class: "alternatives", style: `--label:${labelWidth(run, facts.alternatives)}px` }, ...facts.alternatives.map((one) => alternative(run, one, one.id === facts.id, place))),
        h("button", { class: "button open", type: "button", text: "Open in Next token here", onclick: () => onOpen(place) }),
      ];
    };

    const labelWidth = (run, all) => Math.ceil(DIGIT * Math.min(LABEL, Math.max(...all.map(({ id }) => lab.tokenLabel(run, id).length))));

    const alternative = (run, { id, p }, taken, place) => {
      const label = lab.tokenLabel(run, id);
      return h("button", { class: "alternative", type: "button", disabled: taken, "aria-label": taken ? `${label}, ${lab.percent(p)}: the text has this one` : `Go on with ${label}, ${lab.percent(p)}`, onclick: () => onBranch(place, id) },
        h("span", { class: "tok", text: lab.clip(label, LABEL) }), h("span", { class: "bar" }, h("i", { style: `width:${(100 * p).toFixed(2)}%` })), h("span", { class: "share", text: lab.percent(p) }));
    };

    const move = (node, place) => {
      const { width, height } = node.getBoundingClientRect();
      const below = place.bottom + GAP + height + EDGE <= window.innerHeight;
      const top = below ? place.bottom + GAP : Math.max(EDGE, place.top - GAP - height);
      const left = Math.min(Math.max(EDGE, place.left - 20), window.innerWidth - width - EDGE);
      node.style.top = `${top}px`;
      node.style.left = `${left}px`;
    };

    // Keep beside a token that scrolls; let go of one that scrolled out of its text.
    state.follow = () => {
      if (!state.anchor) return;
      const place = state.anchor.getBoundingClientRect();
      const text = state.anchor.closest(".text")?.getBoundingClientRect();
      if (!text || place.bottom < text.top || place.top > text.bottom) return state.hide(true);
      move(card, place);
    };

    state.focus = () => (card.querySelector(".alternative:not(:disabled)") ?? card.querySelector(".open")).focus();
    return state;
  };
})();
