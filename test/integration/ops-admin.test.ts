import { CreatedKeyAnswer, KeyPage } from "@sluice/ops/keys/schemas";
import { readStack } from "@sluice/testing";
import { expect, test } from "vitest";
import { expectOps, ops, readAs, readOps, tenantWithAdmin, uniqueName } from "./ops-api.ts";
import { look } from "./ops-layers.ts";
import { until } from "./until.ts";

/** What feature-api answers this key about a project. */
async function askFeatures(project: string, key: string): Promise<number> {
  const url = `${readStack().services["feature-api"]!.url}/v1/projects/${project}/feature-views`;
  return (await fetch(url, { headers: { authorization: `Bearer ${key}` } })).status;
}

async function actionsOf(tenant: string): Promise<string[]> {
  const { items } = await look("audit-log", `?tenant=${tenant}`);
  return items.map(({ action }) => action);
}

test("a tenant, its project and its keys: made, used in another service, rotated and revoked", async () => {
  const [tenant, project] = [uniqueName(), uniqueName()];
  expect(await expectOps(201, "POST", "/v1/tenants", { name: tenant })).toMatchObject({
    name: tenant,
    created_at: expect.stringMatching(/Z$/),
  });
  const projects = `/v1/tenants/${tenant}/projects`;
  expect(await expectOps(201, "POST", projects, { name: project })).toMatchObject({
    name: project,
    tenant,
  });
  expect(await expectOps(200, "GET", projects)).toMatchObject({
    items: [{ name: project }],
    next_cursor: null,
  });

  const keys = `/v1/tenants/${tenant}/keys`;
  const wanted = { name: "ci", project, scopes: ["features:read"] };
  const created = readAs(CreatedKeyAnswer, await expectOps(201, "POST", keys, wanted));
  expect(created).toMatchObject({ ...wanted, tenant, expires_at: null, revoked_at: null });
  expect(await askFeatures(project, created.key)).toBe(200);

  const grace = { grace_seconds: 3_600 };
  const rotated = readAs(
    CreatedKeyAnswer,
    await expectOps(201, "POST", `${keys}/${created.id}/rotate`, grace),
  );
  expect(rotated.id).not.toBe(created.id);
  expect([
    await askFeatures(project, created.key),
    await askFeatures(project, rotated.key),
  ]).toEqual([200, 200]);

  await expectOps(204, "DELETE", `${keys}/${rotated.id}`);
  await until(
    "the revoked key is refused",
    async () => (await askFeatures(project, rotated.key)) === 401,
    1_000,
  );
  const { items } = await readOps(KeyPage, keys);
  expect(items).toHaveLength(2);
  expect(JSON.stringify(items)).not.toContain(created.key.split("_")[2]);
  expect(await actionsOf(tenant)).toEqual([
    "key.revoke",
    "key.rotate",
    "key.create",
    "project.create",
    "tenant.create",
  ]);
});

test("quotas are set as a whole and read back; what is not named has no limit", async () => {
  const { tenant } = await tenantWithAdmin();
  const path = `/v1/tenants/${tenant}/quotas`;
  const none = { requests_per_second: null, concurrent_requests: null, running_jobs: null };
  expect(await expectOps(200, "GET", path)).toEqual(none);
  const body = { requests_per_second: 50, running_jobs: 3 };
  expect(await expectOps(200, "PUT", path, body)).toEqual({ ...none, ...body });
  expect(await expectOps(200, "PUT", path, { concurrent_requests: 0 })).toEqual({
    ...none,
    concurrent_requests: 0,
  });
});

test("a repeated request with its Idempotency-Key makes one thing, and gets the same answer", async () => {
  const { tenant } = await tenantWithAdmin();
  const path = `/v1/tenants/${tenant}/keys`;
  const headers = { "idempotency-key": uniqueName() };
  const body = { name: "n", scopes: ["jobs:read"] };
  const answers = await Promise.all(
    [1, 2, 3, 4].map(() => expectOps(201, "POST", path, body, { headers })),
  );
  expect(new Set(answers.map((answer) => readAs(CreatedKeyAnswer, answer).key)).size).toBe(1);
  const { items } = await readOps(KeyPage, path);
  expect(items).toHaveLength(2);
  const other = { ...body, name: "another" };
  expect(await ops("POST", path, other, { headers })).toMatchObject({
    status: 422,
    body: { code: "IDEMPOTENCY_KEY_REUSED" },
  });
});

