import {
  type AdminStore,
  REVOCATION_CHANNEL,
  announceRevocation,
  createPlatformKey,
  formatKey,
  generateKey,
  parseKey,
  revokeKey,
  rotateKey,
} from "@sluice/auth";
import type { OpenDatabase } from "@sluice/db";
import type { App } from "@sluice/http";
import { readStack } from "@sluice/testing";
import fc from "fast-check";
import { Redis } from "ioredis";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { counting, makeTenant, openVerifier, openWorkload, serve } from "./auth-fixture.ts";
import { FaultProxy } from "../chaos/proxy/fault-proxy.ts";

let admin: OpenDatabase<unknown>;
/** What a service verifies keys with: it may read them and nothing more. */
let feature: OpenDatabase<unknown>;
let redis: Redis;
let store: AdminStore;

beforeAll(async () => {
  const stack = readStack();
  redis = new Redis(stack.redis.url);
  admin = await openWorkload("admin", stack.pgbouncer.urls["admin"]!);
  store = { db: admin, actor: "system:test" };
  feature = await openWorkload("feature", stack.pgbouncer.urls["feature"]!);
});

afterAll(async () => {
  await Promise.all([admin.close(), feature.close()]);
  redis.disconnect();
});

const bearer = (key: string): string => `Bearer ${key}`;

async function get(app: App, project: string, authorization?: string) {
  const headers = authorization === undefined ? {} : { authorization };
  const response = await app.inject({ url: `/v1/projects/${project}/thing`, headers });
  return { status: response.statusCode, headers: response.headers, body: response.json() };
}

/** It takes milliseconds, on a busy machine more; long before a key is looked at again by itself. */
const HEARD_MS = 5_000;

async function eventually(
  status: number,
  call: () => Promise<{ status: number }>,
  timeout: number,
): Promise<void> {
  await vi.waitFor(async () => expect((await call()).status).toBe(status), {
    timeout,
    interval: 20,
  });
}

test("a key is accepted as Bearer and as the password of Basic", async () => {
  const app = serve(await openVerifier(feature));
  const { projects, key } = await makeTenant(admin);
  const { id, key: text } = await key();
  const basic = Buffer.from(`anybody:${text}`).toString("base64");
  for (const authorization of [bearer(text), `Basic ${basic}`]) {
    const { status, body } = await get(app, projects[0]!, authorization);
    expect({ status, body }).toEqual({ status: 200, body: { project: projects[0], key: id } });
  }
});

test("no key, a malformed one, an unknown id and a wrong secret are all refused alike", async () => {
  const app = serve(await openVerifier(feature));
  const { projects, key } = await makeTenant(admin);
  const { id } = await key();
  const wrongSecret = formatKey({ id, secret: generateKey().secret });
  for (const authorization of [
    undefined,
    "Bearer x",
    bearer(formatKey(generateKey())),
    bearer(wrongSecret),
  ]) {
    const { status, headers, body } = await get(app, projects[0]!, authorization);
    expect({ status, code: body.code }).toEqual({ status: 401, code: "UNAUTHENTICATED" });
    expect(headers["www-authenticate"]).toMatch(/^Bearer/);
    expect(JSON.stringify(body)).not.toContain(id);
  }
});

test("a missing scope is named", async () => {
  const app = serve(await openVerifier(feature));
  const { projects, key } = await makeTenant(admin);
  const { key: text } = await key({ scopes: ["features:write", "jobs:read"] });
  const { status, body } = await get(app, projects[0]!, bearer(text));
  expect(status).toBe(403);
  expect(body).toMatchObject({ code: "FORBIDDEN", scope: "features:read" });
});

