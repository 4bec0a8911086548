import { once } from "node:events";
import { connect } from "node:net";
import { SluiceError } from "@sluice/errors";
import { Type } from "typebox";
import { expect, onTestFinished, test } from "vitest";
import { makeServer } from "./fixture.ts";

const PUBLIC = { config: { public: true } } as const;
const JSON_HEADERS = { "content-type": "application/json" };

const post = (body: string, headers: Record<string, string> = JSON_HEADERS) => ({
  method: "POST",
  body,
  headers,
});

async function openEcho() {
  const fixture = makeServer();
  const { app } = fixture;
  const body = Type.Object({
    name: Type.String({ minLength: 1 }),
    limit: Type.Integer({ default: 10 }),
    features: Type.Optional(Type.Array(Type.Object({ type: Type.Enum(["int64", "string"]) }))),
    spec: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  });
  app.post("/echo", { ...PUBLIC, schema: { body } }, (request) => request.body);
  app.post("/any", PUBLIC, (request) => typeof request.body);
  app.post(
    "/lenient",
    {
      config: { public: true, allowUnknownFields: true, nonFiniteAsNull: true },
      schema: { body: Type.Object({ a: Type.Unknown() }) },
    },
    (request) => request.body,
  );
  app.get(
    "/query",
    { ...PUBLIC, schema: { querystring: Type.Object({ limit: Type.Integer({ maximum: 1000 }) }) } },
    (request) => request.query,
  );
  app.get("/internal", PUBLIC, () => {
    throw new Error("postgres://u:hunter2@h/d is down");
  });
  app.get("/overloaded", PUBLIC, () => {
    throw new SluiceError("POOL_SATURATED", "100 requests wait already.", {
      retryAfterSeconds: 1.2,
    });
  });
  app.get(
    "/feast",
    {
      config: {
        public: true,
        renderProblem: ({ detail }) => ({
          contentType: "application/json",
          body: JSON.stringify(JSON.stringify({ message: detail })),
        }),
      },
    },
    () => {
      throw new SluiceError("UNKNOWN_FEATURE", "There is no v:f.");
    },
  );
  const { url, internalUrl } = await fixture.open();
  const problemOf = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(url + path, init);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    const problem = (await response.json()) as Record<string, unknown>;
    expect(problem["status"]).toBe(response.status);
    expect(problem["request_id"]).toBe(response.headers.get("x-request-id"));
    return { response, problem };
  };
  return { ...fixture, url, internalUrl, problemOf };
}

test("a sane request id is kept, another replaced, and every answer has one", async () => {
  const { url } = await openEcho();
  const idOf = async (path: string, id?: string) => {
    const response = await fetch(url + path, {
      headers: id === undefined ? {} : { "x-request-id": id },
    });
    return response.headers.get("x-request-id");
  };
  expect(await idOf("/query?limit=1", "run-7:a.b_C")).toBe("run-7:a.b_C");
  expect(await idOf("/nowhere", "r1")).toBe("r1");
  expect(await idOf("/%zz", "r2")).toBe("r2");
  for (const bad of ["a b", "x".repeat(129), '"{}']) {
    expect(await idOf("/query?limit=1", bad)).toMatch(/^[0-9a-f-]{36}$/);
  }
  expect(await idOf("/internal")).toMatch(/^[0-9a-f-]{36}$/);
});

test("a body that departs from the schema is told every fault", async () => {
  const { problemOf } = await openEcho();
  const { problem } = await problemOf(
    "/echo",
    post('{"limit":"5","features":[{"type":"int64"},{"type":"decimal"}]}'),
  );
  expect(problem).toMatchObject({ status: 422, code: "VALIDATION_FAILED" });
  expect(problem["errors"]).toEqual([
    { path: "body/name", message: "is required" },
    { path: "body/limit", message: "must be integer" },
    { path: "body/features/1/type", message: "must be one of int64, string" },
  ]);
});

test("an unknown field is refused and named at any depth, unless the route lets it pass", async () => {
  const { url, problemOf } = await openEcho();
  const { problem } = await problemOf(
    "/echo",
    post('{"name":"a","nmae":1,"features":[{"type":"int64","x":1}]}'),
  );
  expect(problem).toMatchObject({ status: 422, code: "UNKNOWN_FIELD", fields: ["nmae", "x"] });
  expect(problem["errors"]).toContainEqual({
    path: "body/features/0/x",
    message: "is not known; known are type",
  });
  const free = await fetch(`${url}/echo`, post('{"name":"a","spec":{"anything":{"goes":1}}}'));
  expect(await free.json()).toEqual({ name: "a", limit: 10, spec: { anything: { goes: 1 } } });
  const lenient = await fetch(`${url}/lenient`, post('{"a":NaN,"extra":1}'));
  expect(await lenient.json()).toEqual({ a: null, extra: 1 });
});

test("a large bad body is refused by its first fault", async () => {
  const { problemOf } = await openEcho();
  const features = Array.from({ length: 50_000 }, () => ({ type: "x", y: 1 }));
  const { problem } = await problemOf("/echo", post(JSON.stringify({ name: "a", features })));
  expect(problem["errors"]).toHaveLength(1);
});

test("query values are converted, body values are not", async () => {
  const { url, problemOf } = await openEcho();
  expect(await (await fetch(`${url}/query?limit=5`)).json()).toEqual({ limit: 5 });
  const { problem } = await problemOf("/query?limit=5000");
  expect(problem["errors"]).toEqual([{ path: "query/limit", message: "must be <= 1000" }]);
  const big = await problemOf("/echo", post('{"name":"a","limit":9007199254740993}'));
  expect(big.problem["detail"]).toBe("body/limit must be between -(2^53-1) and 2^53-1.");
});

