import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** A release of PgBouncer, such as 1.18. */
export interface PgbouncerVersion {
  readonly major: number;
  readonly minor: number;
}

/** The oldest release with what Sluice relies on: SCRAM secrets passed through, tcp_user_timeout, cancels that wait. */
export const OLDEST_PGBOUNCER: PgbouncerVersion = { major: 1, minor: 18 };

/** Is `version` at least `other`? */
export function isAtLeast(version: PgbouncerVersion, other: PgbouncerVersion): boolean {
  return (
    version.major > other.major || (version.major === other.major && version.minor >= other.minor)
  );
}

/**
 * The release in the output of `pgbouncer --version` or `SHOW VERSION`.
 * @throws Error when the text names none.
 */
export function parsePgbouncerVersion(text: string): PgbouncerVersion {
  const match = /PgBouncer (?:version )?(\d+)\.(\d+)/i.exec(text);
  if (match === null) throw new Error(`No version of PgBouncer in: ${text.trim().slice(0, 200)}`);
  return { major: Number(match[1]), minor: Number(match[2]) };
}

/** Asks a `pgbouncer` binary for its release. */
export async function pgbouncerVersion(binary: string): Promise<PgbouncerVersion> {
  const { stdout } = await promisify(execFile)(binary, ["--version"], { timeout: 10_000 });
  return parsePgbouncerVersion(stdout);
}