test("somebody else's project answers exactly like one that does not exist", async () => {
  const app = serve(await openVerifier(feature));
  const [mine, other] = [await makeTenant(admin, 2), await makeTenant(admin)];
  const ofTenant = await mine.key();
  const bound = await mine.key({ project: mine.projects[0]! });
  const foreign = other.projects[0]!;
  // The owner has it in the cache by now, which must not show.
  expect((await get(app, foreign, bearer((await other.key()).key))).status).toBe(200);
  const unknown = foreign.replace(/^t/, "u");
  const answer = async (project: string, text: string) => {
    const { status, headers, body } = await get(app, project, bearer(text));
    const { request_id: _id, ...rest } = body;
    const names = Object.keys(headers).filter((name) => name !== "x-request-id");
    return { status, names, body: JSON.stringify(rest).replaceAll(project, "*") };
  };
  const reference = await answer(unknown, ofTenant.key);
  expect(reference).toMatchObject({
    status: 404,
    body: expect.stringContaining("PROJECT_NOT_FOUND"),
  });
  expect(await answer(foreign, ofTenant.key)).toEqual(reference);
  for (const project of [foreign, unknown, mine.projects[1]!, "A"]) {
    const { status, body } = await answer(project, bound.key);
    expect({ project, status, code: JSON.parse(body).code }).toEqual({
      project,
      status: 404,
      code: "PROJECT_NOT_FOUND",
    });
  }
});

test("no principal ever resolves a foreign project", async () => {
  const verifier = await openVerifier(feature);
  const tenants = [
    await makeTenant(admin, 2),
    await makeTenant(admin, 2),
    await makeTenant(admin, 2),
  ];
  const keys = [
    {
      text: (await createPlatformKey(store, { name: "test" })).key,
      may: tenants.flatMap((t) => t.projects),
    },
  ];
  for (const { projects, key } of tenants) {
    keys.push({ text: (await key()).key, may: [...projects] });
    for (const project of projects)
      keys.push({ text: (await key({ project })).key, may: [project] });
  }
  const names = [...tenants.flatMap((t) => [...t.projects, t.tenant]), "", "/", "%", "\0", "1/x"];
  const name = fc.oneof(fc.constantFrom(...names), fc.string());
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...keys), name, async ({ text, may }, wanted) => {
      const principal = await verifier.authenticate({ headers: { authorization: bearer(text) } });
      const resolved = await verifier.resolveProject(principal, wanted).then(
        (project) => project.name,
        (error: { code: string }) => error.code,
      );
      expect(resolved).toBe(may.includes(wanted) ? wanted : "PROJECT_NOT_FOUND");
    }),
    { numRuns: 500 },
  );
});

test("a revoked key is refused as soon as it is heard of", async () => {
  const app = serve(await openVerifier(feature, redis));
  const { projects, key } = await makeTenant(admin);
  const { id, key: text } = await key();
  const call = () => get(app, projects[0]!, bearer(text));
  expect((await call()).status).toBe(200);
  expect(await revokeKey(store, { id })).toMatchObject({ id });
  expect(await announceRevocation(redis, id)).toBe(true);
  await eventually(401, call, HEARD_MS);
});

test("a revoked key is refused within ten seconds when nobody hears of it", async () => {
  const app = serve(await openVerifier(feature));
  const { projects, key } = await makeTenant(admin);
  const { id, key: text } = await key();
  const call = () => get(app, projects[0]!, bearer(text));
  expect((await call()).status).toBe(200);
  await revokeKey(store, { id });
  await eventually(401, call, 10_000);
});

test("a revocation missed while Redis was away is in force as soon as it is back", async () => {
  const proxy = await FaultProxy.start(readStack().redis.url);
  const throughProxy = new Redis(proxy.url, { lazyConnect: true });
  onTestFinished(() => proxy.close());
  const app = serve(await openVerifier(feature, throughProxy));
  const { projects, key } = await makeTenant(admin);
  const { id, key: text } = await key();
  const call = () => get(app, projects[0]!, bearer(text));
  proxy.set({ kind: "reset" });
  expect((await call()).status).toBe(200);
  await revokeKey(store, { id });
  await announceRevocation(redis, id);
  expect((await call()).status).toBe(200);
  proxy.set({ kind: "pass" });
  await eventually(401, call, HEARD_MS);
});

