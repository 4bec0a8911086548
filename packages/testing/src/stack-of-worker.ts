import { existsSync } from "node:fs";
import { join } from "node:path";
import { startLocalStack } from "./local-stack.ts";
import { STACK_ENV } from "./stack-env.ts";

// Run before each test file of a project with `second-home.ts`. A worker has one file at a time.
const { VITEST_POOL_ID, SLUICE_SECOND_HOME: home } = process.env;
if (VITEST_POOL_ID === "2" && home !== undefined) {
  const file = join(home, "stack.json");
  if (!existsSync(file)) await startLocalStack({ demo: false, env: STACK_ENV, home });
  process.env["SLUICE_STACK"] = file;
}
