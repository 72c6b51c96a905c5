// Numbers and labels in words, the same on all tabs.

/** 34.6%, and <0.1% for what would round to nothing. */
export const percent = (/** @type {number} */ p) =>
  p > 0 && p < 0.0005 ? "<0.1%" : `${(100 * p).toFixed(1)}%`;

/** A probability with two decimals, more where two say nothing. */
export const finePercent = (/** @type {number} */ p) => {
  if (p === 0) return "0%";
  return p < 1e-6 ? `${(100 * p).toExponential(1)}%` : `${(100 * p).toFixed(p < 0.0001 ? 4 : 2)}%`;
};

/** 0.5, 1.0, 0.725: as it was typed, with one decimal at least. */
export const temperatureText = (/** @type {number} */ t) =>
  (Number.isInteger(t) ? t.toFixed(1) : String(Number(t.toFixed(6))));

/** 1,234,567 */
export const count = (/** @type {number} */ n) => n.toLocaleString("en");

/** How a temperature changes a distribution, in a word. */
export const effectOf = (/** @type {number} */ t) => {
  if (t === 0) return "greedy";
  return t < 1 ? "sharper" : t === 1 ? "as learned" : "flatter";
};

/** A sentence's first letter as a capital. */
export const capital = (/** @type {string} */ text) => text.charAt(0).toUpperCase() + text.slice(1);

// Cut between characters as a reader sees them, never inside one, as textgen/graphemes.py does.
const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
const ROOM = 10; // code points that a character may have on average: a hundred accents are no text

/** Characters as they are seen: é, 👩‍👩‍👧, 🇬🇧. */
export const graphemes = (/** @type {string} */ text) =>
  Array.from(segmenter.segment(text), ({ segment }) => segment);

/** The beginning of a text: at most `n` characters as they are seen, the last a "…" if it goes on. */
export const clip = (/** @type {string} */ text, /** @type {number} */ n) => {
  if (text.length <= n) return text;
  const head = [...text.slice(0, 2 * ROOM * n + 2)].slice(0, ROOM * n + 1);
  const characters = graphemes(head.join(""));
  if (characters.length <= n && head.length <= ROOM * n) return text;
  const whole = head.length <= ROOM * n ? characters : characters.slice(0, -1);
  return `${whole.slice(0, n - 1).join("")}…`;
};

/** The end of a text: at most `n` characters as they are seen, the first a "…" if there is more. */
export const clipStart = (/** @type {string} */ text, /** @type {number} */ n) => {
  if (text.length <= n) return text;
  const tail = [...text.slice(-2 * ROOM * n - 2)].slice(-ROOM * n - 1);
  const characters = graphemes(tail.join(""));
  if (characters.length <= n && tail.length <= ROOM * n) return text;
  const whole = tail.length <= ROOM * n ? characters : characters.slice(1);
  return `…${whole.slice(Math.max(0, whole.length - n + 1)).join("")}`;
};

/** Text for Plotly, which reads some HTML. */
export const plainText = (/** @type {string} */ text) =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** Digits and signs as other keyboards write them (０．７, ٠٫٧, −1), by those of this one. */
export const plainDigits = (/** @type {string} */ text) =>
  text.normalize("NFKC").replaceAll("−", "-").replaceAll("٫", ".").replace(/[٠-٩۰-۹०-९]/g, (digit) =>
    String("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९".indexOf(digit) % 10));

/** What somebody typed as a number, with a point or a comma; NaN for anything else. */
export const numberFrom = (/** @type {string} */ text) => {
  const plain = plainDigits(text);
  const numeric = /^\s*[-+]?(\d+[.,]?\d*|[.,]\d+)(e[-+]?\d+)?\s*$/i.test(plain);
  return numeric ? Number(plain.replace(",", ".")) : NaN;
};

/** A number for the server, with a point or a comma; what is none stays as typed, for it to name. */
export const typedNumber = (/** @type {string} */ text) => {
  const number = numberFrom(text);
  return Number.isFinite(number) ? number : text;
};

const GROUPED = /^[1-9]\d{0,2}([,.'_\s])\d{3}(\1\d{3})*$/;

/** The same for whole numbers, which may be grouped: 1,000 or 1 000. What a double cannot hold stays text. */
export const typedCount = (/** @type {string} */ text) => {
  const plain = plainDigits(text).trim();
  const digits = GROUPED.test(plain) ? plain.replace(/\D/g, "") : plain;
  const number = typedNumber(digits);
  if (typeof number === "string") return text;
  return Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : digits;
};

/** A stage's value: 0.7, or the tokens that it names: `e: -2, o: ban`. @param {any} value */
export const valueText = (value) => {
  if (typeof value !== "object") return String(Number(Number(value).toFixed(4)));
  const named = (/** @type {string} */ token) => (/[\s,:;"]/.test(token) ? JSON.stringify(token) : token);
  const entries = Object.entries(value ?? {});
  return entries.map(([token, number]) => `${named(token)}: ${number ?? "ban"}`).join(", ");
};