test.each<[string, number, string, string, Record<string, string>]>([
  ["malformed JSON", 400, "INVALID_JSON", '{"name":}', JSON_HEADERS],
  ["an empty body", 400, "INVALID_JSON", "", JSON_HEADERS],
  ["a forbidden key", 400, "INVALID_JSON", '{"__proto__":{}}', JSON_HEADERS],
  ["a body that is too large", 413, "PAYLOAD_TOO_LARGE", `"${"x".repeat(16 << 20)}"`, JSON_HEADERS],
  ["text", 415, "UNSUPPORTED_MEDIA_TYPE", "hello", { "content-type": "text/plain" }],
  ["a broken media type", 415, "UNSUPPORTED_MEDIA_TYPE", "{}", { "content-type": "json" }],
  ["null", 422, "VALIDATION_FAILED", "null", JSON_HEADERS],
])("%s is %d %s", async (_what, status, code, body, headers) => {
  const { problemOf } = await openEcho();
  const { problem } = await problemOf("/echo", post(body, headers));
  expect(problem).toMatchObject({ status, code, type: `/docs/errors#${code}` });
});

test("an empty body is no body where the route wants none", async () => {
  const { url } = await openEcho();
  expect(await (await fetch(`${url}/any`, post(""))).text()).toBe("undefined");
});

test("an unknown path is 404, another method 405 with Allow", async () => {
  const { problemOf } = await openEcho();
  expect((await problemOf("/nowhere?x=1")).problem).toMatchObject({ code: "NOT_FOUND" });
  const { response, problem } = await problemOf("/query?limit=1", { method: "DELETE" });
  expect(problem).toMatchObject({ status: 405, code: "METHOD_NOT_ALLOWED" });
  expect(response.headers.get("allow")).toBe("GET, HEAD");
});

test("an unknown path is refused before the body has come", async () => {
  const { url } = await openEcho();
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.write("POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n");
  socket.write("Content-Length: 9000000\r\n\r\n[");
  const [chunk] = (await once(socket, "data")) as [Buffer];
  expect(String(chunk)).toMatch(/^HTTP\/1\.1 404 /);
});

test("a compressed body is 415, and says why", async () => {
  const { problemOf } = await openEcho();
  const headers = { ...JSON_HEADERS, "content-encoding": "gzip" };
  const { problem } = await problemOf("/echo", post('{"name":"a"}', headers));
  expect(problem).toMatchObject({ code: "UNSUPPORTED_MEDIA_TYPE" });
  expect(problem["detail"]).toContain('"gzip"');
});

test("a fault carries no internals and its cause is logged with the request id", async () => {
  const { lines, problemOf } = await openEcho();
  const { problem } = await problemOf("/internal");
  expect(problem).toMatchObject({ status: 500, code: "INTERNAL" });
  expect(JSON.stringify(problem)).not.toContain("hunter2");
  const line = lines.find((l) => l["level"] === "error");
  expect(line).toMatchObject({ request_id: problem["request_id"], code: "INTERNAL" });
  expect(line).toMatchObject({ err: { message: "postgres://u:[redacted]@h/d is down" } });
});

test("overload says when to come back and is counted", async () => {
  const { internalUrl, problemOf } = await openEcho();
  const { response, problem } = await problemOf("/overloaded");
  expect(problem).toMatchObject({ status: 503, code: "POOL_SATURATED" });
  expect(response.headers.get("retry-after")).toBe("2");
  const metrics = await (await fetch(`${internalUrl}/metrics`)).text();
  expect(metrics).toContain(
    'http_requests_shed_total{reason="POOL_SATURATED",service="fixture"} 1',
  );
});

test("a compatibility route renders problems in its own shape", async () => {
  const { url } = await openEcho();
  const response = await fetch(`${url}/feast`);
  expect(response.status).toBe(422);
  expect(JSON.parse((await response.json()) as string)).toEqual({ message: "There is no v:f." });
});

test("a route with neither scope nor public, or with both, is refused", () => {
  const { app } = makeServer();
  expect(() => app.get("/open", () => "x")).toThrow(/must declare either/);
  const config = { scope: "features:read", public: true } as const;
  expect(() => app.get("/both", { config }, () => "x")).toThrow(/must declare either/);
});

test("a scoped route knows its principal, before any body is read", async () => {
  const { app, open } = makeServer();
  const config = { scope: "features:read" };
  app.post("/mine", { config }, (request) => request.principal);
  app.get("/other", { config: { scope: "admin" } }, () => "x");
  const { url } = await open();
  const send = (path: string, key: string, init: RequestInit = {}) =>
    fetch(url + path, { ...init, headers: { ...JSON_HEADERS, authorization: `Bearer ${key}` } });
  expect(await (await send("/mine", "good", { method: "POST", body: "{}" })).json()).toEqual({
    keyId: "good",
  });
  const refused = await send("/mine", "bad", { method: "POST", body: "{not json" });
  expect(refused.status).toBe(401);
  expect(refused.headers.get("www-authenticate")).toBe('Bearer realm="sluice"');
  const forbidden = await send("/other", "good");
  expect(await forbidden.json()).toMatchObject({ code: "FORBIDDEN", scope: "admin" });
});
