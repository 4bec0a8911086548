import { join } from "node:path";
import { realpath } from "node:fs/promises";
import type { Home } from "./home.ts";
import { endOrphans } from "./postgres-orphans.ts";
import { isOurs, signal, waitForExit } from "./process-table.ts";
import { readState, type RecordedPart, removeState } from "./state-file.ts";

const POLITE_MS = 10_000;

/**
 * Ends the parts that a killed supervisor left running, the last started first. Gives their names.
 * Only to be called while no supervisor runs.
 */
export async function endStaleParts(home: Home): Promise<string[]> {
  const ended: string[] = [];
  const parts = Object.entries((await readState(home))?.parts ?? {}).toReversed();
  for (const [name, part] of parts) {
    if (await endRecorded(part)) ended.push(name);
  }
  const orphans = await endOrphans(await clusterFolder(home));
  if (orphans > 0 && !ended.includes("postgres")) ended.push("postgres");
  await removeState(home);
  return ended;
}

async function endRecorded({ pid, word, stopSignal }: RecordedPart): Promise<boolean> {
  if (!(await isOurs(pid, word))) return false;
  signal(pid, stopSignal);
  if (!(await waitForExit(pid, POLITE_MS))) signal(pid, "SIGKILL");
  return true;
}

/** Where the cluster's processes work, links resolved. */
async function clusterFolder(home: Home): Promise<string> {
  const folder = join(home.root, "postgres", "data");
  return await realpath(folder).catch(() => folder);
}
