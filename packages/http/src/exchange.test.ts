import { once } from "node:events";
import { type Socket, connect } from "node:net";
import type { SluiceError } from "@sluice/errors";
import { setImmediate } from "node:timers/promises";
import { currentContext } from "@sluice/telemetry";
import type { FastifyRequest } from "fastify";
import { expect, test } from "vitest";
import { makeServer } from "./fixture.ts";

const PUBLIC = { config: { public: true } } as const;

/** Handlers of /wait wait for their signal; `arrived` and `ended` tell the test of each. */
async function openWaiting(requestTimeoutMs?: number) {
  const fixture = makeServer(requestTimeoutMs === undefined ? {} : { requestTimeoutMs });
  const arrived: PromiseWithResolvers<FastifyRequest>[] = [];
  const ended: PromiseWithResolvers<SluiceError>[] = [];
  const at = <T>(list: PromiseWithResolvers<T>[], i: number) =>
    (list[i] ??= Promise.withResolvers<T>());
  let count = 0;
  fixture.app.get("/wait", PUBLIC, async (request) => {
    const i = count++;
    const signal = currentContext()?.signal as AbortSignal;
    at(arrived, i).resolve(request);
    if (!signal.aborted) await once(signal, "abort");
    at(ended, i).resolve(signal.reason as SluiceError);
    throw signal.reason;
  });
  fixture.app.get("/deaf", PUBLIC, async () => {
    await new Promise(() => undefined);
  });
  const listening = await fixture.open();
  const raw = async (): Promise<Socket> => {
    const socket = connect(Number(new URL(listening.url).port), "127.0.0.1");
    await once(socket, "connect");
    return socket;
  };
  return {
    ...fixture,
    ...listening,
    raw,
    arrival: (i: number) => at(arrived, i).promise,
    end: (i: number) => at(ended, i).promise,
  };
}

const GET_WAIT = "GET /wait HTTP/1.1\r\nhost: x\r\n\r\n";

test("the context is live in handlers and hooks, with and without a body that comes in pieces", async () => {
  const { app, open } = makeServer();
  const seen: (string | undefined)[] = [];
  const see = (_request: unknown, _reply: unknown, done: () => void) => {
    seen.push(currentContext()?.requestId);
    done();
  };
  for (const hook of ["onRequest", "preValidation", "preHandler"] as const) app.addHook(hook, see);
  app.addHook("onSend", (request, reply, _payload, done) => see(request, reply, () => done()));
  const begun = Promise.withResolvers<void>();
  app.addHook("preParsing", (_request, _reply, _payload, done) => {
    begun.resolve();
    done();
  });
  app.post("/", PUBLIC, async () => {
    await setImmediate();
    return { id: currentContext()?.requestId };
  });
  const { url } = await open();
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write("POST / HTTP/1.1\r\nhost: x\r\nx-request-id: r1\r\n");
  socket.write("content-type: application/json\r\ncontent-length: 7\r\n\r\n[1,");
  await begun.promise;
  await setImmediate();
  socket.end("2,3]");
  const [answer] = (await once(socket, "data")) as [Buffer];
  expect(answer.toString()).toContain('{"id":"r1"}');
  expect(seen).toEqual(["r1", "r1", "r1", "r1"]);
});

test("a client that goes away aborts its request, and it is logged as 499", async () => {
  const { raw, arrival, end, lines, app } = await openWaiting();
  const socket = await raw();
  socket.write(GET_WAIT);
  await arrival(0);
  expect(app.traffic.inFlight).toBe(1);
  socket.destroy();
  expect((await end(0)).code).toBe("CLIENT_CLOSED_REQUEST");
  await expect.poll(() => app.traffic.inFlight).toBe(0);
  expect(lines).toContainEqual(expect.objectContaining({ route: "/wait", status: 499 }));
});