test("what failed leaves the Idempotency-Key unused, and no line in the audit log", async () => {
  const [tenant, project] = [uniqueName(), uniqueName()];
  const headers = { "idempotency-key": uniqueName() };
  const create = (): ReturnType<typeof ops> =>
    ops("POST", `/v1/tenants/${tenant}/projects`, { name: project }, { headers });
  expect(await create()).toMatchObject({ status: 404, body: { code: "TENANT_NOT_FOUND" } });
  expect(await actionsOf(tenant)).toEqual([]);
  await expectOps(201, "POST", "/v1/tenants", { name: tenant });
  expect(await create()).toMatchObject({ status: 201 });
});

test("a tenant's administrator governs that tenant and no other", async () => {
  const [own, other] = [await tenantWithAdmin(), await tenantWithAdmin()];
  const as = { key: own.key };
  await expectOps(201, "POST", `/v1/tenants/${own.tenant}/projects`, { name: own.tenant }, as);
  expect(await expectOps(200, "GET", "/v1/tenants", undefined, as)).toMatchObject({
    items: [{ name: own.tenant }],
  });
  const foreign: [string, string, unknown?][] = [
    ["POST", `/v1/tenants/${other.tenant}/projects`, { name: uniqueName() }],
    ["GET", `/v1/tenants/${other.tenant}/projects`],
    ["POST", `/v1/tenants/${other.tenant}/keys`, { name: "n", scopes: ["jobs:read"] }],
    ["GET", `/v1/tenants/${other.tenant}/keys`],
    ["POST", `/v1/tenants/${other.tenant}/keys/${other.id}/rotate`, {}],
    ["DELETE", `/v1/tenants/${other.tenant}/keys/${other.id}`],
    ["GET", `/v1/tenants/${other.tenant}/quotas`],
  ];
  for (const [method, path, body] of foreign) {
    const absent = path.replace(other.tenant, uniqueName());
    const answers = [await ops(method, path, body, as), await ops(method, absent, body, as)];
    expect(answers, `${method} ${path}`).toMatchObject([
      { status: 404, body: { code: "TENANT_NOT_FOUND" } },
      { status: 404, body: { code: "TENANT_NOT_FOUND" } },
    ]);
  }
  const stolen = `/v1/tenants/${own.tenant}/keys/${other.id}`;
  expect(await ops("DELETE", stolen, undefined, as)).toMatchObject({
    status: 404,
    body: { code: "KEY_NOT_FOUND" },
  });
  for (const [method, path, body] of [
    ["POST", "/v1/tenants", { name: uniqueName() }],
    ["PUT", `/v1/tenants/${own.tenant}/quotas`, {}],
    ["GET", "/v1/ops/audit-log", undefined],
  ] as const) {
    expect(await ops(method, path, body, as), path).toMatchObject({
      status: 403,
      body: { code: "FORBIDDEN" },
    });
  }
});

test("a key without the scope is refused, and so is none", async () => {
  const { demo } = readStack().keys;
  for (const path of ["/v1/tenants", "/v1/tenants/demo/keys", "/v1/tenants/demo/quotas"]) {
    expect(await ops("GET", path, undefined, { key: demo }), path).toMatchObject({
      status: 403,
      body: { code: "FORBIDDEN", scope: "admin" },
    });
    expect((await ops("GET", path, undefined, { key: "none" })).status, path).toBe(401);
  }
});

