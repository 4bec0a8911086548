import type { Profile } from "@sluice/workloads";
import type { Check } from "../check.ts";

export const poolerDrift: Check = {
  code: "POOLER_DRIFT",
  why: "The budget and the recovery times are those of workloads.yaml, and PgBouncer runs with others.",
  async find({ console, profile }) {
    const config = new Map((await console.show("config")).map(({ key, value }) => [key, value]));
    return Object.entries(expectedConfig(profile)).flatMap(([key, expected]) => {
      const actual = config.get(key);
      // Older releases do not have every setting.
      if (actual === undefined || Number(actual) === expected) return [];
      return {
        what: `PgBouncer's ${key} is ${actual}, and ${expected} in workloads.yaml.`,
        todo: "RELOAD on PgBouncer's console undoes a SET; if the file differs, render it again or change workloads.yaml.",
      };
    });
  },
};

/** In PgBouncer's units. query_wait_timeout has a check of its own. */
function expectedConfig({ pgbouncer }: Profile): Record<string, number> {
  return {
    max_client_conn: pgbouncer.max_client_conn,
    max_prepared_statements: pgbouncer.max_prepared_statements,
    server_login_retry: pgbouncer.server_login_retry_ms / 1_000,
    server_connect_timeout: pgbouncer.server_connect_timeout_ms / 1_000,
    server_idle_timeout: pgbouncer.server_idle_timeout_ms / 1_000,
    server_lifetime: pgbouncer.server_lifetime_ms / 1_000,
    reserve_pool_timeout: pgbouncer.reserve_pool_timeout_ms / 1_000,
  };
}
