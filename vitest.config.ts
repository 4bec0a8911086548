import { defineConfig } from "vitest/config";

// The last three run against one local stack that the first of them starts. Groups run one after the other: chaos
// breaks the stack for everybody, also for another file of its own. So its second worker has a second stack.
const withStack = {
  globalSetup: ["packages/testing/src/stack.ts"],
  testTimeout: 120_000,
  hookTimeout: 120_000,
};

export default defineConfig({
  test: {
    // Two cores for tests, services and servers together: half of the time all of them wait for something.
    maxWorkers: 3,
    projects: [
      {
        test: {
          name: "unit",
          include: ["{services,packages,infra}/**/*.test.ts", "test/{chaos/*,trainers}/*.test.ts"],
          exclude: ["**/node_modules/**", "**/*.stack.test.ts"],
          // Many start processes or a PostgreSQL of their own: on a busy machine that takes its time.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts", "infra/**/*.stack.test.ts"],
          sequence: { groupOrder: 1 },
          ...withStack,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          sequence: { groupOrder: 2 },
          ...withStack,
        },
      },
      {
        test: {
          name: "chaos",
          include: ["test/chaos/*.test.ts"],
          sequence: { groupOrder: 3 },
          ...withStack,
          globalSetup: [...withStack.globalSetup, "packages/testing/src/second-home.ts"],
          setupFiles: ["packages/testing/src/stack-of-worker.ts"],
          maxWorkers: process.env["SLUICE_STACK"] === undefined ? 2 : 1,
          testTimeout: 180_000,
        },
      },
    ],
  },
});
