import { expect, test } from "vitest";
import { SCOPES, isScope, refuseScope } from "./scope.ts";

test("a tenant's key may have every scope but those of the installation", () => {
  const refused = SCOPES.filter((scope) => refuseScope(scope, false) !== undefined);
  expect(refused).toEqual(["ops:read", "ops:write"]);
});

test("a key bound to a project may not govern its tenant", () => {
  const refused = SCOPES.filter((scope) => refuseScope(scope, true) !== undefined);
  expect(refused).toEqual(["ops:read", "ops:write", "admin"]);
});

test("what is not a scope is refused with the list of those that are", () => {
  expect(isScope("features")).toBe(false);
  expect(refuseScope("features", false)).toContain("features:read, features:write");
});
