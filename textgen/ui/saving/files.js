// Files of a result: numbers and receipt from the server, pictures from the page.
import { inked, plotly } from "../bars/chart.js";
import { h, render } from "../shell/dom.js";
import { messages, Problem, waitText } from "../server/server.js";
import { ink } from "../bars/theme.js";

/**
 * @typedef {object} Chart one of a picture's parts: one of `plot`, `figure`, `svg` and `drawing`
 * @property {string} title
 * @property {string} [line] below the title
 * @property {any} [plot] an element that Plotly draws in
 * @property {import("../bars/chart.js").Figure} [figure] that is not on the page
 * @property {SVGSVGElement} [svg] a drawing on the page, with `width` and `height`, that style sheets colour
 * @property {SVGSVGElement} [drawing] one that needs no style sheet
 *
 * @typedef {{ width: number, height: number }} Size px
 */

/** @type {Record<string, string>} */
const TYPES = {
  csv: "text/csv", json: "application/json", receipt: "application/json",
  png: "image/png", svg: "image/svg+xml",
};
const LOST = "The server could not make the file; try again.";

/** Hand a file to the browser. @param {string} name @param {string} type @param {BlobPart} content */
export const download = (name, type, content) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};

const quoted = (/** @type {unknown} */ value) => {
  const text = String(value ?? "");
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
/** Rows as a CSV file. @param {unknown[][]} rows */
export const csvOf = (rows) => rows.map((row) => `${row.map(quoted).join(",")}\n`).join("");

/**
 * A file that the server makes. Throws Problem.
 * @param {string} name of the stream @param {object} request @param {import("./save.js").Making} making
 * @returns {Promise<any>}
 */
export const fetchFile = async (name, request, { signal, waits }) => {
  try {
    for await (const answer of messages(name, request, signal)) {
      if (answer.problem) throw new Problem(answer.problem);
      if (!("before" in answer)) return answer;
      waits(waitText(answer.before));
    }
  } catch (error) {
    if (error instanceof Problem || signal.aborted) throw error;
    console.info(error);
  }
  throw new Problem(LOST);
};

/**
 * Save a result's numbers or its receipt. Throws Problem.
 * @param {object} request such as {kind: "draws", …} @param {string} format csv, json or receipt
 * @param {import("./save.js").Making} making
 * @returns {Promise<string>} what there is to doubt in the file, or ""
 */
export const saveNumbers = async (request, format, making, doubt = (/** @type {any} */ _result) => "") => {
  const file = await fetchFile("exports/export", { request, format }, making);
  download(file.name, TYPES[format], file.content);
  return format === "receipt" ? doubt(JSON.parse(file.content).result) : "";
};

/**
 * Save charts as one picture.
 * @param {Chart[]} charts
 * @param {{ name: string, note: string, format: string }} how
 */
export const savePicture = async (charts, { name, note, format }) => {
  const drawing = await picture(charts, note);
  download(`${name}.${format}`, TYPES[format], format === "png" ? await pixels(drawing) : drawing.text);
};

// ---- pictures: charts as the page shows them, in rows, each under its title
const SVG = "http://www.w3.org/2000/svg";
const HEAD = 50; // px for a title and a line
const NOTE = 30; // px for the line below all
const PAD = 18;
const WIDE = 1500; // px of a row
const [LETTER, SMALL] = [9.6, 7]; // px of a letter of a title and of other lines, in a wide typeface
const LARGEST = 8000; // px of a canvas: browsers hold no larger ones
const FONT = "IBM Plex Sans, system-ui, sans-serif";
const COPIED = [
  "fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-family", "font-size", "font-weight",
  "text-anchor",
];

/** One SVG of all charts, with a line below them. @param {Chart[]} charts @param {string} note */
export const picture = async (charts, note) => {
  const parts = await Promise.all(charts.map(drawn));
  const { places, width, height } = arranged(parts, note);
  const [strong, pale] = [{ fill: ink("--lab-text"), "font-weight": 700 }, { fill: ink("--lab-muted") }];
  const all = document.createElementNS(SVG, "svg");
  mark(all, { width, height, viewBox: `0 0 ${width} ${height}`, "font-family": FONT });
  const ground = h("rect", { width, height, fill: ink("--lab-card") });
  render(all, ground, parts.map(({ title, line, node, ...size }, i) => {
    const { x, y } = places[i];
    mark(node, { x, y: y + HEAD, ...size });
    return [
      h("text", { x, y: y + 18, "font-size": 16, ...strong }, title),
      h("text", { x, y: y + 37, "font-size": 12.5, ...pale }, line ?? ""),
      document.importNode(node, true),
    ];
  }), h("text", { x: PAD, y: height - PAD, "font-size": 12, ...pale }, note));
  return { width, height, text: new XMLSerializer().serializeToString(all) };
};

const mark = (/** @type {Element} */ node, /** @type {Record<string, string | number>} */ attributes) => {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
};

/** @param {Chart} chart @returns {Promise<{ title: string, line?: string, node: Element } & Size>} */
const drawn = async ({ title, line, svg, drawing, plot, figure }) => {
  const ours = svg ? standalone(svg) : drawing;
  if (ours) {
    const [width, height] = ["width", "height"].map((name) => Number(ours.getAttribute(name)));
    return { title, line, width, height, node: ours };
  }
  const { data, layout } = plot ?? { data: figure?.data, layout: inked(figure?.layout) };
  const { width = 800, height = 400 } = plot?._fullLayout ?? layout;
  const address = await (await plotly()).toImage({ data, layout }, { format: "svg", width, height });
  const text = decodeURIComponent(address.slice(address.indexOf(",") + 1));
  const node = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  return { title, line, width, height, node };
};

/** A drawing of ours with what the style sheets make of it written into it. */
const standalone = (/** @type {SVGSVGElement} */ svg) => {
  const copy = /** @type {SVGSVGElement} */ (svg.cloneNode(true));
  const originals = [svg, ...svg.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((node, i) => {
    const style = getComputedStyle(originals[i]);
    for (const name of COPIED) {
      /** @type {SVGElement} */ (node).style.setProperty(name, style.getPropertyValue(name));
    }
  });
  return copy;
};

/**
 * Parts in rows, and a note below: where each stands, and the size of all.
 * @param {({ title: string, line?: string } & Size)[]} parts @param {string} note
 */
const arranged = (parts, note) => {
  const widest = Math.max(640, SMALL * note.length + 2 * PAD);
  const [edge, places] = [{ width: widest, height: 0 }, /** @type {{ x: number, y: number }[]} */ ([])];
  let [x, y, height] = [PAD, PAD, 0];
  for (const part of parts) {
    const words = Math.max(LETTER * part.title.length, SMALL * (part.line?.length ?? 0));
    const width = Math.max(part.width, words); // titles stand beside each other
    if (x > PAD && x + width > WIDE) [x, y, height] = [PAD, y + height, 0];
    places.push({ x, y });
    x += width + PAD;
    height = Math.max(height, part.height + HEAD);
    edge.width = Math.max(edge.width, x);
    edge.height = y + height;
  }
  return { places, width: edge.width, height: edge.height + NOTE + PAD };
};

/** @param {Size & { text: string }} drawing @returns {Promise<Blob>} a PNG, twice as large where it may be */
const pixels = ({ width, height, text }) => new Promise((resolve, reject) => {
  const scale = Math.min(2, LARGEST / Math.max(width, height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
  const failed = () => reject(new Problem("The chart cannot be drawn as a PNG; take the SVG."));
  const image = new Image();
  image.onload = () => {
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => (blob ? resolve(blob) : failed()), "image/png");
  };
  image.onerror = failed;
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
});
