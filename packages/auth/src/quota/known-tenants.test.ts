import { expect, test } from "vitest";
import { formatKey, generateKey } from "../api-key.ts";
import { KnownTenants } from "./known-tenants.ts";

const bearer = (key: ReturnType<typeof generateKey>) => ({
  authorization: `Bearer ${formatKey(key)}`,
});

test("the tenant of a key is known once the key was verified", () => {
  const tenants = new KnownTenants();
  const key = generateKey();
  expect(tenants.of(bearer(key))).toBeUndefined();
  tenants.note({ keyId: key.id, tenantId: "t1" });
  expect(tenants.of(bearer(key))).toBe("t1");
  expect(tenants.of({})).toBeUndefined();
  expect(tenants.of({ authorization: "Bearer nonsense" })).toBeUndefined();
});

test("all keys of a tenant stand for it, and keys of no tenant for the platform", () => {
  const tenants = new KnownTenants();
  const [one, two, platform] = [generateKey(), generateKey(), generateKey()];
  for (const key of [one, two]) tenants.note({ keyId: key.id, tenantId: "t1" });
  tenants.note({ keyId: platform.id, tenantId: null });
  expect([one, two, platform].map((key) => tenants.of(bearer(key)))).toEqual([
    "t1",
    "t1",
    "platform",
  ]);
});
