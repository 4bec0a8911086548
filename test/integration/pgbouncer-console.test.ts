import { ConsoleTimeoutError, PgbouncerConsole } from "@sluice/pgbouncer";
import { readStack } from "@sluice/testing";
import { loadWorkloads, selectProfile, WORKLOADS } from "@sluice/workloads";
import { createServer } from "node:net";
import { afterAll, expect, test } from "vitest";

const stack = readStack();
const pooler = new PgbouncerConsole({ url: stack.pgbouncer.admin_url });
afterAll(() => pooler.close());

test("the pools of the running PgBouncer are those of workloads.yaml", async () => {
  const { workloads } = selectProfile(loadWorkloads(), "local");
  const databases = await pooler.show("databases");
  for (const workload of WORKLOADS) {
    const { alias, pool_size, reserve_pool_size, scaling } = workloads[workload];
    const found = databases.find(({ name }) => name === alias);
    expect(found, alias).toMatchObject({ reserve_pool_size, database: "sluice" });
    // Other tests may make the autoscaler grow it.
    expect(found?.pool_size, alias).toBeGreaterThanOrEqual(scaling?.min ?? pool_size);
    expect(found?.pool_size, alias).toBeLessThanOrEqual(scaling?.max ?? pool_size);
  }
});

test("PgBouncer took the settings as they were meant, fractions of a second included", async () => {
  const { pgbouncer } = selectProfile(loadWorkloads(), "local");
  const config = new Map((await pooler.show("config")).map(({ key, value }) => [key, value]));
  expect(config.get("pool_mode")).toBe("transaction");
  expect(config.get("auth_type")).toBe("scram-sha-256");
  expect(Number(config.get("server_login_retry"))).toBe(pgbouncer.server_login_retry_ms / 1000);
  expect(Number(config.get("query_wait_timeout"))).toBe(pgbouncer.query_wait_timeout_ms / 1000);
  expect(Number(config.get("max_client_conn"))).toBe(pgbouncer.max_client_conn);
});

test("a setting is changed at once, and gone after a reload", async () => {
  const read = async (): Promise<string | null | undefined> =>
    (await pooler.show("config")).find(({ key }) => key === "stats_period")?.value;
  const before = await read();
  await pooler.set("stats_period", 61);
  expect(await read()).toBe("61");
  await pooler.reload();
  expect(await read()).toBe(before);
});

test("what PgBouncer refuses is thrown, and the console goes on", async () => {
  await expect(pooler.set("no_such_setting", 1)).rejects.toThrow(/no_such_setting|SET failed/);
  expect((await pooler.version()).major).toBeGreaterThanOrEqual(1);
});

test("calls made together are answered in turn, over one connection", async () => {
  const rows = await Promise.all(Array.from({ length: 10 }, () => pooler.show("clients")));
  const consoles = rows.map(
    (clients) => clients.filter((row) => row.application_name?.startsWith("sluice-console")).length,
  );
  expect(new Set(consoles)).toEqual(new Set([1]));
});

test("names that would end the command are refused before they are sent", async () => {
  await expect(pooler.reconnect("a; SHUTDOWN")).rejects.toThrow(TypeError);
});

test("a pooler that does not answer is given up at the deadline", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const silent = createServer(() => undefined).listen(0, "127.0.0.1", resolve);
  await promise;
  const address = silent.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const late = new PgbouncerConsole({
    url: `postgres://u:p@127.0.0.1:${port}/pgbouncer`,
    timeoutMs: 100,
  });
  await expect(late.show("pools")).rejects.toThrow(ConsoleTimeoutError);
  await late.close();
  silent.close();
});
