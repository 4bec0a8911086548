import { readdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Home } from "./home.ts";

const MAX_BYTES = 32 * 1024 * 1024;

/** Puts logs aside that have grown large; one old copy of each is kept. Only while no part writes to them. */
export async function rotateLogs(home: Home): Promise<void> {
  for (const name of await readdir(home.logs)) {
    const file = join(home.logs, name);
    if (name.endsWith(".log") && (await stat(file)).size > MAX_BYTES)
      await rename(file, `${file}.1`);
  }
}
