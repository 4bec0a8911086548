import type { WorkloadSettings } from "@sluice/workloads";
import { sql } from "kysely";
import type { Database } from "./database.ts";

interface RoleTimeouts {
  readonly statement_timeout: string;
  readonly idle_in_transaction: string;
  readonly time_zone: string;
}

/**
 * Checks that the server applies the workload's time-outs. They can only stand on the role: PgBouncer refuses them as
 * startup parameters, or drops them without a word when told to ignore them.
 * @throws Error naming the role, the setting, what it is and what it should be.
 */
export async function assertRoleSettings<S>(
  database: Database<S>,
  settings: WorkloadSettings,
): Promise<void> {
  const query = sql<RoleTimeouts>`
    select
      (select setting from pg_catalog.pg_settings where name = 'statement_timeout') as statement_timeout,
      (select setting from pg_catalog.pg_settings where name = 'idle_in_transaction_session_timeout')
        as idle_in_transaction,
      pg_catalog.current_setting('timezone') as time_zone`;
  const [actual] = await database.run("db.role_settings", query, { idempotent: true });
  const expected: RoleTimeouts = {
    statement_timeout: String(settings.statement_timeout_ms),
    idle_in_transaction: String(settings.idle_in_transaction_timeout_ms),
    time_zone: "UTC",
  };
  const wrong = (Object.keys(expected) as (keyof RoleTimeouts)[]).filter(
    (key) => actual?.[key] !== expected[key],
  );
  if (wrong.length === 0) return;
  const faults = wrong.map((key) => `${key} is ${actual?.[key]} instead of ${expected[key]}`);
  throw new Error(
    `Role ${settings.role}: ${faults.join(", ")}. Run "npm run -s sluice -- migrate", which sets them.`,
  );
}
