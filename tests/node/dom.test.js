import assert from "node:assert/strict";
import { test } from "node:test";

import { h, render } from "../../textgen/ui/shell/dom.js";
import { FakeElement, fakeRoot, page } from "./fake_page.js";

/** @import { Child } from "../../textgen/ui/shell/dom.js" */

/** @param {FakeElement} root @param {Child[]} children */
const draw = (root, ...children) => {
  page.changes = 0;
  render(/** @type {any} */ (root), ...children);
  return page.changes;
};
/** @param {FakeElement} root */
const elements = (root) => /** @type {FakeElement[]} */ ([...root.childNodes]);
/** @param {string[]} names */
const keyed = (...names) => names.map((name) => h("li", { key: name }, name));

test("elements, attributes and text come out as described", () => {
  const root = fakeRoot();
  draw(root, h("p", { class: "a", title: "T" }, "x", 3, h("b", {}, "y")), "end");
  assert.equal(root.written, '<main><p class="a" title="T">x3<b>y</b></p>end</main>');
});

test("null, undefined and false are nothing, and lists are laid flat", () => {
  const root = fakeRoot();
  draw(root, null, [h("i"), [undefined, h("b"), false]], 0);
  assert.equal(root.written, "<main><i></i><b></b>0</main>");
});

test("text is text, whatever stands in it", () => {
  const root = fakeRoot();
  const hostile = "<img src=x onerror=alert(1)> ${7*6}";
  draw(root, h("p", {}, hostile));
  assert.equal(elements(root)[0].childNodes.length, 1);
  assert.equal(elements(root)[0].childNodes[0].nodeType, 3);
  assert.equal(root.textContent, hostile);
});

test("the same description again changes nothing", () => {
  const root = fakeRoot();
  const tree = () => [h("p", { class: "a", "aria-hidden": true, key: 1 }, "x", h("b")), keyed("a", "b")];
  assert.ok(draw(root, ...tree()) > 0);
  assert.equal(draw(root, ...tree()), 0);
});

test("what is no longer described goes: elements, attributes, text", () => {
  const root = fakeRoot();
  draw(root, h("p", { class: "a", title: "t" }, "x", h("b")), h("i"));
  draw(root, h("p", { title: "t" }, "x"));
  assert.equal(root.written, '<main><p title="t">x</p></main>');
  draw(root);
  assert.equal(root.written, "<main></main>");
});

test("elements are reused, and become what is described", () => {
  const root = fakeRoot();
  draw(root, h("p", { class: "a" }, "x"));
  const [first] = elements(root);
  draw(root, h("b"), h("p", { class: "b" }, "y"));
  assert.equal(root.written, '<main><b></b><p class="b">y</p></main>');
  assert.equal(elements(root)[1], first);
});

test("a keyed element keeps its identity wherever it moves", () => {
  const root = fakeRoot();
  draw(root, keyed("a", "b", "c", "d"));
  const before = new Map(elements(root).map((node) => [node.textContent, node]));
  for (const order of [["d", "a", "b", "c"], ["c", "x", "a"], ["a", "b", "c", "d"], ["b"]]) {
    const known = new Map(elements(root).map((node) => [node.textContent, node]));
    draw(root, keyed(...order));
    assert.deepEqual(elements(root).map((node) => node.textContent), order);
    for (const node of elements(root)) {
      const own = known.get(node.textContent);
      if (own) assert.equal(node, own, `${node.textContent} in ${order}`);
    }
  }
  assert.equal(elements(root)[0] === before.get("b"), false, "b was gone in between");
});

test("a key that now stands for another tag gets a new element", () => {
  const root = fakeRoot();
  draw(root, h("p", { key: 1 }));
  draw(root, h("b", { key: 1 }));
  assert.equal(root.written, "<main><b></b></main>");
});

test("true is an attribute without a value, but a word for aria- and data-; false is none", () => {
  const root = fakeRoot();
  draw(root, h("p", { inert: true, "aria-busy": false, "data-on": true, lang: false, id: undefined }));
  assert.equal(root.written, '<main><p inert="" aria-busy="false" data-on="true"></p></main>');
});

test("what a person can change is set as a property, and only where it differs", () => {
  const root = fakeRoot();
  draw(root, h("input", { value: "1", disabled: true }));
  const input = /** @type {any} */ (elements(root)[0]);
  assert.deepEqual([input.value, input.disabled], ["1", true]);
  input.value = "typed";
  draw(root, h("input", { value: "1" }));
  assert.deepEqual([input.value, input.disabled], ["1", false]);
  assert.equal(input.attributes.size, 0);
});

test("the listener called is the one last described, once", () => {
  const root = fakeRoot();
  /** @type {string[]} */
  const heard = [];
  draw(root, h("button", { onclick: () => heard.push("first") }));
  draw(root, h("button", { onclick: () => heard.push("second") }));
  elements(root)[0].dispatch("click");
  assert.deepEqual(heard, ["second"]);
  draw(root, h("button"));
  elements(root)[0].dispatch("click");
  assert.deepEqual(heard, ["second"]);
});

test("ref gets the element when it is made, and an opaque one keeps its children", () => {
  const root = fakeRoot();
  /** @type {any[]} */
  const refs = [];
  const tree = () => h("div", { opaque: true, ref: (/** @type {any} */ node) => refs.push(node) });
  draw(root, tree());
  draw(refs[0], h("p", {}, "theirs"));
  draw(root, tree());
  assert.equal(refs.length, 1);
  assert.equal(root.written, "<main><div><p>theirs</p></div></main>");
});

test("a node that is given is put where it is described", () => {
  const root = fakeRoot();
  const own = /** @type {any} */ (new FakeElement("video"));
  draw(root, h("p"), own);
  draw(root, own, h("p"));
  assert.equal(root.written, "<main><video></video><p></p></main>");
  assert.equal(elements(root)[0], own);
});

test("a drawing's elements are of SVG", () => {
  const root = fakeRoot();
  draw(root, h("svg", {}, h("g", {}, h("path"))), h("p"));
  const [svg, p] = elements(root);
  const inner = elements(elements(svg)[0])[0];
  const svgs = [svg, elements(svg)[0], inner].map((node) => node.namespaceURI);
  assert.deepEqual(new Set(svgs), new Set(["http://www.w3.org/2000/svg"]));
  assert.equal(p.namespaceURI, "http://www.w3.org/1999/xhtml");
});

test("a list of a thousand changes by what differs", () => {
  const root = fakeRoot();
  const names = Array.from({ length: 1000 }, (_, i) => String(i));
  draw(root, keyed(...names));
  assert.ok(draw(root, keyed(...names, "new")) <= 4);
});