test("bad input gets a precise refusal", async () => {
  const { tenant, id } = await tenantWithAdmin();
  const keys = `/v1/tenants/${tenant}/keys`;
  const key = { name: "n", scopes: ["jobs:read"] };
  const taken = uniqueName();
  await expectOps(201, "POST", `/v1/tenants/${tenant}/projects`, { name: taken });
  const cases: [string, string, unknown, number, string][] = [
    ["POST", "/v1/tenants", "{", 400, "INVALID_JSON"],
    ["POST", "/v1/tenants", {}, 422, "VALIDATION_FAILED"],
    ["POST", "/v1/tenants", { name: "Upper" }, 422, "VALIDATION_FAILED"],
    ["POST", "/v1/tenants", { name: uniqueName(), more: 1 }, 422, "UNKNOWN_FIELD"],
    ["POST", "/v1/tenants", { name: tenant }, 409, "ALREADY_EXISTS"],
    ["POST", `/v1/tenants/${tenant}/projects`, { name: taken }, 409, "ALREADY_EXISTS"],
    ["POST", keys, { ...key, scopes: [] }, 422, "VALIDATION_FAILED"],
    ["POST", keys, { ...key, scopes: ["ops:read"] }, 422, "VALIDATION_FAILED"],
    ["POST", keys, { ...key, scopes: ["everything"] }, 422, "VALIDATION_FAILED"],
    ["POST", keys, { ...key, project: "demo" }, 404, "PROJECT_NOT_FOUND"],
    ["POST", keys, { ...key, project: "\0" }, 422, "VALIDATION_FAILED"],
    ["POST", keys, { ...key, name: "\0" }, 422, "VALIDATION_FAILED"],
    ["POST", keys, { ...key, expires_at: "tomorrow" }, 422, "VALIDATION_FAILED"],
    ["POST", keys, { ...key, expires_at: "2099-02-30T00:00:00Z" }, 422, "VALIDATION_FAILED"],
    ["POST", keys, { ...key, expires_at: "2020-01-01T00:00:00Z" }, 422, "VALIDATION_FAILED"],
    ["POST", `${keys}/${id}/rotate`, { grace_seconds: -1 }, 422, "VALIDATION_FAILED"],
    ["POST", `${keys}/nothing/rotate`, {}, 404, "KEY_NOT_FOUND"],
    ["DELETE", `${keys}/nothing`, undefined, 404, "KEY_NOT_FOUND"],
    ["DELETE", `${keys}/%00`, undefined, 422, "VALIDATION_FAILED"],
    ["PUT", `/v1/tenants/${tenant}/quotas`, { running_jobs: -1 }, 422, "VALIDATION_FAILED"],
    ["PUT", `/v1/tenants/${tenant}/quotas`, { running_jobs: "3" }, 422, "VALIDATION_FAILED"],
    ["PUT", `/v1/tenants/${uniqueName()}/quotas`, {}, 404, "TENANT_NOT_FOUND"],
    ["GET", "/v1/tenants?limit=0", undefined, 422, "VALIDATION_FAILED"],
    ["GET", "/v1/tenants?cursor=abc", undefined, 422, "VALIDATION_FAILED"],
    ["GET", "/v1/ops/audit-log?cursor=abc", undefined, 422, "VALIDATION_FAILED"],
  ];
  for (const [method, path, body, status, code] of cases) {
    const answer = await ops(method, path, body);
    expect(answer, `${method} ${path} ${JSON.stringify(body)}`).toMatchObject({
      status,
      body: { code },
    });
  }
});

test("the audit log is paged from the newest, and says who acted and in which request", async () => {
  const { tenant, key, id } = await tenantWithAdmin();
  const keys = `/v1/tenants/${tenant}/keys`;
  for (const name of ["a", "b"])
    await expectOps(201, "POST", keys, { name, scopes: ["jobs:read"] }, { key });
  const query = `?tenant=${tenant}&limit=3`;
  const first = await look("audit-log", query);
  const second = await look("audit-log", `${query}&cursor=${first.next_cursor}`);
  expect(second.next_cursor).toBeNull();
  const entries = [...first.items, ...second.items];
  expect(entries.map(({ action, details }) => [action, details["name"]])).toEqual([
    ["key.create", "b"],
    ["key.create", "a"],
    ["key.create", "its administrator"],
    ["tenant.create", undefined],
  ]);
  expect(entries[0]).toMatchObject({ actor: `key:${id}`, tenant, request_id: expect.any(String) });
  expect(JSON.stringify(entries)).not.toContain(key.split("_")[2]);
});
