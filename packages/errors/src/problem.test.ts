import { expect, test } from "vitest";
import { SluiceError, toProblem } from "./index.ts";

function fastifyError(code: string, statusCode: number, message = "Fastify says so") {
  return Object.assign(new Error(message), { code, statusCode });
}

test("a coded error keeps code, status, title, detail and its extra members", () => {
  const error = new SluiceError("TOO_MANY_ROWS", "7000 rows in one call; the limit is 5000.", {
    extra: { limit: 5000 },
  });
  expect(toProblem(error, "r1")).toEqual({
    type: "/docs/errors#TOO_MANY_ROWS",
    title: "Too many rows or ids in one call",
    status: 422,
    code: "TOO_MANY_ROWS",
    detail: "7000 rows in one call; the limit is 5000.",
    request_id: "r1",
    limit: 5000,
  });
});

test("extra members cannot replace the standard ones", () => {
  const error = new SluiceError("FORBIDDEN", "No.", { extra: { status: 200, code: "X" } });
  expect(toProblem(error, "r1")).toMatchObject({ status: 403, code: "FORBIDDEN" });
});

test.each([
  new Error("relation secret_table does not exist"),
  "a thrown string with secret_table",
  undefined,
  new SluiceError("INTERNAL", "secret_table", { extra: { query: "secret_table" } }),
  new SluiceError("CONFIG_INVALID", "secret_table"),
  fastifyError("FST_ERR_REP_INVALID_PAYLOAD_TYPE", 500, "secret_table"),
  Object.assign(new Error("secret_table"), { code: "42P01", statusCode: 404 }),
])("what is not meant for clients is a 500 without internals (%#)", (thrown) => {
  const problem = toProblem(thrown, "r1");
  expect(problem.status).toBe(500);
  expect(problem.detail).toContain("r1");
  expect(JSON.stringify(problem)).not.toContain("secret_table");
});

test.each([
  ["FST_ERR_CTP_BODY_TOO_LARGE", 413, "PAYLOAD_TOO_LARGE"],
  ["FST_ERR_CTP_INVALID_MEDIA_TYPE", 415, "UNSUPPORTED_MEDIA_TYPE"],
  ["FST_ERR_CTP_INVALID_CONTENT_LENGTH", 400, "INVALID_REQUEST"],
  ["FST_ERR_CTP_EMPTY_JSON_BODY", 400, "INVALID_JSON"],
  ["FST_ERR_BAD_URL", 400, "INVALID_REQUEST"],
  ["FST_ERR_NOT_FOUND", 404, "NOT_FOUND"],
])("Fastify's %s is %s %s", (code, status, expected) => {
  const problem = toProblem(fastifyError(code, status), "r1");
  expect(problem).toMatchObject({ status, code: expected, detail: "Fastify says so" });
});

test("Retry-After comes from the code unless the error states its own", () => {
  expect(new SluiceError("POOL_SATURATED", "Full.").retryAfterSeconds).toBe(1);
  expect(
    new SluiceError("QUOTA_EXCEEDED", "Over.", { retryAfterSeconds: 0.2 }).retryAfterSeconds,
  ).toBe(0.2);
  expect(new SluiceError("NOT_FOUND", "None.").retryAfterSeconds).toBeUndefined();
});
