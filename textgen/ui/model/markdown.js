// Markdown as model cards use it → DOM nodes. All of it enters as text: no HTML, no link, no picture.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;

  // Bounded, so that no text makes the search long.
  const INLINE = /`([^`]{1,300})`|\*\*([^*]{1,300})\*\*|\*([^*\s][^*]{0,300})\*|<(https?:[^>\s]{1,300})>|!?\[([^\]]{0,300})\]\(([^)\s]{0,300})\)/g;
  const inline = (text) => {
    const nodes = [];
    let end = 0;
    for (const found of text.matchAll(INLINE)) {
      nodes.push(text.slice(end, found.index), mark(found));
      end = found.index + found[0].length;
    }
    return [...nodes, text.slice(end)].filter((node) => node !== "");
  };
  const mark = ([, code, strong, weak, address, words, target]) => {
    if (code !== undefined) return h("code", { text: code });
    if (strong !== undefined) return h("b", { text: strong });
    if (weak !== undefined) return h("em", { text: weak });
    if (address !== undefined) return h("span", { class: "address", text: address });
    return h("span", {}, words, " (", h("span", { class: "address", text: target }), ")");
  };

  // Each kind of block: how its lines look, and what becomes of them.
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
  const row = (line, tag) => h("tr", {}, ...cells(line).map((cell) => h(tag, {}, ...inline(cell))));
  const BLOCKS = [
    [/^#{1,6}\s/, ([line]) => h(`h${Math.min(6, line.match(/^#+/)[0].length + 2)}`, {}, ...inline(line.replace(/^#+\s+/, ""))), 1],
    [/^ {4}/, (lines) => h("pre", { text: lines.map((line) => line.slice(4)).join("\n") })],
    [/^\s*\|/, ([head, rule, ...rows]) => h("div", { class: "scroll" }, h("table", {}, h("thead", {}, row(head, "th")), h("tbody", {}, ...[...(/^[\s|:-]+$/.test(rule ?? "") || !rule ? [] : [rule]), ...rows].map((line) => row(line, "td")))))],
    [/^\s*[-*]\s/, (lines) => h("ul", {}, ...lines.map((line) => h("li", {}, ...inline(line.replace(/^\s*[-*]\s+/, "")))))],
  ];
  const blockOf = (line) => BLOCKS.find(([looks]) => looks.test(line));

  // → nodes. A fence holds its lines as they are; other blocks end where another kind begins.
  lab.markdown = (text) => {
    const lines = text.replace(/\r\n?/g, "\n").split("\n");
    const nodes = [];
    let i = 0;
    const take = (while_, most = Infinity) => {
      const from = i;
      while (i < lines.length && i - from < most && while_(lines[i])) i += 1;
      return lines.slice(from, i);
    };
    while (i < lines.length) {
      if (!lines[i].trim()) {
        i += 1;
      } else if (lines[i].startsWith("```")) {
        i += 1;
        nodes.push(h("pre", { text: take((line) => !line.startsWith("```")).join("\n") }));
        i += 1;
      } else {
        nodes.push(block(take, lines[i]));
      }
    }
    return nodes;
  };
  const block = (take, first) => {
    const [looks, make, most] = blockOf(first) ?? [];
    if (!looks) return h("p", {}, ...inline(take((line) => line.trim() && !blockOf(line) && !line.startsWith("```")).join(" ")));
    const held = take((line) => looks.test(line) || (looks.source === "^ {4}" && !line.trim()), most);
    return make(looks.source === "^ {4}" ? held.join("\n").trimEnd().split("\n") : held);
  };
})();
