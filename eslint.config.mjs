import js from "@eslint/js";
import tseslint from "typescript-eslint";

/** Forbids imports from other layers of the package: design first, see CONTRIBUTING.md. */
const layer = (files, ...patterns) => ({
  files,
  rules: {
    "no-restricted-imports": ["error", { patterns }],
  },
});
const processes = {
  group: ["node:child_process", "child_process", "node-powershell"],
  message: "Only host/powershell starts processes.",
};

const engine = {
  group: ["@pulumi/*"],
  message: "Only pulumi/ and the resources know Pulumi.",
};

export default tseslint.config(
  { ignores: ["providers/bin/", ".demo/", ".tmp/", "node_modules/"] },
  js.configs.recommended,
  {
    files: ["**/*.{mjs,cjs}"],
    languageOptions: {
      globals: Object.fromEntries(
        [
          "console",
          "process",
          "require",
          "module",
          "URL",
          "Buffer",
          "setTimeout",
          "clearTimeout",
          "setInterval",
          "clearInterval",
          "setImmediate",
          "AbortController",
          "AbortSignal",
          "fetch",
          "__dirname",
          "__filename",
          "exports",
          "describe",
          "it",
          "before",
          "after",
          "beforeEach",
          "afterEach",
        ].map((name) => [name, "readonly"]),
      ),
    },
  },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // Numbers and booleans print as one expects.
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      // Callbacks that only forward, and Pulumi's methods that must be promises.
      "@typescript-eslint/no-confusing-void-expression": "off",
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_" },
      ],
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      // mocha's describe and it return nothing anybody waits for.
      "@typescript-eslint/no-floating-promises": "off",
    },
  },
  layer(["providers/model/**/*.ts"], {
    regex: "^(?!\\./)",
    message: "The model imports the model only.",
  }),
  layer(["providers/*.ts", "providers/cli/**/*.ts"], processes),
  layer(["providers/host/**/*.ts"], processes, engine, {
    regex:
      "^(\\.\\./)+(pulumi|cli|index|runtime|credssp|delegation|connection)",
    message: "A host knows the model and the port.",
  }),
  layer(["providers/host/powershell/**/*.ts"], engine, {
    regex:
      "^(\\.\\./)+(pulumi|cli|index|runtime|credssp|delegation|connection)",
    message: "A host knows the model and the port.",
  }),
  layer(["providers/pulumi/**/*.ts"], processes, {
    regex:
      "^(\\.\\./)+(cli|index|runtime|credssp|delegation|host/(simulated|powershell))",
    message:
      "Pulumi's side knows the model, the port and how a host is reached.",
  }),
  layer(["index.ts", "examples/**/*.ts"], {
    regex: "^\\.",
    message: "A program imports the package.",
  }),
);
