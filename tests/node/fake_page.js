// As much of a document as shell/dom.js uses, and a count of what it changes.

const ELEMENT = 1;
const TEXT = 3;
const HTML = "http://www.w3.org/1999/xhtml";

class FakeNode {
  /** @type {FakeElement | null} */
  parent = null;

  /** @param {number} nodeType */
  constructor(nodeType) {
    this.nodeType = nodeType;
  }

  remove() {
    if (!this.parent) return;
    const { childNodes } = this.parent;
    childNodes.splice(childNodes.indexOf(this), 1);
    this.parent = null;
    page.changes += 1;
  }

  get textContent() {
    return "";
  }
}

class FakeText extends FakeNode {
  #value;

  /** @param {string} text */
  constructor(text) {
    super(TEXT);
    this.#value = text;
  }

  get nodeValue() {
    return this.#value;
  }

  set nodeValue(text) {
    this.#value = text;
    page.changes += 1;
  }

  get textContent() {
    return this.#value;
  }
}

export class FakeElement extends FakeNode {
  /** @type {FakeNode[]} */
  childNodes = [];
  /** @type {Map<string, string>} */
  attributes = new Map();
  /** @type {Map<string, ((event: object) => void)[]>} */
  listeners = new Map();

  /** @param {string} tagName @param {string} [namespaceURI] */
  constructor(tagName, namespaceURI = HTML) {
    super(ELEMENT);
    this.tagName = tagName;
    this.namespaceURI = namespaceURI;
  }

  /** @param {FakeNode} node @param {FakeNode | null} place */
  insertBefore(node, place) {
    node.remove();
    const at = place ? this.childNodes.indexOf(place) : this.childNodes.length;
    if (at < 0) throw new Error("the place is not a child");
    this.childNodes.splice(at, 0, node);
    node.parent = this;
    page.changes += 1;
  }

  /** @param {string} name @param {string} value */
  setAttribute(name, value) {
    this.attributes.set(name, value);
    page.changes += 1;
  }

  /** @param {string} name */
  removeAttribute(name) {
    this.attributes.delete(name);
    page.changes += 1;
  }

  /** @param {string} type @param {(event: object) => void} listener */
  addEventListener(type, listener) {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener]);
  }

  /** @param {string} type */
  dispatch(type) {
    for (const listener of this.listeners.get(type) ?? []) listener({ type, target: this });
  }

  /** @returns {string} */
  get textContent() {
    return this.childNodes.map((node) => node.textContent).join("");
  }

  /** The element as a person would write it down: <p class="a">text</p>. @returns {string} */
  get written() {
    const attributes = [...this.attributes].map(([name, value]) => ` ${name}="${value}"`).join("");
    const write = (/** @type {FakeNode} */ node) =>
      node instanceof FakeElement ? node.written : node.textContent;
    return `<${this.tagName}${attributes}>${this.childNodes.map(write).join("")}</${this.tagName}>`;
  }
}

export const page = { changes: 0 };

/** Put the fake in the place of the real one, and give a parent to render into. */
export const fakeRoot = () => {
  const createElement = (/** @type {string} */ tag) => new FakeElement(tag);
  const createElementNS = (/** @type {string} */ namespace, /** @type {string} */ tag) =>
    new FakeElement(tag, namespace);
  const createTextNode = (/** @type {string} */ text) => new FakeText(text);
  Object.defineProperty(globalThis, "document", {
    value: { createElement, createElementNS, createTextNode },
    configurable: true,
  });
  page.changes = 0;
  return new FakeElement("main");
};
