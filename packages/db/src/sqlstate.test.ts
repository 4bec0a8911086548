import { expect, test } from "vitest";
import { isCancelled, isGone, isUniqueViolation, neverRan, spoilsConnection } from "./sqlstate.ts";

const error = (code: string, rest: object = {}): Error =>
  Object.assign(new Error("x"), { code, ...rest });

test.each([
  "57P01",
  "57P02",
  "57P03",
  "53300",
  "08006",
  "08P01",
  "ECONNREFUSED",
  "CONNECTION_CLOSED",
])("%s: the connection is gone", (code) => expect(isGone(error(code))).toBe(true));

test.each(["23505", "57014", "40P01", "22012", "POOL_TIMEOUT", ""])(
  "%s: the connection is fine",
  (code) => {
    expect(isGone(error(code))).toBe(false);
  },
);

test("conflicts and the pooler's own refusals certainly did nothing", () => {
  expect(neverRan(error("40P01"))).toBe(true);
  expect(neverRan(error("40001"))).toBe(true);
  const refusal = error("08P01", {
    message: "server login has been failing, cached error: x (server_login_retry)",
  });
  expect(neverRan(refusal)).toBe(true);
  expect(neverRan(error("08P01", { message: "invalid message format" }))).toBe(false);
  expect(neverRan(error("57P01"))).toBe(false);
});

test("a fatal error of the server spoils the connection", () => {
  expect(spoilsConnection(error("25P03", { severity: "FATAL" }))).toBe(true);
  expect(spoilsConnection(error("23505", { severity: "ERROR" }))).toBe(false);
});

test("what the driver can't send or read spoils the connection: the answer is still on its way", () => {
  expect(spoilsConnection(error("MAX_PARAMETERS_EXCEEDED"))).toBe(true);
  expect(spoilsConnection(new RangeError("Invalid time value"))).toBe(true);
});

test("unique violations are told apart by constraint", () => {
  const violation = error("23505", { constraint_name: "projects_name_key" });
  expect(isUniqueViolation(violation)).toBe(true);
  expect(isUniqueViolation(violation, "projects_name_key")).toBe(true);
  expect(isUniqueViolation(violation, "tenants_name_key")).toBe(false);
  expect(isUniqueViolation(null)).toBe(false);
});

test("a cancelled statement is one that the server gave up", () => {
  expect(isCancelled(error("57014"))).toBe(true);
});
