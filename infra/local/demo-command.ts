import { spawn } from "node:child_process";
import { once } from "node:events";
import { isDemoLoaded } from "./demo/marker.ts";
import { type Home, REPOSITORY } from "./home.ts";
import type { StackFile } from "./stack-file.ts";

/**
 * Loads the demo unless it is there. In a process of its own: reading three million flights takes memory that
 * `npm start` would then hold for as long as the stack runs.
 */
export async function loadDemo(home: Home, stack: StackFile): Promise<"loaded" | "failed"> {
  if (await isDemoLoaded(home, stack)) return "loaded";
  process.stdout.write("  loading the demo\n");
  const child = spawn(process.execPath, ["infra/local/demo.ts", "--quiet"], {
    cwd: REPOSITORY,
    env: { ...process.env, SLUICE_HOME: home.root },
    stdio: "inherit",
  });
  await once(child, "exit");
  if (child.exitCode === 0) return "loaded";
  process.stderr.write(
    "  The demo is not loaded; the stack runs without it. Try again with: npm run demo\n",
  );
  return "failed";
}
