import { homeOf } from "./home.ts";
import { runningSupervisor } from "./lock.ts";
import { signal, waitForExit } from "./process-table.ts";
import { endStaleParts } from "./stale-parts.ts";

/** Longer than all parts' own deadlines together would be a fault of the supervisor. */
const STOP_TIMEOUT_MS = 90_000;

const home = homeOf(process.env);
const pid = await runningSupervisor(home);
if (pid !== undefined) await stopSupervisor(pid);
const left = await endStaleParts(home);
process.stdout.write(`${outcome(left)}\n`);

async function stopSupervisor(pid: number): Promise<void> {
  process.stdout.write(`Stopping the stack in ${home.root} …\n`);
  signal(pid, "SIGTERM");
  if (await waitForExit(pid, STOP_TIMEOUT_MS)) return;
  process.stdout.write(
    `The supervisor (${pid}) did not end within ${STOP_TIMEOUT_MS / 1000} s; ending it by force.\n`,
  );
  signal(pid, "SIGKILL");
  await waitForExit(pid, 5_000);
}

function outcome(left: readonly string[]): string {
  if (left.length > 0)
    return `Stopped, also what an earlier supervisor had left running: ${left.join(", ")}.`;
  return pid === undefined ? `Nothing to stop: no stack runs in ${home.root}.` : "Stopped.";
}
