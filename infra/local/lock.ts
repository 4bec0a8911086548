import { link, readFile, rm, writeFile } from "node:fs/promises";
import type { Home } from "./home.ts";
import { isOurs } from "./process-table.ts";

/** The word by which the supervisor of a home is known on its command line. */
function supervisorWord(home: Home): string {
  return `supervisor.ts --home=${home.root}`;
}

/** The id of the supervisor that runs this home; undefined when none does. */
export async function runningSupervisor(home: Home): Promise<number | undefined> {
  const pid = await lockHolder(home);
  return pid !== undefined && (await isOurs(pid, supervisorWord(home))) ? pid : undefined;
}

/** Makes this process the supervisor of the home. Resolves to false when there is one already. */
export async function takeLock(home: Home): Promise<boolean> {
  const own = `${home.lockFile}.${process.pid}`;
  await writeFile(own, `${process.pid}\n`, { mode: 0o600 });
  try {
    if (await linked(own, home.lockFile)) return true;
    if ((await runningSupervisor(home)) !== undefined) return false;
    await rm(home.lockFile, { force: true }); // its holder is gone
    return await linked(own, home.lockFile);
  } finally {
    await rm(own, { force: true });
  }
}

/** Gives the home up, if this process holds it. */
export async function releaseLock(home: Home): Promise<void> {
  if ((await lockHolder(home)) === process.pid) await rm(home.lockFile, { force: true });
}

async function lockHolder(home: Home): Promise<number | undefined> {
  const pid = Number.parseInt(await readFile(home.lockFile, "utf8").catch(() => ""), 10);
  return pid > 0 ? pid : undefined;
}

/** A link appears in one step, complete, and only if the name is free. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}
