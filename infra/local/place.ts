import { createHash } from "node:crypto";
import { readlinkSync, realpathSync } from "node:fs";
import { chown, lstat, mkdir, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Account, canReach } from "./account.ts";
import type { Home } from "./home.ts";

/** Root may write here, and everybody may pass. */
const OUTSIDE = "/var/lib/sluice-local";

/** What runs as another user when root starts the stack, and so needs a folder which that user can reach. */
export type PlacedPart = "postgres" | "pgbouncer" | "redis";

/**
 * The folder of a part: `<home>/<part>`, owned by its account, which alone may read it. When the account cannot
 * get there (a clone in /root), it is a folder outside, found by the hash of the home, and `<home>/<part>` is a
 * link to it. An outside folder that no link leads to belonged to a home that was deleted: it is discarded.
 */
export async function makePlace(
  home: Home,
  part: PlacedPart,
  account: Account | undefined,
): Promise<string> {
  const inside = join(home.root, part);
  const place = canReach(account, home.root) ? inside : await outside(home, part, inside);
  await mkdir(place, { recursive: true, mode: 0o700 });
  if (account !== undefined) await chown(place, account.uid, account.gid);
  return place;
}

async function outside(home: Home, part: PlacedPart, inside: string): Promise<string> {
  const place = outsidePlace(realpathSync(home.root), part);
  if (linkTarget(inside) === place) return place;
  await refuseToHide(inside, place);
  await rm(place, { recursive: true, force: true });
  await mkdir(dirname(place), { recursive: true, mode: 0o755 });
  await symlink(place, inside);
  return place;
}

/** Where the part of a home lives that its account cannot reach. */
export function outsidePlace(home: string, part: PlacedPart): string {
  return join(OUTSIDE, createHash("sha256").update(home).digest("hex").slice(0, 16), part);
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // not there, or not a link
  }
}

async function refuseToHide(inside: string, place: string): Promise<void> {
  const found = await lstat(inside).catch(() => undefined);
  if (found === undefined) return;
  if (found.isSymbolicLink()) return await rm(inside);
  throw new Error(
    `${inside} holds the data of an earlier start, but the user it runs as can no longer get there. ` +
      `Open the way (chmod o+x on the folders above it), or move ${inside} to ${place} and link it.`,
  );
}
