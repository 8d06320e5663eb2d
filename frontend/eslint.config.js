import js from "@eslint/js";
import globals from "globals";
import tseslint from "typescript-eslint";

// Letters that somebody would read: one alone is the sign of a key, or a shape's.
const WORDS = "/\\p{L}{2}/u";
const READ = "/^(title|alt|placeholder|aria-(label|valuetext|description|roledescription|placeholder))$/";
const PLACES = [
  // Between tags, in the attributes that are read out or shown, and in properties that are.
  ":matches(JSXElement, JSXFragment) > JSXExpressionContainer",
  `JSXAttribute[name.name=${READ}]`,
  `JSXAttribute[name.name=${READ}] > JSXExpressionContainer`,
  "AssignmentExpression[left.property.name=/^(textContent|innerText|title|ariaLabel|alt|placeholder)$/]",
];
const CHOICES = [
  "",
  "> ConditionalExpression ",
  "> ConditionalExpression > ConditionalExpression ",
  "> LogicalExpression ",
];
const TEXTS = [`Literal[value=${WORDS}]`, `TemplateLiteral > TemplateElement[value.raw=${WORDS}]`];
const untranslated = [
  `JSXText[value=${WORDS}]`,
  ...PLACES.flatMap((place) => CHOICES.flatMap((choice) => TEXTS.map((text) => `${place} ${choice}> ${text}`))),
].map((selector) => ({
  selector,
  message: "A text that people read stands in a texts.ts, where gettext translates it (docs/translations.md).",
}));

export default tseslint.config(
  { ignores: ["dist/", "src/shared/api-schema.ts"] },
  js.configs.recommended,
  { files: ["*.js"], languageOptions: { globals: globals.node } },
  {
    files: ["**/*.ts", "**/*.tsx"],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/dot-notation": ["error", { allowIndexSignaturePropertyAccess: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ["src/**/*.ts", "src/**/*.tsx"],
    // The researchers' own pages stay English.
    ignores: ["src/research/**"],
    rules: { "no-restricted-syntax": ["error", ...untranslated] },
  },
  {
    files: ["src/**/*.ts", "src/**/*.tsx"],
    // The words of the contract stand in `editing`.
    ignores: ["src/**/texts.ts", "src/game/contract.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            { regex: "/translation$", message: "Texts stand in a texts.ts: `make translations` looks there." },
          ],
        },
      ],
    },
  },
);
