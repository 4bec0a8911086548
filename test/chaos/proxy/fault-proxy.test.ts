import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../../integration/until.ts";
import { closing } from "./closing.ts";
import { FaultProxy } from "./fault-proxy.ts";

/** A server that answers what it is sent. */
const echo = createServer((socket) => socket.on("error", () => {}).pipe(socket));
let proxy: FaultProxy;

beforeEach(async () => {
  await once(echo.listen(0, "127.0.0.1"), "listening");
  proxy = await FaultProxy.start(`tcp://127.0.0.1:${(echo.address() as AddressInfo).port}/path`);
});

afterEach(async () => {
  await proxy.close();
  echo.close();
});

/** A connection through the proxy, with all that it got and how it ended. */
function open(): { socket: Socket; got: () => string; error: () => string | undefined } {
  const socket = connect(proxy.port, "127.0.0.1");
  let got = "";
  let code: string | undefined;
  socket.on("data", (piece: Buffer) => (got += piece.toString()));
  socket.on("error", (error: NodeJS.ErrnoException) => (code = error.code));
  return { socket, got: () => got, error: () => code };
}

test("it passes on what both sides send, and the end", async () => {
  const { socket, got } = open();
  const text = "x".repeat(1_000_000);
  socket.end(text);
  await closing(socket);
  expect(got() === text).toBe(true);
  expect(proxy.url).toBe(`tcp://127.0.0.1:${proxy.port}/path`);
});

test("a delay holds in both directions", async () => {
  const { socket, got } = open();
  socket.write("0");
  await until("it is connected", () => got() === "0");
  proxy.set({ kind: "delay", ms: 100 });
  const start = performance.now();
  socket.write("1");
  await until("it is back", () => got() === "01");
  expect(performance.now() - start).toBeGreaterThan(199);
  socket.destroy();
});

test("resets end open connections and new ones, until it passes again", async () => {
  const before = open();
  before.socket.write("a");
  await until("it is connected", () => before.got() === "a");
  proxy.set({ kind: "reset" });
  await closing(before.socket);
  expect(before.error()).toBe("ECONNRESET");
  const during = open();
  await closing(during.socket);
  expect(during.error()).toBe("ECONNRESET");
  proxy.set({ kind: "pass" });
  const after = open();
  after.socket.write("b");
  await until("it passes", () => after.got() === "b");
  after.socket.destroy();
});

test("a black hole swallows; after it connections that lost something are reset, and others go on", async () => {
  const [losing, idle] = [open(), open()];
  for (const { socket, got } of [losing, idle]) {
    socket.write("a");
    await until("it is connected", () => got() === "a");
  }
  proxy.set({ kind: "black-hole" });
  losing.socket.write("lost");
  const during = open();
  await once(during.socket, "connect");
  during.socket.write("lost");
  await until("the hole has both", () => proxy.lossy === 2);
  expect([losing.got(), during.got(), losing.error()]).toEqual(["a", "", undefined]);
  proxy.set({ kind: "pass" });
  await Promise.all([losing, during].map(({ socket }) => closing(socket)));
  expect([losing.error(), during.error()]).toEqual(["ECONNRESET", "ECONNRESET"]);
  idle.socket.write("b");
  await until("the idle one goes on", () => idle.got() === "ab");
  idle.socket.destroy();
});
