import { setQuotas } from "@sluice/auth";
import { readStack } from "@sluice/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FeatureProject, featureProject } from "./feature-project.ts";
import { importProject } from "./import-project.ts";
import { openSuperuser, openTestDatabase } from "./open-database.ts";
import { startScratchPgbouncer } from "./scratch-pgbouncer.ts";
import { startInstance } from "./service-instance.ts";
import { type TracedInstance, startTraced } from "./traced-instance.ts";
import { trainingProject } from "./training-project.ts";
import { until } from "./until.ts";

const FEATURE_API = "services/feature-api/src/main.ts";
const TRAINING_MANAGER = "services/training-manager/src/main.ts";
const LOOK_UP = "GET /v1/projects/:project/features/:view/*";
const STATEMENT = { "gate.wait": {}, "pooler.wait": {}, execute: {} };

const TOKEN = "a-token-of-the-tests";

function featureEnv(): Record<string, string | undefined> {
  return {
    SLUICE_FEATURE_URL: readStack().pgbouncer.urls["feature"],
    SLUICE_CONTROL_TOKEN: TOKEN,
  };
}

let shared: TracedInstance;

beforeAll(async () => {
  shared = await startTraced(FEATURE_API, featureEnv());
});

afterAll(() => shared[Symbol.asyncDispose]());

interface FeatureCalls {
  readonly project: FeatureProject;
  push(headers?: Record<string, string>): Promise<void>;
  lookUp(headers?: Record<string, string>): Promise<void>;
}

/** A project whose only entity the instance has read once, so that nothing but the values is read from then on. */
async function featureCalls(origin: string): Promise<FeatureCalls> {
  const project = await featureProject();
  await project.makeView("load", { host: "string" }, { cpu: "float64" });
  const push = async (headers = {}): Promise<void> => {
    const df = { host: ["host-17"], cpu: [0.5], event_timestamp: [1_700_000_000] };
    const body = { push_source_name: "load", df, to: "online" };
    const { status, text } = await project.send("POST", "/push", body, { headers, origin });
    expect(status, text).toBe(200);
  };
  const lookUp = async (headers = {}): Promise<void> => {
    const options = { headers, origin };
    const { status, text } = await project.send(
      "GET",
      "/features/load/host-17",
      undefined,
      options,
    );
    expect(status, text).toBe(200);
  };
  await push();
  await lookUp();
  return { project, push, lookUp };
}

test("a look-up and a push: each wait has a span, and no span has a value", async () => {
  const { project, lookUp, push } = await featureCalls(shared.instance.url);
  const read = await shared.trace(lookUp);
  expect(read.tree).toEqual({
    [LOOK_UP]: { "coalesce.wait": { "coalesce.batch": { "features.find_row": STATEMENT } } },
  });
  expect(read.span("features.find_row")).toMatchObject({
    kind: 3,
    attributes: {
      "db.system.name": "postgresql",
      "db.operation.name": "features.find_row",
      "db.query.summary": "features.find_row",
      "db.client.connection.pool.name": "feature",
    },
  });
  const written = await shared.trace(push);
  expect(written.tree).toEqual({
    "POST /v1/projects/:project/push": { "features.upsert_rows": STATEMENT },
  });
  expect(written.span("execute").resource).toMatchObject({ "service.name": "feature-api" });
  const all = JSON.stringify(shared.receiver.spans, (_name, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
  for (const text of ["host-17", project.key, project.project]) expect(all).not.toContain(text);
});

test("look-ups that share a statement name it, and it names them", async () => {
  const { lookUp } = await featureCalls(shared.instance.url);
  const traces = await Promise.all(Array.from({ length: 20 }, () => shared.trace(lookUp)));
  const batches = shared.receiver.spans.filter(({ name }) => name === "coalesce.batch");
  const ids = new Map(batches.map((batch) => [batch.spanId, batch]));
  const waits = traces.map((trace) => trace.span("coalesce.wait"));
  const served = waits.map(({ spanId, links }) => {
    const [link] = links;
    return link === undefined
      ? batches.some(({ parentSpanId }) => parentSpanId === spanId)
      : ids.get(link)?.links.includes(spanId);
  });
  expect(served).toEqual(Array(20).fill(true));
});

test("a job is created; a claim under a quota is a transaction, whose begin waits for the pooler", async () => {
  const url = readStack().pgbouncer.urls["training"];
  await using traced = await startTraced(TRAINING_MANAGER, { SLUICE_TRAINING_URL: url });
  const project = await trainingProject();
  await using admin = await openTestDatabase("admin", { base: 1, overflow: 0 });
  const store = { db: admin, actor: "system:test" };
  await setQuotas(store, { tenant: project.tenant, quotas: { running_jobs: 5 } });
  const origin = traced.instance.url;
  await project.send("GET", "/jobs", undefined, { origin });
  const created = await traced.trace((headers) =>
    project.send("POST", "/jobs", { name: "job" }, { headers, origin }),
  );
  expect(created.tree).toEqual({
    "POST /v1/projects/:project/jobs": { "training.insert_job": STATEMENT },
  });
  const claimed = await traced.trace((headers) =>
    project.send("POST", "/jobs:claim", {}, { headers, origin }),
  );
  expect(claimed.tree).toMatchObject({
    "POST /v1/projects/:project/jobs::claim": {
      "training.claim_capped": {
        "gate.wait": {},
        "pooler.wait": {},
        "training.take_turn": {},
        "training.count_running": {},
        "training.claim_job": {},
        commit: {},
      },
    },
  });
});

test("a seal is a trace of its own, beside that of the request that asked for it", async () => {
  const { urls } = readStack().pgbouncer;
  await using traced = await startTraced("services/data-loader/src/main.ts", {
    SLUICE_SAMPLE_URL: urls["sample"],
    SLUICE_IMPORT_URL: urls["import"],
    // Through Redis another instance could have it.
    SLUICE_REDIS_URL: undefined,
  });
  const project = await importProject();
  const version = await project.draft();
  await project.upload(version, '{"sample_id":"a","label":"x","created_at":0}\n');
  const options = { origin: traced.instance.url };
  const { status, text } = await project.send("POST", `${version}/seal`, undefined, options);
  expect(status, text).toBe(200);
  const { spans } = traced.receiver;
  const isSeal = ({ name }: { name: string }): boolean => name === "operation seal";
  await until("the trace has come", () => spans.some(isSeal));
  const { traceId, kind } = spans.find(isSeal)!;
  expect(kind).toBe(5);
  expect(traced.receiver.tree(traceId)).toMatchObject({
    "operation seal": {
      "data.seal_version": { "gate.wait": {}, "pooler.wait": {}, commit: {} },
    },
  });
});

test("while somebody holds the only slot, the long part is the wait at the gate", async () => {
  const { project, lookUp, push } = await featureCalls(shared.instance.url);
  await fetch(`${shared.instance.internalUrl}/gates/feature`, {
    method: "PUT",
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ base: 1, overflow: 0 }),
  });
  const isWaiting = async () => (await shared.instance.metric("db_waiting_connections")) === 1;
  const isHeld = async () => (await shared.instance.metric("db_active_connections")) === 1;
  await using superuser = openSuperuser();
  const pushed = await superuser.begin(async (sql) => {
    await sql`select 1 from features.online_values as v
      join auth.projects as p using (project_id) where p.name = ${project.project} for update of v`;
    const writing = shared.trace(push);
    await until("the push has the slot", isHeld);
    const reading = shared.trace(lookUp);
    await until("the look-up waits", isWaiting);
    await sql`select pg_sleep(0.5)`;
    return { writing, reading };
  });
  const read = await pushed.reading;
  expect(read.took("gate.wait") > read.took("pooler.wait", "execute")).toBe(true);
  const written = await pushed.writing;
  expect(written.took("execute") > written.took("gate.wait", "pooler.wait")).toBe(true);
});

