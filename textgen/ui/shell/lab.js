// What the components share: a store of the sidebar's settings, DOM building, colours, Plotly.
(() => {
  const lab = (window.TemperatureLab ??= {});

  // ---- the store: the sidebar's values, mirrored by events that never reach the server
  // Callbacks belong to the component that is being mounted: mounted again, it replaces its own.
  const listeners = new Map();
  const repaint = new Map();
  const register = (registry, callback) => {
    const owner = lab.mounting;
    registry.set(owner, [...(registry.get(owner) ?? []), callback]);
    return () => registry.set(owner, (registry.get(owner) ?? []).filter((other) => other !== callback));
  };
  const callAll = (registry, ...values) => [...registry.values()].flat().forEach((callback) => callback(...values));
  lab.settings = null;
  lab.onSettings = (callback) => register(listeners, callback);
  // For what asks the server: called when Gradio, too, knows the new value.
  const settled = new Map();
  lab.onSettled = (callback) => register(settled, callback);
  lab.setSettings = (changes) => {
    const news = Object.entries(changes).filter(([name, value]) => String(lab.settings?.[name]) !== String(value));
    if (!news.length) return;
    lab.settings = { ...lab.settings, ...Object.fromEntries(news) };
    tellEffects();
    callAll(listeners, lab.settings);
  };
  // What a control does not affect, the sidebar says.
  const tellEffects = () => {
    const place = document.querySelector(".lab-effects");
    if (!place) return;
    const idle = lab.active(lab.settings).filter((name) => TRUNCATING.includes(name)).map(lab.stageTitle);
    const greedy = lab.settings.temperature === 0;
    const also = ["The seed", ...idle].join(", ");
    lab.setText(place, greedy ? `T = 0 is greedy: the likeliest token is always taken. ${also}${idle.length ? " have" : " has"} no effect.` : "");
  };
  const TRUNCATING = ["top_k", "top_p", "min_p", "typical", "epsilon", "eta", "top_n_sigma"];

  // A slider under the finger is heard directly: through Gradio's events it comes several frames later.
  const touched = {};
  document.addEventListener("input", ({ target }) => {
    const name = target.closest?.("#sidebar .block")?.id;
    const value = target.valueAsNumber;
    if (!(name in lab.STAGES) || !(value >= Number(target.min) && value <= Number(target.max))) return;
    touched[name] = performance.now();
    if (lab.settings) lab.setSettings({ [name]: value });
  }, true);

  // Called by Gradio's events, for what else changes the sidebar: a preset, a reset, a handler. Gets
  // every stage's value and, last, the order as text. A slider touched just now is newer than that:
  // it is read again when it has come to rest.
  const REST = 700; // ms
  lab.fromSidebar = (names, values) => {
    const moving = (name) => performance.now() - (touched[name] ?? -Infinity) < REST;
    const known = names.map((name, i) => [name, values[i]]).filter(([name, value]) => Number.isFinite(value) && !moving(name));
    lab.setSettings({ ...Object.fromEntries(known), order: values[names.length].split(",") });
    callAll(settled, lab.settings);
    names.filter(moving).forEach((name) => setTimeout(() => !moving(name) && readAgain(name), REST));
  };
  const readAgain = (name) => {
    const value = document.querySelector(`#sidebar #${name} input[type="range"]`)?.valueAsNumber;
    if (Number.isFinite(value)) lab.setSettings({ [name]: value });
  };

  // A task's temperature, and what to expect of it.
  lab.preset = (temperature, sentence) => {
    lab.setText(document.querySelector(".lab-preset"), sentence);
    return temperature;
  };

  lab.orderName = () => Object.keys(lab.orders).find((name) => lab.orders[name].join() === lab.settings.order.join()) ?? "custom";

  // ---- components: a factory a name; memory outlives a component that is mounted again
  lab.factories = {};
  lab.memory = {};
  lab.mount = (name, host) => {
    lab.arrive();
    lab.mounting = name;
    listeners.delete(name);
    settled.delete(name);
    repaint.delete(name);
    const memory = (lab.memory[name] ??= {});
    const root = host.element.querySelector(".lab-root");
    const update = lab.factories[name]({ ...host, root, memory });
    const refresh = () => host.props.value && update(host.props.value);
    host.watch("value", refresh);
    refresh();
  };

  // On a narrow window an open sidebar covers the bars: there it starts closed.
  lab.arrive = () => {
    if (lab.arrived) return;
    lab.arrived = true;
    const narrow = window.matchMedia("(max-width: 768px)");
    const close = () => narrow.matches && document.querySelector("#sidebar.open .toggle-button")?.click();
    narrow.addEventListener("change", close);
    close();
  };

  // ---- DOM: text only ever enters as text
  lab.h = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (name === "class") node.className = value;
      else if (name === "text") node.textContent = value;
      else if (name in node && typeof value !== "string") node[name] = value;
      else node.setAttribute(name, value);
    }
    node.append(...children.filter((child) => child != null));
    return node;
  };

  // Assigning the same text again would still make the browser lay it out again.
  lab.setText = (node, text) => {
    if (node.textContent !== text) node.textContent = text;
  };

  // A sentence that cannot be overlooked, for twelve seconds.
  lab.toast = (sentence) => {
    const place = document.querySelector(".lab-toasts") ?? document.body.appendChild(lab.h("div", { class: "lab-toasts", role: "alert" }));
    const toast = lab.h("div", { class: "lab-toast" }, lab.h("b", { text: "That cannot be done" }), lab.h("span", { text: sentence }),
      lab.h("button", { type: "button", "aria-label": "Close", text: "×", onclick: () => toast.remove() }));
    place.replaceChildren(toast);
    setTimeout(() => toast.remove(), 12000);
    return toast;
  };

  // ---- numbers
  lab.percent = (p) => (p > 0 && p < 0.0005 ? "<0.1%" : `${(100 * p).toFixed(1)}%`);
  lab.finePercent = (p) => (p === 0 ? "0%" : p < 1e-6 ? `${(100 * p).toExponential(1)}%` : `${(100 * p).toFixed(p < 0.0001 ? 4 : 2)}%`);
  lab.plainText = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  lab.temperatureText = (t) => (Number.isInteger(t * 10) ? t.toFixed(1) : t.toFixed(2));

  // ---- colours
  const channels = (colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
  lab.thermal = (t, stops) => {
    const clamped = Math.min(Math.max(t, stops[0][0]), stops.at(-1)[0]);
    const next = Math.max(1, stops.findIndex(([at]) => clamped <= at));
    const [[low, cold], [high, hot]] = [stops[next - 1], stops[next]];
    const share = (clamped - low) / (high - low);
    const mixed = channels(cold).map((c, i) => Math.round(c + (channels(hot)[i] - c) * share));
    return `#${mixed.map((c) => c.toString(16).padStart(2, "0")).join("")}`;
  };
  lab.ink = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();
  lab.onTheme = (callback) => register(repaint, callback);
  new MutationObserver(() => callAll(repaint)).observe(document.body, {
    attributes: true,
    attributeFilter: ["class"],
  });

  // ---- Plotly: one persistent div a chart, restyled, never rebuilt
  const CONFIG = { displayModeBar: false, responsive: true, displaylogo: false };
  lab.plot = (div, figure) => window.Plotly.react(div, figure.data, lab.inked(figure.layout), CONFIG);
  lab.inked = (layout) => {
    const text = lab.ink("--lab-text");
    const line = lab.ink("--lab-line");
    const axes = Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key));
    const painted = axes.map((key) => [key, { ...layout[key], color: text, gridcolor: line, zerolinecolor: line, linecolor: line }]);
    return { ...layout, ...Object.fromEntries(painted), font: { ...layout.font, color: text } };
  };
})();
