import type { Sql } from "postgres";
import { SingleConnection } from "./single-connection.ts";
import { codeOf } from "./sqlstate.ts";

/** What stands between this process and PostgreSQL, as far as it matters to the driver. */
export interface Pooler {
  /** Version of PgBouncer; undefined when PostgreSQL itself answered. */
  readonly version: string | undefined;
  /** Named prepared statements are kept for us. */
  readonly prepares: boolean;
}

/** PgBouncer keeps protocol-level prepared statements in transaction mode since this version. */
const FIRST_PREPARING = [1, 21] as const;
const INVALID_CATALOG_NAME = "3D000";

/**
 * Asks PgBouncer's console, with the role's own credentials (a member of `stats_users`, which may only look), for its
 * version and `max_prepared_statements`. Prepared statements against a pooler that does not keep them hang for ever,
 * so anything but a clear answer means: don't.
 */
export async function detectPooler(url: string, timeoutMs: number): Promise<Pooler> {
  const options = { url, database: "pgbouncer", applicationName: "sluice-boot", prepare: false };
  const connection = new SingleConnection({ ...options, connectTimeoutMs: timeoutMs });
  const timer = setTimeout(() => connection.destroy(), timeoutMs);
  try {
    return await readPooler(connection.sql);
  } catch (error) {
    return { version: undefined, prepares: codeOf(error) === INVALID_CATALOG_NAME };
  } finally {
    clearTimeout(timer);
    connection.destroy();
  }
}

async function readPooler(sql: Sql): Promise<Pooler> {
  const [row] = await sql.unsafe<{ version: string }[]>("show version").simple();
  const config = await sql.unsafe<{ key: string; value: string }[]>("show config").simple();
  const limit = config.find(({ key }) => key === "max_prepared_statements")?.value ?? "0";
  const version = row?.version ?? "";
  return { version, prepares: keepsPrepared(version, Number(limit)) };
}

/** Whether PgBouncer `version` ("PgBouncer 1.18.0") with this `max_prepared_statements` keeps prepared statements. */
export function keepsPrepared(version: string, maxPreparedStatements: number): boolean {
  const match = /(\d+)\.(\d+)/.exec(version);
  if (match === null || !(maxPreparedStatements > 0)) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return (
    major > FIRST_PREPARING[0] || (major === FIRST_PREPARING[0] && minor >= FIRST_PREPARING[1])
  );
}
