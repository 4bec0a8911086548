import { once } from "node:events";
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { json } from "node:stream/consumers";
import { SluiceError } from "@sluice/errors";
import { expect, onTestFinished, test } from "vitest";
import { makeServer } from "./fixture.ts";

/** A server with room for two, whose "/work" ends when told to. */
async function makeNarrow(
  tenantOf: (headers: IncomingHttpHeaders) => string | undefined = () => "all",
  refusalOf: (tenant: string) => SluiceError | undefined = () => undefined,
) {
  const { app, lines, open } = makeServer({
    admission: { maxQueueMs: 0, targetQueueMs: 0, burst: 2, minInFlight: 2 },
    quotas: { admit: () => undefined, tenantOf, refusalOf },
  });
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const scope = "features:read";
  const work = async (): Promise<object> => {
    await released;
    return { done: true };
  };
  app.route({ method: ["GET", "POST"], url: "/work", config: { scope }, handler: work });
  app.get("/open", { config: { public: true } }, () => ({ done: true }));
  app.get("/stream", { config: { scope, timeoutMs: null } }, () => ({ done: true }));
  app.get(
    "/other",
    { config: { scope, renderProblem: ({ code }) => ({ contentType: "text/x", body: code }) } },
    work,
  );
  const { url, internalUrl } = await open();
  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url + path, { headers: { authorization: "Bearer good", ...headers } });
  const metrics = async (): Promise<string> => (await fetch(`${internalUrl}/metrics`)).text();
  return { app, lines, url, get, metrics, release };
}

test("what cannot be answered soon is refused at its head, with Retry-After, and counted", async () => {
  const { app, lines, get, metrics, release } = await makeNarrow();
  const admitted = [get("/work"), get("/work")];
  await expect.poll(() => app.traffic.inFlight).toBe(2);

  const refused = await get("/work", { "x-request-id": "r1" });
  expect(refused.status).toBe(503);
  expect(refused.headers.get("content-type")).toBe("application/problem+json");
  expect(refused.headers.get("x-request-id")).toBe("r1");
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  expect(await refused.json()).toMatchObject({
    type: "/docs/errors#POOL_SATURATED",
    status: 503,
    code: "POOL_SATURATED",
    detail: expect.stringContaining("later") as string,
    request_id: "r1",
  });
  admitted.push(get("/other"), get("/other"));
  await expect.poll(() => app.traffic.inFlight).toBe(4);
  const other = await get("/other");
  expect([other.status, other.headers.get("content-type"), await other.text()]).toEqual([
    503,
    "text/x",
    "POOL_SATURATED",
  ]);
  expect((await get("/open")).status).toBe(200);
  expect((await get("/stream")).status).toBe(200);
  expect((await get("/nothing")).status).toBe(404);

  release();
  expect((await Promise.all(admitted)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect((await get("/work")).status).toBe(200);
  expect(await metrics()).toMatch(
    /http_requests_shed_total\{[^}]*reason="POOL_SATURATED"[^}]*\} 2/,
  );
  expect(JSON.stringify(lines)).not.toContain("r1");
});

test("a tenant with no request in hand is admitted while another's have all places", async () => {
  const { app, get, release } = await makeNarrow(({ "x-tenant": tenant }) => tenant as string);
  const flood = { "x-tenant": "flood" };
  const admitted = [get("/work", flood), get("/work", flood)];
  await expect.poll(() => app.traffic.inFlight).toBe(2);
  expect((await get("/work", flood)).status).toBe(503);
  admitted.push(get("/work", { "x-tenant": "other" }));
  await expect.poll(() => app.traffic.inFlight).toBe(3);
  expect((await get("/work", flood)).status).toBe(503);
  expect((await get("/work", { "x-tenant": "other" })).status).toBe(503);
  release();
  expect((await Promise.all(admitted)).map(({ status }) => status)).toEqual([200, 200, 200]);
});

test("who is taken in during overload waits for their turn, or until they go away or their time is over", async () => {
  const { app, url, get, release } = await makeNarrow(({ "x-tenant": tenant }) => tenant as string);
  const admitted = [get("/work", { "x-tenant": "flood" }), get("/work", { "x-tenant": "flood" })];
  await expect.poll(() => app.traffic.inFlight).toBe(2);
  expect((await get("/work", { "x-tenant": "flood" })).status).toBe(503);

  // No key of theirs has been looked at.
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write("GET /work HTTP/1.1\r\nhost: x\r\nx-tenant: leaver\r\n\r\n");
  await expect.poll(() => app.traffic.inFlight).toBe(3);
  socket.destroy();
  await expect.poll(() => app.traffic.inFlight).toBe(2);
  const hasty = await get("/work", { "x-tenant": "hasty", "x-request-timeout-ms": "50" });
  expect([hasty.status, ((await hasty.json()) as { code: string }).code]).toEqual([
    504,
    "DEADLINE_EXCEEDED",
  ]);

  admitted.push(get("/work", { "x-tenant": "other" }));
  await expect.poll(() => app.traffic.inFlight).toBe(3);
  release();
  expect((await Promise.all(admitted)).map(({ status }) => status)).toEqual([200, 200, 200]);
});

