import { cpus, totalmem } from "node:os";
import { readStack } from "@sluice/testing";
import { loadWorkloads, proveBudget, selectProfile, WORKLOADS } from "@sluice/workloads";
import type { TSchema } from "typebox";
import { Compile } from "typebox/schema";
import { expect, test } from "vitest";
import { openSuperuser, openTestDatabase } from "./open-database.ts";
import { expectOps, ops } from "./ops-api.ts";
import { LAYERS, look } from "./ops-layers.ts";
import { until } from "./until.ts";

/** As much of an OpenAPI document as is read here. */
interface Document {
  readonly paths: Readonly<
    Record<
      string,
      { get: { responses: { 200: { content: { "application/json": { schema: TSchema } } } } } }
    >
  >;
}

test("every answer is as the OpenAPI document says", async () => {
  await until("everything has been looked at", async () =>
    (await Promise.all(LAYERS.map((layer) => ops("GET", `/v1/ops/${layer}`)))).every(
      ({ status }) => status === 200,
    ),
  );
  const document = (await expectOps(200, "GET", "/openapi.json")) as Document;
  for (const layer of LAYERS) {
    const { responses } = document.paths[`/v1/ops/${layer}`]!.get;
    const { schema } = responses[200].content["application/json"];
    const [isValid, faults] = Compile(schema).Errors(await look(layer));
    expect(isValid, `${layer}: ${JSON.stringify(faults)}`).toBe(true);
  }
});

test("they are for whoever has ops:read", async () => {
  const { demo } = readStack().keys;
  for (const layer of LAYERS) {
    expect(await ops("GET", `/v1/ops/${layer}`, undefined, { key: demo }), layer).toMatchObject({
      status: 403,
      body: { code: "FORBIDDEN", scope: "ops:read" },
    });
  }
});

test("connections are counted by workload, and what a session does is seen", async () => {
  await using database = await openTestDatabase("sample", { base: 1, overflow: 0 });
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const transaction = database.transaction("test.idle", async (tx) => {
    await tx.run(
      "test.one",
      database.builder.selectNoFrom((eb) => eb.val(1).as("one")),
    );
    await held;
  });
  try {
    await until("the idle transaction is seen", async () => {
      const { items } = await look("connections");
      const sample = items.find(({ workload }) => workload === "sample");
      return sample?.idle_in_transaction === 1 && sample.longest_transaction_seconds! > 0;
    });
  } finally {
    release();
    await transaction;
  }
  const answer = await look("connections");
  expect(answer).toMatchObject({ complete: true, failing_since: null, max_connections: 60 });
  const sum = answer.items.reduce((total, { backends }) => total + backends, 0);
  expect(answer.used_connections).toBe(sum);
});

test("sources are named behind PgBouncer: the application and the client's own address", async () => {
  await using database = await openTestDatabase("import", { base: 2, overflow: 0 });
  await database.ping(5_000);
  const { clients, backends } = await look("sources");
  expect(clients).toContainEqual(
    expect.objectContaining({
      application: "test/import",
      client_address: "127.0.0.1",
      alias: "sluice_import",
      workload: "import",
      waiting: 0,
    }),
  );
  expect(backends).toContainEqual(
    expect.objectContaining({ application: "ops/monitor", workload: "monitor", active: 0 }),
  );
});

test("the statements that took most time are named with their workload", async () => {
  const answer = await look("statements");
  // PostgreSQL's own binaries may come without the extension; then the answer says what to do.
  await using superuser = openSuperuser();
  const installed = await superuser`select from pg_extension where extname = 'pg_stat_statements'`;
  expect(answer.available).toBe(installed.length === 1);
  if (installed.length === 0) {
    expect(answer).toMatchObject({
      items: [],
      reason: expect.stringContaining("CREATE EXTENSION"),
    });
    return;
  }
  expect(answer.items).toHaveLength(20);
  expect((await look("statements", "?limit=3")).items).toHaveLength(3);
  const all = await look("statements", "?limit=1000");
  const own = all.items.filter(({ workload }) => workload === "monitor");
  expect(own.map(({ statement }) => statement).join("\n")).toContain("monitoring.connection_stats");
});

test("without the extension, the view says what is missing and what to do", async () => {
  await using superuser = openSuperuser();
  const refusal = await superuser
    .begin(async (tx) => {
      await tx`drop extension if exists pg_stat_statements`;
      await tx`select from monitoring.top_statements`;
    })
    .catch((error: unknown) => error);
  expect(refusal).toMatchObject({
    code: "0A000",
    message: expect.stringContaining("pg_stat_statements is not installed"),
    hint: expect.stringContaining("CREATE EXTENSION"),
  });
});

