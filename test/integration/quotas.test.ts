import { createKey, createProject, createTenant, setQuotas, TenantQuotas } from "@sluice/auth";
import type { Principal } from "@sluice/http";
import { createLogger, createRegistry } from "@sluice/telemetry";
import { freePort, readStack } from "@sluice/testing";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { serviceMetric } from "../chaos/service-metrics.ts";
import { openWorkload } from "./auth-fixture.ts";

/** However busy the machine is, every request is counted. */
const REDIS_TIMEOUT_MS = 10_000;

const logger = createLogger({ service: "test", level: "silent" });

function openQuotas(redisUrl: string) {
  const registry = createRegistry("test");
  const redis = new Redis(redisUrl, { lazyConnect: true });
  const quotas = new TenantQuotas({ redis, redisTimeoutMs: REDIS_TIMEOUT_MS, logger, registry });
  onTestFinished(() => quotas.close());
  const unchecked = async (): Promise<number> =>
    (await registry.getSingleMetric("quota_unchecked_total")!.get()).values[0]?.value ?? 0;
  return { quotas, unchecked };
}

function principal(
  tenantId: string | null,
  requestsPerSecond: number | null,
  concurrentRequests: number | null,
): Principal {
  const quotas = { requestsPerSecond, concurrentRequests };
  return { keyId: "k", tenantId, projectId: null, projectName: null, scopes: new Set(), quotas };
}

/** What became of `count` requests at once: admitted ones, and the refusals. */
async function ask(quotas: TenantQuotas, who: Principal, count: number) {
  const outcomes = await Promise.allSettled(
    Array.from({ length: count }, async () => quotas.admit(who)),
  );
  const refusals = outcomes.flatMap((outcome) =>
    outcome.status === "rejected" ? [outcome.reason as unknown] : [],
  );
  return { admitted: count - refusals.length, refusals };
}

/** Until the connection is there nothing is counted. */
async function connected(quotas: TenantQuotas, unchecked: () => Promise<number>): Promise<void> {
  await expect
    .poll(async () => {
      const before = await unchecked();
      await quotas.admit(principal("warm-up", 1_000, null));
      return (await unchecked()) - before;
    })
    .toBe(0);
}

test("a tenant over its requests a second is refused until its window ends, and nobody else is", async () => {
  const { quotas, unchecked } = openQuotas(readStack().redis.url);
  await connected(quotas, unchecked);
  const tenant = `rate-${process.pid}-${Date.now()}`;
  const { admitted, refusals } = await ask(quotas, principal(tenant, 10, null), 100);
  // Two windows at most, when the second ends while they are counted.
  expect(admitted).toBeGreaterThanOrEqual(10);
  expect(admitted).toBeLessThanOrEqual(20);
  expect(refusals[0]).toMatchObject({
    code: "QUOTA_EXCEEDED",
    status: 429,
    extra: { quota: "requests_per_second", limit: 10 },
  });
  expect((refusals[0] as { retryAfterSeconds: number }).retryAfterSeconds).toBeLessThanOrEqual(1);
  expect((await ask(quotas, principal(`${tenant}-other`, 10, null), 5)).admitted).toBe(5);
  await expect
    .poll(() => ask(quotas, principal(tenant, 10, null), 1), { timeout: 5_000 })
    .toMatchObject({ admitted: 1 });
});

test("two instances share a tenant's rate", async () => {
  const instances = [openQuotas(readStack().redis.url), openQuotas(readStack().redis.url)];
  for (const { quotas, unchecked } of instances) await connected(quotas, unchecked);
  const who = principal(`shared-${process.pid}-${Date.now()}`, 20, null);
  const asked = await Promise.all(instances.map(({ quotas }) => ask(quotas, who, 50)));
  expect(asked.reduce((sum, { admitted }) => sum + admitted, 0)).toBeLessThanOrEqual(40);
});

test("requests at the same time are bounded, and one that ends makes room for the next", async () => {
  const { quotas } = openQuotas(readStack().redis.url);
  const who = principal("concurrent", null, 2);
  const releases = [await quotas.admit(who), await quotas.admit(who)];
  expect(() => quotas.admit(who)).toThrow(/2 requests in hand/);
  releases[0]!();
  releases.push(await quotas.admit(who));
  expect(() => quotas.admit(who)).toThrow(/2 requests in hand/);
  for (const release of releases.slice(1)) release!();
});

test("a refused rate takes no place among the concurrent", async () => {
  const { quotas, unchecked } = openQuotas(readStack().redis.url);
  await connected(quotas, unchecked);
  const who = principal(`both-${process.pid}-${Date.now()}`, 1, 1);
  const release = await quotas.admit(who);
  release!();
  await expect(async () => (await quotas.admit(who))?.()).rejects.toMatchObject({ status: 429 });
  await expect.poll(async () => (await ask(quotas, who, 1)).admitted, { timeout: 5_000 }).toBe(1);
});

test("without Redis everybody is admitted, and it is counted", async () => {
  const { quotas, unchecked } = openQuotas(`redis://127.0.0.1:${await freePort()}`);
  const { admitted } = await ask(quotas, principal("anybody", 1, null), 20);
  expect(admitted).toBe(20);
  expect(await unchecked()).toBe(20);
});

test("a platform key and a tenant without quotas are never refused", async () => {
  const { quotas } = openQuotas(readStack().redis.url);
  expect((await ask(quotas, principal(null, null, null), 100)).admitted).toBe(100);
  expect((await ask(quotas, principal("free", null, null), 100)).admitted).toBe(100);
});

test("the service answers 429 with Retry-After to the tenant over its quota, and serves another", async () => {
  const admin = await openWorkload("admin", readStack().pgbouncer.urls["admin"]!);
  onTestFinished(() => admin.close());
  const store = { db: admin, actor: "system:test" };
  const make = async (quota: number | null): Promise<() => Promise<Response>> => {
    const tenant = `q-${Math.random().toString(36).slice(2, 12)}`;
    await createTenant(store, { name: tenant });
    await createProject(store, { tenant, name: tenant });
    await setQuotas(store, { tenant, quotas: { requests_per_second: quota } });
    const { key } = await createKey(store, {
      tenant,
      project: null,
      name: "test",
      scopes: ["features:read"],
    });
    const url = `${readStack().services["feature-api"]!.url}/v1/projects/${tenant}/feature-views`;
    return () => fetch(url, { headers: { authorization: `Bearer ${key}` } });
  };
  const [limited, free] = [await make(5), await make(null)];
  const unchecked = () => serviceMetric("feature-api", "quota_unchecked_total");
  const before = await unchecked();
  const answers = await Promise.all(Array.from({ length: 40 }, limited));
  const refused = answers.filter(({ status }) => status === 429);
  // The service waits 50 ms for Redis, and lets everybody pass who was not counted by then.
  expect(refused.length + (await unchecked()) - before).toBeGreaterThanOrEqual(30);
  expect(Number(refused[0]!.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  expect(await refused[0]!.json()).toMatchObject({
    code: "QUOTA_EXCEEDED",
    quota: "requests_per_second",
    limit: 5,
  });
  const others = await Promise.all(Array.from({ length: 40 }, free));
  expect(others.every(({ status }) => status === 200)).toBe(true);
});
