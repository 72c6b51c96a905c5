// A model card's Markdown as elements, and which model stands beside another.
import assert from "node:assert/strict";
import { test } from "node:test";

import { besideOf, othersOf } from "../../textgen/ui/model/compare.js";
import { markdown } from "../../textgen/ui/model/markdown.js";
import { render } from "../../textgen/ui/shell/dom.js";
import { fakeRoot } from "./fake_page.js";

/** The elements of a text, as a person would write them down. @param {string} text */
const written = (text) => {
  const root = fakeRoot();
  render(/** @type {any} */ (root), markdown(text));
  return root.childNodes.map((node) => /** @type {import("./fake_page.js").FakeElement} */ (node).written);
};

/** @type {[what: string, text: string, blocks: string[]][]} */
const TEXTS = [
  ["a heading", "# Plays\n## Loss", ["<h3>Plays</h3>", "<h4>Loss</h4>"]],
  ["the deepest heading", "###### Six", ["<h3>Six</h3>"]],
  ["headings leave out no level", "# A\n#### B\n## C", ["<h3>A</h3>", "<h4>B</h4>", "<h4>C</h4>"]],
  ["a paragraph's lines are one", "one\ntwo\n\nthree", ["<p>one two</p>", "<p>three</p>"]],
  ["marks within a line", "`a` **b** *c* d", ["<p><code>a</code> <b>b</b> <em>c</em> d</p>"]],
  ["marks in code are text", "`**a**`", ["<p><code>**a**</code></p>"]],
  ["an address is no link", "<https://example.org/a>",
    ["<p><span class=\"address\">https://example.org/a</span></p>"]],
  ["a link is no link", "see [a link](javascript:alert(1)",
    ["<p>see <span>a link (<span class=\"address\">javascript:alert(1</span>)</span></p>"]],
  ["a picture is no picture", "![a cat](https://example.org/x.png)",
    ["<p><span>a cat (<span class=\"address\">https://example.org/x.png</span>)</span></p>"]],
  ["a list ends a paragraph", "of\n- one\n- *two*",
    ["<p>of</p>", "<ul><li>one</li><li><em>two</em></li></ul>"]],
  ["a table with its rule", "| a | b |\n|---|---|\n| 1 | 2 |", [
    "<div class=\"scroll\"><table><thead><tr><th>a</th><th>b</th></tr></thead>"
    + "<tbody><tr><td>1</td><td>2</td></tr></tbody></table></div>",
  ]],
  ["a table without one", "| a |\n| 1 |", [
    "<div class=\"scroll\"><table><thead><tr><th>a</th></tr></thead>"
    + "<tbody><tr><td>1</td></tr></tbody></table></div>",
  ]],
  ["indented lines, and blank ones between", "    a\n\n      b\n\nc", ["<pre>a\n\n  b</pre>", "<p>c</p>"]],
  ["a fence holds its lines as they are", "```sh\n# a\n\n- b\n```\nc", ["<pre># a\n\n- b</pre>", "<p>c</p>"]],
  ["a fence that nobody closes", "```\na", ["<pre>a</pre>"]],
  ["line ends of other systems", "# a\r\n\r\nb\rc", ["<h3>a</h3>", "<p>b c</p>"]],
  ["nothing", " \n    \n", []],
];
for (const [what, text, blocks] of TEXTS) {
  test(`markdown: ${what}`, () => assert.deepEqual(written(text), blocks));
}

test("markdown: every tag of a hostile card is one of ours", () => {
  const [block] = markdown("<img src=x onerror=alert(1)> <script>1</script> &lt;");
  assert.deepEqual(block.children.flat(), ["<img src=x onerror=alert(1)> <script>1</script> &lt;"]);
});

test("markdown: a long text of half-open marks is read at once", () => {
  const started = performance.now();
  for (const sign of ["*", "**", "`", "[", "![a](", "<https:"]) markdown(`${sign}a `.repeat(20_000));
  assert.ok(performance.now() - started < 2_000);
});

const model = (/** @type {string} */ name) => ({ name, title: name, line: "" });
const GROUPS = [
  { label: "plays", models: [model("lstm"), model("gru")] },
  { label: "names", models: [model("names")] },
  { label: "no model", models: [model("own")] },
];

test("beside a model stands one of the same text, else the first of another", () => {
  /** @param {string} name */
  const beside = (name) => besideOf(GROUPS, othersOf(GROUPS, ["own", name]), name);
  assert.equal(beside("lstm"), "gru");
  assert.equal(beside("gru"), "lstm");
  assert.equal(beside("names"), "lstm");
  assert.equal(besideOf(GROUPS, [], "lstm"), null);
});

test("the list of others leaves out the model, the numbers and groups without any", () => {
  assert.deepEqual(othersOf(GROUPS, ["own", "names"]), [GROUPS[0]]);
  assert.deepEqual(othersOf(GROUPS, ["own", "gru"])[0].models, [model("lstm")]);
});