test("tables, indexes and the cache: what the demo's data look like", async () => {
  await using superuser = openSuperuser();
  await superuser`vacuum analyze features.online_values`;
  const find = async () =>
    (await look("tables")).items.find(({ table_name }) => table_name === "online_values")!;
  // Answers are of the last look, and others write to the table meanwhile.
  await until("the vacuum is seen", async () => (await find()).last_vacuum_at !== null);
  const values = await find();
  expect(values).toMatchObject({
    schema_name: "features",
    dead_rows: expect.any(Number) as unknown,
    last_vacuum_at: expect.stringMatching(/Z$/) as unknown,
  });
  expect(values.live_rows).toBeGreaterThan(3_000);
  expect(values.estimated_bloat_ratio).toBeGreaterThanOrEqual(0);
  expect(values.estimated_bloat_ratio).toBeLessThan(0.9);

  const indexes = await look("indexes");
  const names = indexes.items.map(({ index_name }) => index_name);
  expect(names).toContain("sample_metadata_feature_hash_idx");
  expect(indexes.items.every(({ is_valid }) => is_valid)).toBe(true);

  const cache = await look("cache");
  expect(cache.items[0]).toMatchObject({ schema_name: null, table_name: null });
  expect(cache.items[0]!.hit_ratio).toBeGreaterThan(0.5);
});

test("the machine's CPUs, load, memory and disk are seen", async () => {
  const system = await look("system");
  expect(system).toMatchObject({ cpus: cpus().length, memory_bytes: totalmem() });
  for (const ratio of [system.memory_used_ratio, system.disk_used_ratio])
    expect(ratio).toBeGreaterThan(0);
  expect(system.load).toHaveLength(3);
});

test("pools are PgBouncer's, by workload, with the sizes of workloads.yaml", async () => {
  const { workloads } = selectProfile(loadWorkloads(), "local");
  const { items } = await look("pools");
  for (const workload of ["feature", "training", "monitor"] as const) {
    const { alias, pool_size, reserve_pool_size, role } = workloads[workload];
    expect(items).toContainEqual(
      expect.objectContaining({ workload, alias, role, pool_size, reserve_pool_size }),
    );
  }
});

test("gates are those of every service, whatever process it is in", async () => {
  await until("every process has been heard", async () =>
    (await look("gates")).items.every(({ error }) => error === null),
  );
  const { items } = await look("gates");
  const seen = items.flatMap(({ service, gates }) =>
    gates.map(({ workload, size }) => [service, workload, size]),
  );
  const { services, workloads } = selectProfile(loadWorkloads(), "local");
  const expected = Object.entries(services).flatMap(([service, { gates }]) =>
    gates.map((gate) => [service, gate, workloads[gate].base + workloads[gate].overflow]),
  );
  expect(new Set(seen.map(String))).toEqual(new Set(expected.map(String)));
});

test("the budget is the proof, and what is in use is within it", async () => {
  const profile = selectProfile(loadWorkloads(), "local");
  const answer = await look("budget");
  const { client, server } = proveBudget(profile);
  expect(answer).toMatchObject({
    profile: "local",
    ok: true,
    client: { used: client.used, limit: client.limit, margin: client.limit - client.used },
    server: { used: server.used, limit: server.limit },
  });
  for (const side of [answer.client, answer.server]) {
    expect(side.in_use).toBeGreaterThan(0);
    expect(side.used_ratio).toBe(side.in_use / side.limit);
    expect(side.used_ratio).toBeLessThanOrEqual(1);
  }
});

test("the four layers are metrics too", async () => {
  const names = [
    "host_cpu_used_ratio",
    "host_memory_used_ratio",
    "host_disk_used_ratio",
    "host_load1",
    "postgres_connections",
    "postgres_cache_hit_ratio",
    "pgbouncer_pools_client_waiting_connections",
    "observed_up",
    "observed_requests_per_second",
  ];
  const { internal_url } = readStack().services["ops"]!;
  let text = "";
  await until("each has a value", async () => {
    text = await (await fetch(`${internal_url}/metrics`)).text();
    return names.every((name) => new RegExp(`^${name}{.*} `, "m").test(text));
  });
  for (const workload of WORKLOADS)
    expect(text).toMatch(
      new RegExp(`^pgbouncer_pool_size{.*alias="sluice_${workload}".*} \\d+$`, "m"),
    );
  for (const side of ["client", "server"])
    expect(text).toMatch(
      new RegExp(`^connection_budget_used_ratio{.*side="${side}".*} 0\\.\\d+$`, "m"),
    );
});

test("bad input gets a precise refusal", async () => {
  for (const path of [
    "statements?limit=0",
    "statements?limit=many",
    "alerts?state=open",
    "alerts?cursor=x",
  ]) {
    expect(await ops("GET", `/v1/ops/${path}`), path).toMatchObject({
      status: 422,
      body: { code: "VALIDATION_FAILED" },
    });
  }
});