test("a tenant over its quota is refused at the head of each request, and nobody else is", async () => {
  const over = new SluiceError("QUOTA_EXCEEDED", "Later.", { extra: { limit: 7 } });
  const { get, lines, metrics, release } = await makeNarrow(
    ({ "x-tenant": tenant }) => tenant as string,
    (tenant) => (tenant === "over" ? over : undefined),
  );
  release();
  const refused = await get("/work", { "x-tenant": "over", "x-request-id": "r1" });
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
  const problem = { code: "QUOTA_EXCEEDED", detail: "Later.", limit: 7, request_id: "r1" };
  expect(await refused.json()).toMatchObject(problem);
  expect((await get("/stream", { "x-tenant": "over" })).status).toBe(429);
  expect((await get("/open", { "x-tenant": "over" })).status).toBe(200);
  expect((await get("/work", { "x-tenant": "other" })).status).toBe(200);
  expect(await metrics()).toMatch(
    /http_requests_shed_total\{[^}]*reason="QUOTA_EXCEEDED"[^}]*\} 2/,
  );
  expect(JSON.stringify(lines)).not.toContain("r1");
});

test("a hundred that are refused and come back too early hear it again, and are answered in the end", async () => {
  const { app, url, get, release } = await makeNarrow();
  const admitted = [get("/work"), get("/work")];
  await expect.poll(() => app.traffic.inFlight).toBe(2);
  const agents = Array.from({ length: 100 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  onTestFinished(() => agents.forEach((agent) => agent.destroy()));
  const all = (path: string) =>
    Promise.all(
      agents.map(async (agent) => {
        const sent = request(url + path, { agent, headers: { authorization: "Bearer good" } });
        sent.end();
        const [answer] = (await once(sent, "response")) as [IncomingMessage];
        const port = answer.socket.localPort;
        await json(answer);
        return { status: answer.statusCode, port };
      }),
    );
  const refused = await all("/work");
  expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([503]));
  expect(await all("/work")).toEqual(refused);
  release();
  await Promise.all(admitted);
  expect(await all("/open")).toEqual(refused.map(({ port }) => ({ status: 200, port })));
});

test("clients that go away after they were refused leave nothing behind", async () => {
  const { app, url, get, metrics, release } = await makeNarrow();
  const admitted = [get("/work"), get("/work")];
  await expect.poll(() => app.traffic.inFlight).toBe(2);
  // So many that most are not read again for some milliseconds.
  const sockets = Array.from({ length: 100 }, () =>
    connect(Number(new URL(url).port), "127.0.0.1"),
  );
  for (const socket of sockets) {
    socket.on("error", () => undefined);
    socket.write("GET /work HTTP/1.1\r\nhost: x\r\n\r\n");
  }
  const shed = /http_requests_shed_total\{[^}]*\} 100/;
  let seen = 0;
  app.server.on("request", () => {
    seen += 1;
    if (seen === sockets.length) for (const socket of sockets) socket.destroy();
  });
  await expect.poll(metrics).toMatch(shed);
  release();
  expect((await Promise.all(admitted)).map(({ status }) => status)).toEqual([200, 200]);
  expect((await get("/open")).status).toBe(200);
});

test("a refused connection is used again, with whatever body came", async () => {
  const { app, url, get, release } = await makeNarrow();
  const admitted = [get("/work"), get("/work")];
  await expect.poll(() => app.traffic.inFlight).toBe(2);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const post = async (bytes: number) => {
    const headers = { authorization: "Bearer good", "content-type": "application/json" };
    const sent = request(`${url}/work`, { method: "POST", agent, headers });
    sent.end(JSON.stringify("x".repeat(bytes)));
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    const port = answer.socket.localPort;
    await json(answer);
    return { status: answer.statusCode, port };
  };
  const first = await post(10);
  expect(first.status).toBe(503);
  expect(await post(1_000_000)).toEqual(first);
  expect(await post(10)).toEqual(first);
  release();
  await Promise.all(admitted);
  expect(await post(10)).toEqual({ ...first, status: 200 });
});
