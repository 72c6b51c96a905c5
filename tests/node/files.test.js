import assert from "node:assert/strict";
import { test } from "node:test";

import { readAs, textFrom, textOf } from "../../textgen/ui/shell/files.js";

const SPANISH = "El niño soñó; mañana, ¿qué?\n";
const bytesOf = (/** @type {number[]} */ ...all) => new Uint8Array(all).buffer;
/** Latin letters in one byte each. */
const latin = (/** @type {string} */ text) => bytesOf(...[...text].map((sign) => sign.charCodeAt(0)));
const utf16 = (/** @type {string} */ text, /** @type {boolean} */ big) => {
  const units = [...`\ufeff${text}`].map((sign) => sign.charCodeAt(0));
  return bytesOf(...units.flatMap((unit) => (big ? [unit >> 8, unit & 255] : [unit & 255, unit >> 8])));
};
const utf8 = (/** @type {string} */ text) => bytesOf(...new TextEncoder().encode(text));

test("a text is read whatever program saved it, and the encoding is told", () => {
  /** @type {[ArrayBuffer, string][]} */
  const saved = [
    [utf8(SPANISH), "UTF-8"], [utf8(`\ufeff${SPANISH.replace("\n", "\r\n")}`), "UTF-8"],
    [latin(SPANISH), "Windows-1252"],
    [utf16(SPANISH, false), "UTF-16LE"], [utf16(SPANISH, true), "UTF-16BE"],
  ];
  for (const [bytes, encoding] of saved) assert.deepEqual(textFrom(bytes), { text: SPANISH, encoding });
  assert.deepEqual(textFrom(bytesOf(0x93, 0x80, 0x94)), { text: "“€”", encoding: "Windows-1252" });
});

test("what is no text is none", () => {
  assert.equal(textFrom(bytesOf(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13)), null); // a PNG
  assert.equal(textFrom(bytesOf(0xff, 0xfe, 0x41)), null); // half of a sign of UTF-16
});

test("a file that cannot be used is told by a sentence with its name", async () => {
  const refused = (/** @type {File} */ file, /** @type {RegExp} */ sentence) =>
    assert.rejects(textOf(file, 100), sentence);
  await refused(new File([new Uint8Array(101)], "big.txt"), /“big.txt” must be at most 100 bytes, got 101/);
  await refused(new File([], "empty.txt"), /“empty.txt” must have some text in it, got none/);
  await refused(new File([new Uint8Array(8)], "photo.png"), /“photo.png” must be a text file/);
  const read = await textOf(new File([latin(SPANISH)], "carta.txt"), 100);
  assert.equal(readAs(read), "“carta.txt” was read as Windows-1252: 28 characters.");
});
