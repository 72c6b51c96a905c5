// Elements from state: `h` describes an element, `render` makes a parent's children what was described.
//
// A view calls `render(root, tree(state))` whenever its state changes. Elements are reused: by `key` where
// one is given (a keyed element keeps its identity wherever it moves), else the next of the same tag.
// A description that is the same object as last time is not looked at again. Text enters as text alone.

/**
 * @typedef {Record<string, any>} Props
 *   `on…` is a listener; `ref` gets the element when it is made; `opaque` leaves its children to others;
 *   what stands in PROPERTIES is set as a property, everything else as an attribute.
 * @typedef {{ tag: string, key: string | number | undefined, props: Props, children: Child[] }} Description
 * @typedef {Description | Node | string | number | null | undefined | false | ChildList} Child
 * @typedef {Child[]} ChildList
 */

const SVG = "http://www.w3.org/2000/svg";
const HTML = "http://www.w3.org/1999/xhtml";
const PROPERTIES = new Set([
  "value", "checked", "disabled", "hidden", "open", "selected", "readOnly", "indeterminate",
]);
const OURS = new Set(["key", "ref", "opaque"]);

/** @type {WeakMap<Node, Description>} What an element was last described as. */
const described = new WeakMap();
/** @type {WeakMap<Node, Set<string>>} The events that an element listens to. */
const listening = new WeakMap();

/**
 * Describe an element.
 * @param {string} tag
 * @param {Props} [props]
 * @param {...Child} children null, undefined and false are nothing
 * @returns {Description}
 */
export const h = (tag, props = {}, ...children) => ({ tag, key: props.key, props, children });

/**
 * Make the children of `parent` those described, reusing what is there.
 * @param {Element | DocumentFragment} parent
 * @param {...Child} children
 */
export const render = (parent, ...children) => {
  const wanted = present(children);
  const nodes = matched(parent, wanted);
  const stays = new Set(nodes);
  for (const node of [...parent.childNodes]) if (!stays.has(node)) node.remove();
  const focused = document.activeElement;
  nodes.forEach((node, i) => {
    const place = parent.childNodes[i] ?? null;
    if (node !== place) parent.insertBefore(node, place);
    update(node, wanted[i]);
  });
  // An element that is moved loses the focus.
  if (focused !== document.activeElement && parent.contains(focused)) {
    /** @type {HTMLElement} */ (focused).focus({ preventScroll: true });
  }
};

/** @typedef {Description | Node | string} Present */

/** @param {ChildList} children @returns {Present[]} */
const present = (children) => children.flatMap((child) => {
  if (Array.isArray(child)) return present(child);
  if (child === null || child === undefined || child === false) return [];
  return [typeof child === "number" ? String(child) : child];
});

/**
 * A node for each child: one that is there, or a new one.
 * @param {Element | DocumentFragment} parent @param {Present[]} children @returns {ChildNode[]}
 */
const matched = (parent, children) => {
  /** @type {Map<string | number, ChildNode>} */
  const keyed = new Map();
  /** @type {ChildNode[]} */
  const loose = [];
  for (const node of parent.childNodes) {
    const key = described.get(node)?.key;
    if (key === undefined) loose.push(node);
    else keyed.set(key, node);
  }
  const namespace = parent instanceof Object && "namespaceURI" in parent ? parent.namespaceURI : HTML;
  return children.map((child) => {
    if (typeof child === "object" && "nodeType" in child) return /** @type {ChildNode} */ (child);
    if (typeof child === "object" && child.key !== undefined) {
      const known = keyed.get(child.key);
      keyed.delete(child.key);
      return known && fits(known, child) ? known : made(child, namespace);
    }
    const place = loose.findIndex((node) => fits(node, child));
    return place < 0 ? made(child, namespace) : loose.splice(place, 1)[0];
  });
};

/** Whether a node can become what is described. @param {Node} node @param {Description | string} child */
const fits = (node, child) =>
  typeof child === "string" ? node.nodeType === 3 : described.get(node)?.tag === child.tag;

/** @param {Description | string} child @param {string | null} namespace @returns {ChildNode} */
const made = (child, namespace) => {
  if (typeof child === "string") return document.createTextNode(child);
  const drawing = child.tag === "svg" || namespace === SVG;
  const node = drawing ? document.createElementNS(SVG, child.tag) : document.createElement(child.tag);
  described.set(node, { ...child, props: {}, children: [] });
  child.props.ref?.(node);
  return node;
};

/** @param {ChildNode} node @param {Present} child */
const update = (node, child) => {
  if (typeof child === "string") {
    if (node.nodeValue !== child) node.nodeValue = child;
  } else if (!("nodeType" in child) && described.get(node) !== child) {
    const element = /** @type {Element} */ (node);
    const before = described.get(node)?.props ?? {};
    described.set(node, child);
    const gone = Object.keys(before).filter((name) => !(name in child.props));
    for (const name of gone) set(element, name, undefined, before[name]);
    // a select needs its options before its value
    if (!child.props.opaque) render(element, ...child.children);
    for (const [name, value] of Object.entries(child.props)) set(element, name, value, before[name]);
  }
};

/** @param {Element} node @param {string} name @param {any} value @param {any} before */
const set = (node, name, value, before) => {
  if (OURS.has(name)) return;
  if (name.startsWith("on")) listen(node, name.slice(2));
  else if (PROPERTIES.has(name)) setProperty(/** @type {any} */ (node), name, value);
  else if (value !== before) setAttribute(node, name, value);
};

/** @param {any} node @param {string} name @param {any} value */
const setProperty = (node, name, value) => {
  const wanted = value ?? (name === "value" ? "" : false);
  if (node[name] !== wanted) node[name] = wanted;
};

/** `true` is an attribute without a value, except for aria- and data-. @param {Element} node */
const setAttribute = (/** @type {Element} */ node, /** @type {string} */ name, /** @type {any} */ value) => {
  const spelled = /^(aria|data)-/.test(name) && typeof value === "boolean" ? String(value) : value;
  if (spelled === undefined || spelled === null || spelled === false) node.removeAttribute(name);
  else node.setAttribute(name, spelled === true ? "" : String(spelled));
};

/** Listen once for each type; the listener called is always the one last described. */
const listen = (/** @type {Element} */ node, /** @type {string} */ type) => {
  const types = listening.get(node) ?? new Set();
  listening.set(node, types);
  if (types.has(type)) return;
  types.add(type);
  node.addEventListener(type, (event) => described.get(node)?.props[`on${type}`]?.(event));
};
