import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { makeServer } from "./fixture.ts";

const PUBLIC = { config: { public: true } } as const;

test("the internal listener tells liveness, readiness with reasons, and metrics", async () => {
  const { open } = makeServer();
  const state: { missing?: Error } = {};
  const { internalUrl } = await open({
    ready: async () => {
      if (state.missing !== undefined) throw state.missing;
    },
  });
  const ask = async (path: string) => {
    const response = await fetch(internalUrl + path);
    return [response.status, await response.json()];
  };
  expect(new URL(internalUrl).hostname).toBe("127.0.0.1");
  expect(await ask("/health/live")).toEqual([200, { status: "live" }]);
  expect(await ask("/health/ready")).toEqual([200, { status: "ready" }]);
  state.missing = new AggregateError([new Error("no database"), new Error("no Redis")]);
  const reasons = ["no database", "no Redis"];
  expect(await ask("/health/ready")).toEqual([503, { status: "unready", reasons }]);
  expect((await ask("/nowhere"))[0]).toBe(404);
});

test("a readiness check that hangs is a no within its limit", async () => {
  const { open } = makeServer();
  const { internalUrl } = await open({ ready: () => new Promise(() => undefined) });
  const response = await fetch(`${internalUrl}/health/ready`);
  expect(response.status).toBe(503);
  expect(await response.text()).toContain("2000 ms");
});

test("a close lets requests end, then closes resources in reverse, once", async () => {
  const { app, open } = makeServer();
  const arrived = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<string>();
  app.get("/slow", PUBLIC, () => {
    arrived.resolve();
    return finish.promise;
  });
  const order: string[] = [];
  const { url, internalUrl, close } = await open({
    onClose: [() => order.push("database"), () => order.push("cache")],
  });
  const agent = new Agent({ keepAlive: true });
  const idle = get(url, { agent });
  const [first] = await once(idle, "response");
  first.resume();
  await once(first, "end");
  const slow = fetch(`${url}/slow`);
  await arrived.promise;
  const closed = Promise.all([close(), close()]);
  const ready = async () => (await fetch(`${internalUrl}/health/ready`)).status;
  await expect.poll(ready).toBe(503);
  await expect(fetch(url)).rejects.toThrow();
  expect(order).toEqual([]);
  finish.resolve("answered");
  expect(await (await slow).text()).toBe("answered");
  await closed;
  expect(order).toEqual(["cache", "database"]);
  await expect(fetch(`${internalUrl}/health/live`)).rejects.toThrow();
});

test("a client that sends request after request is told to leave before its connection is closed", async () => {
  const { app, open } = makeServer();
  app.get("/", PUBLIC, () => "x");
  const { url, close } = await open({ farewellMs: 200 });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = async () => {
    const [response] = (await once(get(url, { agent }), "response")) as [IncomingMessage];
    await once(response.resume(), "end");
    return response.headers.connection;
  };
  expect(await ask()).toBe("keep-alive");
  const closed = close();
  await expect.poll(ask, { interval: 1 }).toBe("close");
  await closed;
});

test.each([
  ["a head", "GET / HTTP/1.1\r\nhost: x\r\n"],
  ["a refused body", "POST /nowhere HTTP/1.1\r\nhost: x\r\ncontent-length: 7\r\n\r\n["],
])("%s that never ends does not hold up a close", async (_what, text) => {
  const { open } = makeServer();
  const { url, close } = await open({ drainTimeoutMs: 5_000 });
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  const ended = once(socket.resume(), "close");
  socket.write(text);
  await fetch(url);
  await expect(close()).resolves.toBeUndefined();
  await ended;
});

test("what does not end in time is answered 503 and cut off, and the rest still closes", async () => {
  const { app, open } = makeServer();
  const arrived = Promise.withResolvers<void>();
  app.get("/deaf", PUBLIC, () => {
    arrived.resolve();
    return new Promise(() => undefined);
  });
  const order: string[] = [];
  const { url, close } = await open({
    drainTimeoutMs: 50,
    onClose: [() => order.push("database")],
  });
  const slow = fetch(`${url}/deaf`);
  await arrived.promise;
  await expect(close()).rejects.toThrow(/requests/);
  expect(await (await slow).json()).toMatchObject({ code: "SHUTTING_DOWN", status: 503 });
  expect(order).toEqual(["database"]);
});

test("a request that comes on an open connection while the server drains is answered", async () => {
  const { app, open } = makeServer();
  const arrived = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<string>();
  app.get("/slow", PUBLIC, () => {
    arrived.resolve();
    return finish.promise;
  });
  app.get("/fast", PUBLIC, () => "fast");
  const { url, close } = await open();
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  let text = "";
  socket.on("data", (chunk) => (text += String(chunk)));
  socket.write("GET /slow HTTP/1.1\r\nhost: x\r\n\r\nGET /fast HTTP/1.1\r\nhost: x\r\n\r\n");
  await arrived.promise;
  const closed = close();
  finish.resolve("slow");
  await once(socket, "close");
  await closed;
  expect(text).toContain("slow");
  expect(text).toContain("fast");
});

test("a port that is taken is an error, and leaves nothing open", async () => {
  const { url } = await makeServer().open();
  const second = makeServer().open({ port: Number(new URL(url).port) });
  await expect(second).rejects.toThrow(/EADDRINUSE/);
});
