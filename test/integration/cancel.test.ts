import { sql } from "kysely";
import { expect, test } from "vitest";
import { openSuperuser, openTestDatabase } from "./open-database.ts";

const STATEMENTS = 100;

test("whenever a caller leaves, before or between the round trips of its statement, nothing goes on without it", async () => {
  await using db = await openTestDatabase("training");
  await using superuser = openSuperuser();
  const callers = Array.from({ length: STATEMENTS }, async (_, index) => {
    const caller = new AbortController();
    const statement = db.run("test.left", sql`select pg_sleep(60), ${"left-early"}::text`, {
      signal: caller.signal,
    });
    setTimeout(() => caller.abort(), index % 10);
    await expect(statement).rejects.toMatchObject({ code: "CLIENT_CLOSED_REQUEST" });
  });
  await Promise.all(callers);
  await expect
    .poll(
      () => superuser`select pid from pg_stat_activity where query like '%left-early%' and usename = 'sluice_training'
      and state = 'active'`,
      { timeout: 5_000 },
    )
    .toHaveLength(0);
  await expect.poll(() => db.status()).toMatchObject({ active: 0, waiting: 0 });
});