test("pipelined requests are aborted together when their connection ends", async () => {
  const { app, raw, arrival, end } = await openWaiting();
  const socket = await raw();
  socket.write(GET_WAIT + GET_WAIT + GET_WAIT);
  await Promise.all([arrival(0), arrival(1), arrival(2)]);
  socket.destroy();
  const codes = await Promise.all([end(0), end(1), end(2)].map(async (e) => (await e).code));
  expect(new Set(codes)).toEqual(new Set(["CLIENT_CLOSED_REQUEST"]));
  await expect.poll(() => app.traffic.inFlight).toBe(0);
});

test("an answered request on a connection that is kept alive is not aborted by its end", async () => {
  const { app, open } = makeServer();
  const signals: (AbortSignal | undefined)[] = [];
  app.get("/", PUBLIC, () => {
    signals.push(currentContext()?.signal);
    return "done";
  });
  const { url } = await open();
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  for (let i = 0; i < 2; i++) {
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    await once(socket, "data");
  }
  socket.destroy();
  await expect.poll(() => app.server.connections ?? 0).toBe(0);
  expect(signals.map((signal) => signal?.aborted)).toEqual([false, false]);
});

test("the server's deadline answers 504", async () => {
  const { url, end } = await openWaiting(50);
  const response = await fetch(`${url}/wait`);
  expect(response.status).toBe(504);
  expect(await response.json()).toMatchObject({ code: "DEADLINE_EXCEEDED" });
  expect((await end(0)).code).toBe("DEADLINE_EXCEEDED");
});

test("the client's deadline counts when it is the shorter one", async () => {
  const { url, arrival } = await openWaiting();
  const response = await fetch(`${url}/wait`, { headers: { "x-request-timeout-ms": "40" } });
  expect(response.status).toBe(504);
  const { exchange } = await arrival(0);
  expect(exchange.deadline).toBeCloseTo(exchange.startedAt + 40, 5);
  const bad = await fetch(`${url}/wait`, { headers: { "x-request-timeout-ms": "-1" } });
  expect(await bad.json()).toMatchObject({ status: 422, code: "VALIDATION_FAILED" });
});

test("a handler that does not listen is answered for", async () => {
  const { url } = await openWaiting(50);
  const response = await fetch(`${url}/deaf`);
  expect(response.status).toBe(504);
});

test("a body that never comes is answered at the deadline", async () => {
  const { app, open } = makeServer({ requestTimeoutMs: 50 });
  app.post("/", PUBLIC, () => "x");
  const { url } = await open();
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(
    "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n[",
  );
  const [answer] = (await once(socket, "data")) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 504 /);
  await once(socket, "close");
});

test("an upload that its client gives up is no fault of the server", async () => {
  const { app, lines, open } = makeServer();
  app.post("/", PUBLIC, () => "x");
  const { url } = await open();
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  const head = "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
  socket.write(`${head}content-length: 7\r\n\r\n[`);
  await expect.poll(() => app.traffic.inFlight).toBe(1);
  socket.destroy();
  await expect.poll(() => lines.filter(({ status }) => status === 499)).toHaveLength(1);
  expect(lines.filter(({ level }) => level !== "info")).toEqual([]);
});

test("a request that is injected without a socket is followed to its end", async () => {
  const { app } = makeServer();
  app.get("/", PUBLIC, () => ({ id: currentContext()?.requestId }));
  const response = await app.inject({ url: "/", headers: { "x-request-id": "r1" } });
  expect(response.json()).toEqual({ id: "r1" });
  await expect.poll(() => app.traffic.inFlight).toBe(0);
});

test("a route without a time-out has no deadline unless the client sets one", async () => {
  const { app, open } = makeServer({ requestTimeoutMs: 20 });
  const config = { public: true, timeoutMs: null } as const;
  app.get("/", { config }, async ({ exchange }) => {
    if (exchange.deadline === undefined) return "no deadline";
    await once(exchange.signal, "abort");
    throw exchange.signal.reason;
  });
  const { url } = await open();
  expect(await (await fetch(url)).text()).toBe("no deadline");
  expect((await fetch(url, { headers: { "x-request-timeout-ms": "10" } })).status).toBe(504);
});
