import js from "@eslint/js";
import globals from "globals";

const GLOBAL_OBJECTS = "/^(window|globalThis|self)$/";
const ONE_GLOBAL = "A module exports; there is no global.";
const NO_GLOBALS = [
  `AssignmentExpression > MemberExpression.left[object.name=${GLOBAL_OBJECTS}]`,
  `CallExpression[callee.object.name='Object'][arguments.0.name=${GLOBAL_OBJECTS}]`,
].map((selector) => ({ selector, message: ONE_GLOBAL }));

const MARKUP = "/^(innerHTML|outerHTML|srcdoc|insertAdjacentHTML|setHTMLUnsafe|createContextualFragment)$/";
const AS_TEXT = "Text enters the page as text alone: textContent, or shell/dom.js.";
const TEXT_ALONE = [
  `MemberExpression[property.name=${MARKUP}]`,
  `MemberExpression[property.value=${MARKUP}]`,
  "CallExpression[callee.object.name='document'][callee.property.name=/^write/]",
].map((selector) => ({ selector, message: AS_TEXT }));

export default [
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      curly: ["error", "multi-line"],
      eqeqeq: ["error", "always", { null: "ignore" }],
      "max-len": ["error", { code: 110, ignoreUrls: true }],
      "max-params": ["error", 6],
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-shadow": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
    },
  },
  {
    files: ["textgen/ui/**/*.js"],
    languageOptions: { globals: globals.browser },
    rules: { "no-restricted-syntax": ["error", ...NO_GLOBALS, ...TEXT_ALONE] },
  },
  {
    files: ["tests/node/**/*.js", "*.js"],
    languageOptions: { globals: globals.node },
  },
];
