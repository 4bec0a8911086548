import { expect, test } from "vitest";
import { isAtLeast, parsePgbouncerVersion } from "./version.ts";

test("the version is read from `pgbouncer --version` and SHOW VERSION", () => {
  expect(parsePgbouncerVersion("PgBouncer 1.18.0\nlibevent 2.1.12-stable\n")).toEqual({
    major: 1,
    minor: 18,
  });
  expect(parsePgbouncerVersion("PgBouncer version 1.9.0")).toEqual({ major: 1, minor: 9 });
  expect(() => parsePgbouncerVersion("pgcat 1.2")).toThrow("No version of PgBouncer in: pgcat 1.2");
});

test("versions are compared as numbers", () => {
  expect(isAtLeast({ major: 1, minor: 9 }, { major: 1, minor: 18 })).toBe(false);
  expect(isAtLeast({ major: 1, minor: 21 }, { major: 1, minor: 21 })).toBe(true);
  expect(isAtLeast({ major: 2, minor: 0 }, { major: 1, minor: 21 })).toBe(true);
});
