import { chown, open, readFile, rename, stat } from "node:fs/promises";
import { type PoolSizes, readTerm, replacePoolSizes, writeTerm } from "./pool-sizes.ts";

/** Somebody with a later lease has written the file: the writer is not the leader any more. */
export class SupersededError extends Error {
  override readonly name = "SupersededError";
}

/**
 * Puts pool sizes into a file that pgbouncer.ini includes. Effective with the next RELOAD, and after every one that
 * follows. The file is replaced in one step, on disk before it is seen, and keeps its owner and mode: PgBouncer
 * runs as another user.
 * @param term fencing token of the writer's lease
 * @throws SupersededError when the file holds a later term; Error as `replacePoolSizes`.
 */
export async function writePoolSizes(file: string, sizes: PoolSizes, term: number): Promise<void> {
  const text = await readFile(file, "utf8");
  const last = readTerm(text);
  if (last > term)
    throw new SupersededError(`${file} was written in term ${last}; this is term ${term}.`);
  const next = `${file}.${process.pid}.next`;
  const { uid, gid, mode } = await stat(file);
  const handle = await open(next, "w", mode & 0o777);
  try {
    await handle.writeFile(writeTerm(replacePoolSizes(text, sizes), term));
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (process.getuid?.() === 0) await chown(next, uid, gid);
  await rename(next, file);
}