test("while the pooler has no server to give, the long part is the wait for it", async () => {
  const { postgres, pgbouncer } = readStack();
  const { username, password } = new URL(pgbouncer.urls["feature"]!);
  const server = new URL(postgres.url);
  server.username = username;
  await using pooler = await startScratchPgbouncer(server.href, [
    `traced pool_size=5 password=${password}`,
  ]);
  await using traced = await startTraced(FEATURE_API, {
    SLUICE_FEATURE_URL: pooler.url("traced"),
  });
  const { lookUp } = await featureCalls(traced.instance.url);
  await using superuser = openSuperuser();
  await pooler.console.pause("traced");
  const reading = traced.trace(lookUp);
  await until("the look-up waits for a server", async () => {
    const pools = await pooler.console.show("pools");
    return pools.some(({ database, cl_waiting }) => database === "traced" && (cl_waiting ?? 0) > 0);
  });
  await superuser`select pg_sleep(0.5)`;
  await pooler.console.resume("traced");
  const read = await reading;
  expect(read.took("pooler.wait") > read.took("gate.wait", "execute")).toBe(true);
});

test("what is left is sent at the end", async () => {
  const env = { ...featureEnv(), OTEL_BSP_SCHEDULE_DELAY: "60000" };
  await using traced = await startTraced(FEATURE_API, env);
  await featureCalls(traced.instance.url);
  expect(traced.receiver.spans).toEqual([]);
  expect(await traced.instance.terminate()).toBe(0);
  expect(traced.receiver.spans.some(({ name }) => name === LOOK_UP)).toBe(true);
});

test("a collector that is away fails neither requests nor the shutdown", async () => {
  shared.receiver.status = 503;
  const { lookUp } = await featureCalls(shared.instance.url);
  const asked = shared.receiver.requests;
  await lookUp();
  await until("the collector is asked", () => shared.receiver.requests > asked);
  await lookUp();
  expect(await shared.instance.terminate()).toBe(0);
});

test("without an endpoint a service never loads the SDK", async () => {
  const guard = `data:text/javascript,import{registerHooks}from'node:module';registerHooks({resolve(s,c,n){if(s.startsWith('@opentelemetry/')&&s!=='@opentelemetry/api')process.exit(77);return(n(s,c))}})`;
  const env = { ...featureEnv(), NODE_OPTIONS: `--import=${guard}` };
  await using instance = await startInstance(FEATURE_API, env);
  const { lookUp } = await featureCalls(instance.url);
  await lookUp({ traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` });
  expect(await instance.terminate()).toBe(0);
});