test("a key expires to the second although it is cached", async () => {
  const { db, statements } = counting(feature);
  const app = serve(await openVerifier(db));
  const { projects, key } = await makeTenant(admin);
  const expiresAt = new Date(Date.now() + 3_000);
  const { key: text } = await key({ expiresAt: expiresAt.toISOString() });
  const call = () => get(app, projects[0]!, bearer(text));
  expect((await call()).status).toBe(200);
  await eventually(401, call, 3_000 + HEARD_MS);
  expect(Date.now()).toBeGreaterThanOrEqual(expiresAt.getTime());
  expect(statements.get("auth.find_key")).toBe(1);
});

test("a rotated key has the same rights, and the old one lives for the grace", async () => {
  const app = serve(await openVerifier(feature, redis));
  const { projects, key } = await makeTenant(admin);
  const old = await key({ project: projects[0]! });
  const call = (text: string) => get(app, projects[0]!, bearer(text));
  const fresh = await rotateKey(store, { id: old.id, graceSeconds: 3_600 });
  await announceRevocation(redis, old.id);
  expect(fresh).toMatchObject({
    project: projects[0],
    scopes: ["features:read"],
    expires_at: null,
  });
  expect(fresh.id).not.toBe(old.id);
  expect([(await call(old.key)).status, (await call(fresh.key)).status]).toEqual([200, 200]);
  const next = await rotateKey(store, { id: fresh.id });
  await announceRevocation(redis, fresh.id);
  await eventually(401, () => call(fresh.key), HEARD_MS);
  expect((await call(next.key)).status).toBe(200);
  await expect(rotateKey(store, { id: fresh.id })).rejects.toMatchObject({
    code: "KEY_NOT_FOUND",
  });
});

test("a storm of one key makes one query for it and one for its project", async () => {
  const { db, statements } = counting(feature);
  const app = serve(await openVerifier(db));
  const { projects, key } = await makeTenant(admin);
  const { key: text } = await key();
  const answers = await Promise.all(
    Array.from({ length: 500 }, () => get(app, projects[0]!, bearer(text))),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(Object.fromEntries(statements)).toEqual({ "auth.find_key": 1, "auth.find_project": 1 });
});

test("a flood of invented keys makes few queries at once, and the same one twice none", async () => {
  const { db, statements, most } = counting(feature);
  const app = serve(await openVerifier(db));
  const { projects } = await makeTenant(admin);
  const invented = Array.from({ length: 300 }, () => bearer(formatKey(generateKey())));
  // Each twice at once: what is remembered of a miss lasts a second, which a busy machine may need for 300.
  const twice = invented.flatMap((authorization) => [authorization, authorization]);
  const answers = await Promise.all(
    twice.map((authorization) => get(app, projects[0]!, authorization)),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
  expect(most()).toBeLessThanOrEqual(2);
  expect(statements.get("auth.find_key")).toBe(300);
});

test("a key that cannot be looked up is 503 and never 401, and works again with the database", async () => {
  const proxy = await FaultProxy.start(readStack().pgbouncer.urls["feature"]!);
  const database = await openWorkload("feature", proxy.url);
  onTestFinished(async () => {
    await database.close();
    await proxy.close();
  });
  const app = serve(await openVerifier(database, redis));
  const { projects, key } = await makeTenant(admin);
  const { id, key: text } = await key();
  const call = () => get(app, projects[0]!, bearer(text));
  expect((await call()).status).toBe(200);
  proxy.set({ kind: "reset" });
  expect((await call()).status).toBe(200);
  // The cached entry goes; what is in the database is still a good key.
  await redis.publish(REVOCATION_CHANNEL, id);
  await eventually(503, call, 10_000);
  expect((await call()).body).toMatchObject({ code: "DATABASE_UNAVAILABLE" });
  proxy.set({ kind: "pass" });
  await eventually(200, call, 10_000);
});

test("the text of a key is stored nowhere", async () => {
  const { key } = await makeTenant(admin);
  const { key: text } = await key();
  const { id, secret } = parseKey(text)!;
  const query = sql<{
    row: string;
  }>`select to_jsonb(k)::text as row from auth.api_keys k where key_id = ${id}`;
  const [stored] = await admin.run("test.read_key", query);
  expect(stored?.row).toContain(id);
  expect(stored?.row).not.toContain(secret);
});
