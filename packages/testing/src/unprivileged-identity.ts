import { execFileSync } from "node:child_process";

/**
 * PostgreSQL and PgBouncer refuse to run as root; as root we run them as `postgres` where there is one, else as `nobody`.
 */
export function unprivilegedIdentity(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const user of ["postgres", "nobody"]) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync("id", [flag, user], { encoding: "utf8", stdio: "pipe" }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      continue; // No such user on this machine.
    }
  }
  throw new Error(
    "PostgreSQL and PgBouncer cannot run as root, and this machine has neither a user postgres nor nobody.",
  );
}
