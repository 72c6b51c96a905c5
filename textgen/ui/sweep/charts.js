// Each metric against temperature, as small charts with one legend.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const MARKS = { circle: "●", square: "■", diamond: "◆", "triangle-up": "▲", x: "✕", star: "★", "triangle-down": "▼" };
  const BORDERS = { solid: "solid", dash: "dashed", dashdot: "dashed", longdash: "dashed", longdashdot: "dashed", dot: "dotted" };

  const dark = () => document.body.classList.contains("dark");
  lab.sweepColour = (line) => (dark() ? line.dark : line.colour);

  // The name of a line behind a piece of it; `place` in lines.
  lab.sweepKey = (line) => h("span", { class: "sweep-key" },
    h("i", { style: `color:${lab.sweepColour(line)};--dash:${BORDERS[line.dash]}`, "data-mark": MARKS[line.symbol], "aria-hidden": "true" }), line.name);

  // A figure made in Python, in the colours of the theme.
  const repainted = (figure, colours) => ({
    ...figure,
    data: figure.data.map((trace) => {
      const to = (colour) => colours[colour] ?? colour;
      return { ...trace, ...(trace.fillcolor ? { fillcolor: to(trace.fillcolor) } : {}), line: { ...trace.line, color: to(trace.line.color) }, ...(trace.marker ? { marker: { ...trace.marker, color: to(trace.marker.color) } } : {}) };
    }),
  });
  // A ring around the point whose texts are read.
  const ring = (figure, line, t) => {
    const means = figure.data[2 * line + 1];
    const at = means?.x.indexOf(t) ?? -1;
    return at < 0 ? [] : [{ type: "scatter", mode: "markers", x: [t], y: [means.y[at]], hoverinfo: "skip", showlegend: false, marker: { size: 15, symbol: "circle-open", color: lab.ink("--lab-text"), line: { width: 2 } } }];
  };

  const small = (metric, onPoint) => {
    const plot = h("div", { class: "sweep-plot", role: "img", "aria-label": `${metric.title} against temperature; the table below holds the numbers` });
    const definition = h("p", { class: "sweep-definition", text: `${metric.definition}. ${metric.source}.` });
    definition.hidden = true;
    const ask = h("button", { class: "sweep-ask", type: "button", text: "?", title: "What this measures", "aria-label": `What ${metric.title} measures`, "aria-expanded": "false", onclick: () => {
      definition.hidden = !definition.hidden;
      ask.setAttribute("aria-expanded", String(!definition.hidden));
    } });
    const none = h("p", { class: "muted sweep-none" });
    const card = h("section", { class: "card sweep-chart", "data-metric": metric.name },
      h("header", {}, h("h4", { text: metric.title }), metric.unit ? h("span", { class: "muted", text: metric.unit }) : null, h("span", { class: "grow" }), ask), definition, plot, none);
    const update = (figure, missing, colours, chosen) => {
      plot.hidden = !!missing;
      none.hidden = !missing;
      lab.setText(none, missing);
      if (missing) return;
      const shown = dark() ? repainted(figure, colours) : figure;
      lab.plot(plot, { ...shown, data: [...shown.data, ...(chosen ? ring(figure, chosen.line, chosen.t) : [])] });
      if (plot.dataset.listens) return;
      plot.dataset.listens = "true";
      plot.on("plotly_click", ({ points: [point] }) => onPoint(Math.floor(point.curveNumber / 2), point.x));
    };
    return { card, update };
  };

  // onPoint(line, temperature)
  lab.sweepCharts = ({ config, memory, onPoint }) => {
    const charts = new Map(config.metrics.map((metric, i) => [metric.name, { ...small(metric, onPoint), place: i }]));
    const legend = h("div", { class: "sweep-legend" });
    const grid = h("div", { class: "sweep-charts" });
    const more = h("button", { class: "quiet", type: "button", onclick: () => { memory.all = !memory.all; draw(); } });
    const node = h("div", { class: "sweep-measured" }, legend, grid, more);
    let look = null;
    let chosen = null;

    lab.sweepOrder = () => [...config.firstMetrics, ...config.metrics.map(({ name }) => name).filter((name) => !config.firstMetrics.includes(name))];
    lab.sweepShown = () => (memory.all ? lab.sweepOrder() : config.firstMetrics);
    const draw = () => {
      if (!look) return;
      const shown = lab.sweepShown();
      legend.replaceChildren(...look.lines.map(lab.sweepKey), h("span", { class: "muted", text: "band: 95% interval of the mean · click a point for its texts" }));
      const cards = shown.map((name) => charts.get(name).card);
      if (cards.length !== grid.children.length) grid.replaceChildren(...cards);
      for (const name of shown) {
        const { update, place } = charts.get(name);
        update(look.charts[place], look.missing[place], config.colours, chosen);
      }
      lab.setText(more, memory.all ? `Show the first ${config.firstMetrics.length}` : `Show all ${config.metrics.length} metrics`);
    };
    const update = (next) => { look = next; draw(); };
    const mark = (point) => { chosen = point; draw(); };
    return { node, update, mark, draw };
  };
})();
