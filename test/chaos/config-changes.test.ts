import { ConfigChangeAnswer, ConfigChangePage } from "@sluice/ops/config-changes/schemas";
import { PgbouncerConsole } from "@sluice/pgbouncer";
import { readStack } from "@sluice/testing";
import { loadWorkloads, selectProfile } from "@sluice/workloads";
import type { Static } from "typebox";
import { expect, test } from "vitest";
import { AliasLoad } from "../integration/alias-load.ts";
import { openSuperuser } from "../integration/open-database.ts";
import { until } from "../integration/until.ts";
import { expectOps, ops, readAs, readOps } from "../integration/ops-api.ts";

const { feature } = selectProfile(loadWorkloads(), "local").workloads;
const GATE = { service: "feature-api", pool: "feature" };
const WHY = { reason: "a test", expected_effect: "none" };
const TIMEOUT = { timeout: 120_000 };

type Change = Static<typeof ConfigChangeAnswer>;

/** Callers of feature-api, each with one statement after the other, until they are disposed of. */
class Callers implements AsyncDisposable {
  readonly #loops: Promise<void>[];
  #ends = false;

  constructor(count: number) {
    this.#loops = Array.from({ length: count }, () => this.#repeat());
  }

  async #repeat(): Promise<void> {
    const { services, keys } = readStack();
    const url = `${services["feature-api"]!.url}/v1/projects/demo/feature-views`;
    const headers = { authorization: `Bearer ${keys.demo}` };
    while (!this.#ends) {
      // An instance that restarts does not answer; what matters is that somebody asks.
      await fetch(url, { headers })
        .then((answer) => answer.text())
        .catch(() => undefined);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ends = true;
    await Promise.all(this.#loops);
  }
}

async function ask(change: object): Promise<Change> {
  const asked = await expectOps(202, "POST", "/v1/ops/config-changes", { ...WHY, ...change });
  return readAs(ConfigChangeAnswer, asked);
}

function read({ id }: Change): Promise<Change> {
  return readOps(ConfigChangeAnswer, `/v1/ops/config-changes/${id}`);
}

async function ended(change: Change): Promise<Change> {
  const hasEnded = async () => /^(rolled|failed)/.test((await read(change)).state);
  // Where ops is being restarted nobody answers.
  await until("the change has ended", () => hasEnded().catch(() => false), 90_000);
  return read(change);
}

const gate = async (): Promise<Record<string, number>> => {
  const response = await fetch(`${readStack().services["feature-api"]!.internal_url}/gates`);
  return ((await response.json()) as Record<string, Record<string, number>>)["feature"]!;
};

async function poolSize(): Promise<number | null | undefined> {
  const console = new PgbouncerConsole({ url: readStack().pgbouncer.admin_url });
  const databases = await console.show("databases");
  await console.close();
  return databases.find(({ name }) => name === feature.alias)?.pool_size;
}

test("a time-out of 1 ms is put back by itself, with the reason on record", TIMEOUT, async () => {
  await using _ = new Callers(30); // on six slots, so that some always wait
  const asked = await ask({ target: GATE, settings: { acquire_timeout_ms: 1 }, window_seconds: 5 });
  const second = await ops("POST", "/v1/ops/config-changes", {
    ...WHY,
    target: GATE,
    settings: { base: 1 },
  });
  expect(second).toMatchObject({
    status: 409,
    body: { code: "CHANGE_IN_PROGRESS", change_id: asked.id },
  });
  const { state, detail, previous } = await ended(asked);
  expect(state).toBe("rolled_back");
  expect(detail).toMatch(/got no slot|requests failed/);
  expect(previous).toEqual({ acquire_timeout_ms: feature.acquire_timeout_ms });
  expect(await gate()).toMatchObject({ acquire_timeout_ms: feature.acquire_timeout_ms });
});

test("a pool of 1 is put back by itself", TIMEOUT, async () => {
  await using _ = new AliasLoad(readStack().pgbouncer.urls["feature"]!, 8, "select pg_sleep(0.02)");
  const before = await poolSize();
  const asked = await ask({
    target: { alias: feature.alias },
    settings: { pool_size: 1 },
    window_seconds: 5,
  });
  const { state, detail } = await ended(asked);
  expect([state, detail]).toEqual(["rolled_back", expect.stringMatching(/wait|slot|failed/)]);
  expect(await poolSize()).toBe(before);
});

test(
  "a change that harms nobody is rolled out, and given to instances that restart",
  TIMEOUT,
  async () => {
    await using _ = new Callers(2);
    const asked = await ask({
      target: GATE,
      settings: { acquire_timeout_ms: 9_000 },
      window_seconds: 2,
    });
    expect(await ended(asked)).toMatchObject({ state: "rolled_out" });
    expect(await gate()).toMatchObject({ acquire_timeout_ms: 9_000, base: feature.base });
    process.kill(readStack().services["feature-api"]!.pid, "SIGKILL");
    const restarted = () => gate().then((settings) => settings["acquire_timeout_ms"] === 9_000);
    await until("it is back, as it was", () => restarted().catch(() => false), 60_000);
    const { items } = await readOps(ConfigChangePage, "/v1/ops/config-changes?limit=1");
    expect(items).toMatchObject([{ id: asked.id, author: expect.stringMatching(/^key:/) }]);
  },
);

test(
  "a leader that is killed while it tries a change leaves it to the next, who puts it back",
  TIMEOUT,
  async () => {
    const asked = await ask({ target: GATE, settings: { max_waiters: 1_999 }, window_seconds: 60 });
    // It is measured for a minute first, unless the clock is helped.
    await until("it is being measured", async () => (await read(asked)).state === "measuring");
    await skipWindow(asked.id);
    await until("it is being tried", async () => (await gate())["max_waiters"] === 1_999);
    process.kill(readStack().services["ops"]!.pid, "SIGKILL");
    await until(
      "another one has put it back",
      async () => (await gate())["max_waiters"] === feature.max_waiters,
      60_000,
    );
    expect(await ended(asked)).toMatchObject({
      state: "rolled_back",
      detail: expect.stringContaining("ops was restarted") as unknown,
    });
  },
);

test(
  "a leader that is killed while it watches a pool leaves it to the next, who puts it back",
  TIMEOUT,
  async () => {
    const before = await poolSize();
    const asked = await ask({
      target: { alias: feature.alias },
      settings: { pool_size: before! + 1 },
      window_seconds: 60,
    });
    await until("it is being measured", async () => (await read(asked)).state === "measuring");
    await skipWindow(asked.id);
    await until("the pool is larger", async () => (await poolSize()) === before! + 1);
    process.kill(readStack().services["ops"]!.pid, "SIGKILL");
    expect(await ended(asked)).toMatchObject({
      state: "rolled_back",
      detail: expect.stringContaining("ops was restarted") as unknown,
    });
    expect(await poolSize()).toBe(before);
  },
);

/** The window of a measurement is over when the database's clock says so. */
async function skipWindow(id: string): Promise<void> {
  await using superuser = openSuperuser();
  await superuser`update ops.config_changes set started_at = now() - interval '1 h' where change_id = ${id}`;
}
