// Saving a sweep: numbers and receipt from the server, charts from the page, the report from both.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const [WIDTH, HEIGHT, COLUMNS] = [460, 300, 3]; // px of one chart on a sheet
  const HEAD = 36; // px for the legend
  const [INK, GRID] = ["#1b2130", "#e4e2da"];

  const axis = (part, position, anchor) => ({ ...part, domain: position, anchor, color: INK, gridcolor: GRID, linecolor: GRID });
  const base = { template: "none", paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff", font: { family: "IBM Plex Sans, system-ui, sans-serif", size: 13, color: INK } };
  // Plotly measures a name before its typeface is there: every entry gets room by its letters.
  const legendOf = (figure) => ({ orientation: "h", x: 0.01, y: 1, yanchor: "top", entrywidthmode: "pixels", entrywidth: 9 * Math.max(...figure.data.map(({ name }) => name?.length ?? 0)) });

  // Charts [{title, unit, figure}] → one figure on white, in a grid, with one legend.
  const sheet = (charts) => {
    const columns = Math.min(COLUMNS, charts.length);
    const rows = Math.ceil(charts.length / columns);
    const [width, height] = [columns * WIDTH, rows * HEIGHT + HEAD];
    const layout = { ...base, width, height, showlegend: true, legend: legendOf(charts[0].figure), margin: { l: 0, r: 0, t: 8, b: 0, autoexpand: false }, annotations: [], shapes: [] };
    const data = charts.flatMap(({ title, unit, figure }, i) => {
      const name = i ? String(i + 1) : "";
      const [column, row] = [i % columns, Math.floor(i / columns)];
      const x = [(column * WIDTH + 56) / width, ((column + 1) * WIDTH - 18) / width];
      const y = [(height - HEAD - (row + 1) * HEIGHT + 50) / height, (height - HEAD - row * HEIGHT - 34) / height];
      layout[`xaxis${name}`] = axis(figure.layout.xaxis, x, `y${name}`);
      layout[`yaxis${name}`] = axis(figure.layout.yaxis, y, `x${name}`);
      layout.annotations.push({ text: `<b>${lab.plainText(title)}</b>${unit ? ` ${lab.plainText(unit)}` : ""}`, showarrow: false, x: x[0], y: y[1], xref: "paper", yref: "paper", xanchor: "left", yanchor: "bottom", yshift: 6, font: { size: 15 } });
      layout.shapes.push(...figure.layout.shapes.map((shape) => ({ ...shape, xref: `x${name}`, y0: y[0] + shape.y0 * (y[1] - y[0]), y1: y[0] + shape.y1 * (y[1] - y[0]) })));
      return figure.data.map((trace) => ({ ...trace, xaxis: `x${name}`, yaxis: `y${name}`, legendgroup: trace.name, showlegend: i === 0 && trace.showlegend !== false }));
    });
    return { data, layout, width, height };
  };

  const picture = async (charts, format) => {
    const { data, layout, width, height } = sheet(charts);
    return window.Plotly.toImage({ data, layout }, { format, width, height, scale: format === "png" ? 2 : 1 });
  };
  const content = (address) => decodeURIComponent(address.slice(address.indexOf(",") + 1));
  const bytes = (base64) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));

  // look() → what is shown or null; ask(kind, charts) → asks the server for a file
  lab.sweepFiles = ({ config, look, ask }) => {
    const chart = (metric, i) => ({ ...metric, figure: look().charts[i], missing: look().missing[i] });
    const charts = (names) => {
      const all = config.metrics.map(chart);
      return names.map((wanted) => all.find(({ name }) => name === wanted)).filter(({ missing }) => !missing);
    };
    const save = async (format) => {
      const address = await picture(charts(lab.sweepShown()), format);
      if (format === "svg") lab.download("sweep-charts.svg", "image/svg+xml", content(address));
      else lab.download("sweep-charts.png", "image/png", bytes(address.slice(address.indexOf(",") + 1)));
    };
    const report = async () => {
      const drawings = {};
      for (const each of charts(lab.sweepOrder())) drawings[each.name] = content(await picture([each], "svg"));
      ask("report", drawings);
    };
    const receive = (file) => lab.download(file.name, file.type, file.binary ? bytes(file.content) : file.content);
    const menu = lab.saveMenu({
      request: look,
      charts: () => [],
      name: () => "sweep",
      own: { csv: () => ask("cells"), json: () => ask("json"), receipt: () => ask("receipt"), png: () => save("png"), svg: () => save("svg") },
      more: [{ text: "Texts (CSV)", title: "Every text with what was measured of it", save: () => ask("texts") }],
    });
    const full = h("button", { class: "button", type: "button", text: "Report", title: "A Markdown report with charts, tables and receipt, as one zip", onclick: () => (look() ? report() : lab.toast("There is nothing to report yet.")) });
    return { nodes: [full, menu], receive };
  };
})();
