import { readStack, type Stack } from "@sluice/testing";
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { expect, test } from "vitest";

/** The pid of each part, by name. */
const PARTS: Readonly<Record<string, (stack: Stack) => number>> = {
  postgres: (stack) => stack.postgres.pid,
  pgbouncer: (stack) => stack.pgbouncer.pid,
  redis: (stack) => stack.redis.pid,
  "feature-api": (stack) => stack.services["feature-api"]?.pid ?? 0,
};

/** Asks until the answer is true. The test's own time-out is the deadline. */
async function eventually(question: () => Promise<boolean>): Promise<void> {
  while (!(await question())) await sleep(50);
}

async function serves(): Promise<boolean> {
  const stack = readStack();
  const url = `${stack.services["feature-api"]?.url}/v1/projects/${stack.project}/feature-views`;
  const headers = { authorization: `Bearer ${stack.keys.demo}` };
  return await fetch(url, { headers }).then(
    async (response) => (await response.body?.cancel(), response.ok),
    () => false,
  );
}

test.each(Object.entries(PARTS))(
  "%s is started again after kill -9, and stack.json has its new pid",
  async (_, pidOf) => {
    const before = pidOf(readStack());
    process.kill(before, "SIGKILL");
    await eventually(async () => pidOf(readStack()) !== before);
    await eventually(serves);
    expect(pidOf(readStack())).not.toBe(before);
  },
);

test("PostgreSQL comes back although a child of the killed postmaster is busy and holds the shared memory", async () => {
  const stack = readStack();
  const sql = postgres(stack.postgres.url, { max: 1, fetch_types: false });
  const busy = sql`select count(*) from generate_series(1, 1000000000)`.then(
    () => "ended",
    () => "lost",
  );
  const watch = postgres(stack.postgres.url, { max: 1, fetch_types: false });
  await eventually(async () => {
    const [row] =
      await watch`select count(*)::int as n from pg_catalog.pg_stat_activity where state = 'active' and query like '%generate_series(1, 1000000000)%' and pid <> pg_backend_pid()`;
    return row?.["n"] === 1;
  });
  await watch.end();
  process.kill(stack.postgres.pid, "SIGKILL");
  expect(await busy).toBe("lost");
  await eventually(async () => readStack().postgres.pid !== stack.postgres.pid);
  await eventually(serves);
  await sql.end({ timeout: 0 });
});
