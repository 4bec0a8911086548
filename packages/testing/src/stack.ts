import { type LocalStack, startLocalStack } from "./local-stack.ts";
import { STACK_ENV } from "./stack-env.ts";

/**
 * The global set-up of the test projects that need a stack: whichever comes first starts it, all of them use
 * the same, and it is stopped when the run ends. `SLUICE_STACK` in the environment names one that runs
 * already; that one is used and left running.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const stack = await (shared().stack ??= startStack());
  return () => stack.stop();
}

type Stoppable = Pick<LocalStack, "stop">;

/** Each project loads this module for itself; only the process is common to them. */
function shared(): { stack?: Promise<Stoppable> } {
  const key = Symbol.for("sluice.testing.stack");
  const registry = globalThis as { [key]?: { stack?: Promise<Stoppable> } };
  return (registry[key] ??= {});
}

async function startStack(): Promise<Stoppable> {
  if (process.env["SLUICE_STACK"] !== undefined) return { stop: async () => {} };
  const stack = await startLocalStack({ env: STACK_ENV });
  // Vitest's workers are started later, with this environment.
  process.env["SLUICE_STACK"] = stack.file;
  return stack;
}
