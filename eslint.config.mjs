// The editor's client and its tests, checked with types; the npm scripts without.
import js from "@eslint/js";
import tseslint from "typescript-eslint";

const node = Object.fromEntries(["console", "process", "URL", "fetch", "setTimeout", "clearTimeout", "Buffer", "performance"].map((name) => [name, "readonly"]));

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", ".venv/", "pyserver/", "demo/"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  { files: ["**/*.mjs"], languageOptions: { globals: node } },
  { files: ["tests/workbench/*/*.js"], languageOptions: { sourceType: "commonjs", globals: { ...node, require: "readonly", exports: "writable" } } },
);
