import type { Check } from "../check.ts";

/** Each PgBouncer alone: a fleet is examined one console at a time, and the budget multiplies by their number. */
export const liveBudget: Check = {
  code: "BUDGET_LIVE",
  why: "PgBouncer may open more connections than PostgreSQL has: under load some workload is refused with `remaining connection slots are reserved`.",
  async find({ console, sql, profile }) {
    const databases = await console.show("databases");
    const pooled = databases
      .filter(({ name }) => name !== "pgbouncer")
      .reduce(
        (sum, { pool_size, reserve_pool_size }) =>
          sum + (pool_size ?? 0) + (reserve_pool_size ?? 0),
        0,
      );
    const direct = Object.values(profile.direct).reduce((sum, each) => sum + each, 0);
    const [row] = await sql<{ usable: number }[]>`
      select (sum(setting::int) filter (where name = 'max_connections')
        - coalesce(sum(setting::int) filter (where name <> 'max_connections'), 0))::int as usable
      from pg_catalog.pg_settings
      where name in ('max_connections', 'superuser_reserved_connections', 'reserved_connections')`;
    const used = profile.pgbouncer.processes * pooled + direct;
    const usable = row?.usable ?? 0;
    if (used <= usable) return [];
    return [
      {
        what: `The aliases that run may open ${used} connections with the direct users, ${used - usable} more than PostgreSQL gives to others than superusers.`,
        todo: "Make aliases smaller (pgbouncer.ini, RELOAD), or raise max_connections; `sluice budget` shows what workloads.yaml allows.",
      },
    ];
  },
};
