import { PgbouncerConsole } from "@sluice/pgbouncer";
import { readStack } from "@sluice/testing";
import type { Sql } from "postgres";
import { expect, test } from "vitest";
import { openSuperuser } from "./open-database.ts";

const CLIENTS = 32;

/** Who may connect to PostgreSQL past PgBouncer: the supervisor's probe, and this test as superuser. */
const DIRECT_USERS = ["postgres"];

test("every connection of a service to PostgreSQL is one of PgBouncer's", async () => {
  const { pgbouncer, services, keys } = readStack();
  const pooler = new PgbouncerConsole({
    url: pgbouncer.admin_url,
    applicationName: "no-bypass",
  });
  await using superuser = openSuperuser();
  const url = `${services["feature-api"]!.url}/v1/projects/demo/features/airport_delays/JFK`;
  let looking = true;
  const load = Array.from({ length: CLIENTS }, async () => {
    while (looking)
      await (await fetch(url, { headers: { authorization: `Bearer ${keys.demo}` } })).arrayBuffer();
  });
  try {
    for (let sample = 0; sample < 20; sample += 1) {
      const backends = await superuser<
        { pid: number; usename: string; application_name: string }[]
      >`
        select pid from pg_stat_activity
        where backend_type = 'client backend' and usename <> all (${DIRECT_USERS})`;
      // Asked until it is settled: PgBouncer learns a backend's process id at the end of the log-in, and what it closes
      // between two looks is gone from both.
      await expect
        .poll(() => bypassing(superuser, pooler, backends), { timeout: 10_000 })
        .toEqual([]);
      expect(backends.length).toBeGreaterThan(0);
    }
  } finally {
    looking = false;
    await Promise.all(load);
    await pooler.close();
  }
});

test("who connects directly says who it is", async () => {
  await using superuser = openSuperuser();
  const direct = await superuser<{ application_name: string }[]>`
    select application_name from pg_stat_activity
    where backend_type = 'client backend' and usename = any (${DIRECT_USERS}) and pid <> pg_backend_pid()
      and application_name not in ('postgres.js', 'sluice-migrate')`;
  for (const { application_name } of direct) expect(application_name).toBe("sluice-supervisor");
});

/** Those of `backends` that are there and not among PgBouncer's server connections. */
async function bypassing(
  superuser: Sql,
  pooler: PgbouncerConsole,
  backends: readonly { pid: number }[],
): Promise<unknown[]> {
  const pooled = new Set((await pooler.show("servers")).map(({ remote_pid }) => remote_pid));
  const unknown = backends.map(({ pid }) => pid).filter((pid) => !pooled.has(pid));
  return [
    ...(await superuser`
      select usename, application_name, backend_start, state, query
      from pg_stat_activity where pid = any (${unknown})`),
  ];
}
