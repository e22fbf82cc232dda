import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // One editor at a time: two of them on two cores wait for each other longer than they save.
    fileParallelism: false,
    projects: [
      { test: { name: "extension", include: ["tests/extension/**/*.test.ts"] } },
      {
        test: {
          name: "workbench",
          include: ["tests/workbench/**/*.test.ts"],
          globalSetup: "tests/workbench/package.ts",
          testTimeout: 240_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
