import { makeStackHome, removeStack } from "./local-stack.ts";

/**
 * The global set-up of a project whose files break their stack, and which has two workers: the second of them starts a
 * stack of its own here when its first file comes (`stack-of-worker.ts`). `SLUICE_STACK` names one stack: there is then
 * one worker.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const home = await makeStackHome();
  // Vitest's workers are started later, with this environment.
  process.env["SLUICE_SECOND_HOME"] = home;
  return () => removeStack(home);
}
