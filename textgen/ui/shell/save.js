// Saving a result: its numbers and its receipt from the server, its chart from the page.
(() => {
  const lab = window.TemperatureLab;
  const { h } = lab;
  const TYPES = { csv: "text/csv", json: "application/json", receipt: "application/json", svg: "image/svg+xml" };
  const HINTS = {
    csv: "The numbers as a table, for a spreadsheet",
    json: "The numbers in full, for a program",
    receipt: "Model, settings, seed and result: what it takes to cite this and to repeat it",
    svg: "The chart as a drawing that stays sharp at any size",
    png: "The chart as a picture",
  };
  const TITLES = { csv: "CSV", json: "JSON", receipt: "Receipt", svg: "SVG", png: "PNG" };
  const WIDEST = 170; // px that the entries take to the left of the button's right edge, at most
  const NOTHING = "There is nothing to save yet.";
  const PATIENCE = 120000; // ms

  // ---- numbers: one request at a time each with its own number, answered by the component below
  const waiting = new Map();
  let serial = 0;
  let ask = null;

  lab.factories.exports = ({ root, trigger }) => {
    ask = (request, format) => new Promise((resolve) => {
      serial += 1;
      waiting.set(serial, resolve);
      setTimeout(answer, PATIENCE, serial, { problem: "The server gave no answer; try again." });
      trigger("export", { serial, request, format });
    });
    const answer = (number, value) => {
      waiting.get(number)?.(value);
      waiting.delete(number);
    };
    lab.exportsFailed = () => [...waiting.keys()].forEach((number) => answer(number, { problem: "The server could not make the file; try again." }));
    return (value) => {
      answer(value.serial, value);
      root.dataset.serial = String(value.serial);
    };
  };

  // A request such as {kind: "draws", …} → its file. Says what went wrong, if anything did; `doubt` looks at
  // the result in a receipt, and says in what it is not the one on the page.
  lab.saveNumbers = async (request, format, doubt = () => "") => {
    const file = await ask(request, format);
    if (file.problem) return lab.toast(file.problem);
    const doubts = format === "receipt" ? doubt(JSON.parse(file.content).result) : "";
    if (doubts) lab.toast(doubts);
    lab.download(file.name, TYPES[format], file.content);
  };

  // ---- charts: as the page shows them, in rows, each under its title
  const HEAD = 50; // px for a title and a line
  const NOTE = 30; // px for the line below all
  const PAD = 18;
  const WIDE = 1500; // px of a row
  const NARROW = 340; // px that a title needs

  const sizeOf = ({ plot, figure, svg }) => {
    if (svg) return { width: Number(svg.getAttribute("width")), height: Number(svg.getAttribute("height")) };
    const layout = plot?._fullLayout ?? figure.layout;
    return { width: layout.width ?? 800, height: layout.height ?? 400 };
  };
  const drawn = async (chart) => {
    const size = sizeOf(chart);
    if (chart.svg) return { ...size, ...chart, node: standalone(chart.svg) };
    const { data, layout } = chart.plot ?? { data: chart.figure.data, layout: lab.inked(chart.figure.layout) };
    const address = await window.Plotly.toImage({ data, layout }, { format: "svg", ...size });
    const text = decodeURIComponent(address.slice(address.indexOf(",") + 1));
    return { ...size, ...chart, node: new DOMParser().parseFromString(text, "image/svg+xml").documentElement };
  };

  // A drawing of ours with what the style sheets make of it written into it.
  const PROPERTIES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-family", "font-size", "font-weight", "text-anchor"];
  const standalone = (svg) => {
    const copy = svg.cloneNode(true);
    const originals = [svg, ...svg.querySelectorAll("*")];
    [copy, ...copy.querySelectorAll("*")].forEach((node, i) => {
      const style = getComputedStyle(originals[i]);
      for (const name of PROPERTIES) node.style.setProperty(name, style.getPropertyValue(name));
    });
    return copy;
  };

  const SVG = "http://www.w3.org/2000/svg";
  const s = (tag, attributes, text = "") => {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
    node.textContent = text;
    return node;
  };

  // Parts in rows: where each stands, and the size of all.
  const arranged = (parts) => {
    const [edge, places] = [{ width: 640, height: 0 }, []];
    let [x, y, height] = [PAD, PAD, 0];
    for (const part of parts) {
      const width = Math.max(part.width, NARROW);
      if (x > PAD && x + width > WIDE) [x, y, height] = [PAD, y + height, 0];
      places.push({ x, y });
      x += width + PAD;
      height = Math.max(height, part.height + HEAD);
      edge.width = Math.max(edge.width, x);
      edge.height = y + height;
    }
    return { places, width: edge.width, height: edge.height + NOTE + PAD };
  };

  // Charts [{title, line, plot | figure | svg}] and a line below them → one SVG.
  lab.picture = async (charts, note) => {
    const parts = await Promise.all(charts.map(drawn));
    const { places, width, height } = arranged(parts);
    const all = s("svg", { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}`, "font-family": "IBM Plex Sans, system-ui, sans-serif" });
    const say = (text, x, y, size, look) => all.append(s("text", { x, y, "font-size": size, ...look }, text));
    const [ink, pale] = [{ fill: lab.ink("--lab-text"), "font-weight": 700 }, { fill: lab.ink("--lab-muted") }];
    all.append(s("rect", { width, height, fill: lab.ink("--lab-card") }));
    parts.forEach(({ title, line = "", node, ...size }, i) => {
      const { x, y } = places[i];
      say(title, x, y + 18, 16, ink);
      say(line, x, y + 37, 12.5, pale);
      for (const [name, value] of Object.entries({ x, y: y + HEAD, width: size.width, height: size.height })) node.setAttribute(name, String(value));
      all.append(document.importNode(node, true));
    });
    say(note, PAD, height - PAD, 12, pale);
    return { width, height, text: new XMLSerializer().serializeToString(all) };
  };

  const pixels = ({ width, height, text }) => new Promise((resolve, reject) => {
    const scale = Math.min(2, 8000 / Math.max(width, height)); // browsers hold no canvas of any size
    const canvas = h("canvas", { width: Math.round(width * scale), height: Math.round(height * scale) });
    const image = new Image();
    image.onload = () => {
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(resolve, "image/png");
    };
    image.onerror = () => reject(new Error("the chart cannot be drawn"));
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  });

  lab.savePicture = async (charts, { name, note, format }) => {
    const picture = await lab.picture(charts, note);
    lab.download(`${name}.${format}`, format === "png" ? "image/png" : TYPES.svg, format === "png" ? await pixels(picture) : picture.text);
  };

  // ---- the menu. `request()` → what the server makes files of; `charts()` → what `picture` takes;
  // `name()` and `note()` → a file's name and the line below its charts; null of `request`: nothing to save;
  // `own` makes a format on the page itself, `more` are further entries; `doubt` as above.
  lab.saveMenu = ({ request, charts = null, name, note = () => "", own = {}, more = [], doubt }) => {
    const act = async (format) => {
      close();
      const asked = request();
      if (!asked) return lab.toast(NOTHING);
      if (own[format]) return own[format]();
      if (format in TYPES && format !== "svg") return lab.saveNumbers(asked, format, doubt);
      return lab.savePicture(charts(), { name: name(), note: note(), format });
    };
    const entry = (text, title, onclick) => h("button", { type: "button", text, title, onclick });
    const formats = ["csv", "json", ...(charts ? ["png", "svg"] : []), "receipt"];
    const entries = [...formats.map((format) => entry(TITLES[format], HINTS[format], () => act(format))),
      ...more.map(({ text, title, save }) => entry(text, title, () => { close(); request() ? save() : lab.toast(NOTHING); }))];
    const menu = h("details", { class: "save-menu" }, h("summary", { class: "button", text: "Save" }), h("div", { class: "save-entries" }, ...entries));
    const close = () => menu.removeAttribute("open");
    menu.addEventListener("toggle", () => menu.classList.toggle("leftmost", menu.getBoundingClientRect().right < WIDEST));
    menu.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape" || !menu.open) return;
      close();
      menu.firstChild.focus();
    });
    menu.addEventListener("focusout", ({ relatedTarget }) => relatedTarget && !menu.contains(relatedTarget) && close());
    return menu;
  };
  document.addEventListener("pointerdown", ({ target }) => {
    for (const menu of document.querySelectorAll(".save-menu[open]")) if (!menu.contains(target)) menu.removeAttribute("open");
  });
})();
