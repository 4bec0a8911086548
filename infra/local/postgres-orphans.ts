import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isOurs, listWorkingIn, signal, waitForExit } from "./process-table.ts";

/**
 * Ends what is left of a PostgreSQL whose postmaster was killed. Its children hold the shared memory until they
 * notice, a busy one for as long as its query runs, and a new postmaster refuses to start meanwhile. They work
 * in the data folder, and are killed: the next start recovers from the log as after any crash.
 */
export async function endOrphans(data: string): Promise<number> {
  const postmaster = await recordedPostmaster(data);
  if (postmaster !== undefined) {
    signal(postmaster, "SIGQUIT");
    if (!(await waitForExit(postmaster, 5_000))) signal(postmaster, "SIGKILL");
  }
  const orphans = await listWorkingIn(data);
  for (const pid of orphans) signal(pid, "SIGKILL");
  await Promise.all(orphans.map((pid) => waitForExit(pid, 5_000)));
  return orphans.length + (postmaster === undefined ? 0 : 1);
}

async function recordedPostmaster(data: string): Promise<number | undefined> {
  const text = await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "");
  const pid = Number.parseInt(text, 10);
  return pid > 0 && (await isOurs(pid, data)) ? pid : undefined;
}
