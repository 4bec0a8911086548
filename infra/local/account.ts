import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";

/** A user that a process runs as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Whom PostgreSQL, PgBouncer and Redis run as: undefined means "as ourselves". Only root needs another: the
 * owner of the data that is there, else who called sudo, else `postgres`, else `nobody`. No account is made.
 * @throws Error when root finds none of them.
 */
export function unprivilegedAccount(
  env: NodeJS.ProcessEnv,
  dataFolder: string,
): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const account =
    ownerOf(dataFolder) ?? sudoCaller(env) ?? accountNamed("postgres") ?? accountNamed("nobody");
  if (account !== undefined) return account;
  throw new Error(
    "PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody` to run it as. " +
      "Start the stack as an ordinary user.",
  );
}

function ownerOf(folder: string): Account | undefined {
  const stat = statSync(folder, { throwIfNoEntry: false });
  return stat === undefined || stat.uid === 0 ? undefined : { uid: stat.uid, gid: stat.gid };
}

/** Whoever called sudo, unless that was root too. */
export function sudoCaller(env: NodeJS.ProcessEnv): Account | undefined {
  const uid = Number(env["SUDO_UID"] ?? Number.NaN);
  const gid = Number(env["SUDO_GID"] ?? Number.NaN);
  return Number.isInteger(uid) && Number.isInteger(gid) && uid > 0 ? { uid, gid } : undefined;
}

function accountNamed(name: string): Account | undefined {
  const [uid, gid] = ["-u", "-g"].map((flag) => {
    const { status, stdout } = spawnSync("id", [flag, name], { encoding: "utf8" });
    return status === 0 ? Number(stdout) : undefined;
  });
  return uid === undefined || gid === undefined || uid === 0 ? undefined : { uid, gid };
}

/** Can the account enter this folder (or run this file)? Asked of the system, which knows modes and ACLs. */
export function canReach(account: Account | undefined, path: string): boolean {
  if (account === undefined) return true;
  return (
    spawnSync("/bin/sh", ["-c", 'test -x "$1"', "sh", path], { ...account, cwd: "/" }).status === 0
  );
}
