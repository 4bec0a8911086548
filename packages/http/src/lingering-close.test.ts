import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { SluiceError } from "@sluice/errors";
import { expect, onTestFinished, test } from "vitest";
import { makeServer } from "./fixture.ts";
import { closeGently } from "./lingering-close.ts";

const MIB = 1024 * 1024;
const CHUNK = `10000\r\n${"x".repeat(65_536)}\r\n`;

/** Sends so many bytes whatever comes back, as simple clients do, and reads only then. */
async function sendAll(port: number, path: string, bytes: number): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  const closed = once(socket, "close");
  closed.catch(() => undefined);
  socket.pause();
  const type = "content-type: application/json";
  socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\n${type}\r\ntransfer-encoding: chunked\r\n\r\n`);
  for (let sent = 0; sent < bytes; sent += 65_536)
    if (!socket.write(CHUNK)) await Promise.race([once(socket, "drain"), closed]);
  socket.write("0\r\n\r\n");
  let answer = "";
  for await (const data of socket) {
    answer += String(data);
    if (answer.endsWith("}")) break;
  }
  return answer;
}

test.each([
  ["a body that is refused while it is read", "/stream", 422, "VALIDATION_FAILED"],
  ["a body that grows too large", "/json", 413, "PAYLOAD_TOO_LARGE"],
  ["a request that takes too long", "/late", 504, "DEADLINE_EXCEEDED"],
])("the sender of %s gets to read why", async (_what, path, status, code) => {
  const { app, open } = makeServer();
  const config = { public: true, timeoutMs: path === "/late" ? 50 : null } as const;
  app.post("/json", { config }, () => ({}));
  app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, body, parsed) => parsed(null, body));
    scope.post("/stream", { config }, async ({ raw }) => {
      for await (const _ of raw.iterator({ destroyOnReturn: false }))
        throw new SluiceError("VALIDATION_FAILED", "The first byte is wrong.");
      return "";
    });
    scope.post("/late", { config }, () => new Promise(() => undefined));
    done();
  });
  const { url } = await open();
  const answer = await sendAll(Number(new URL(url).port), path, 40 * MIB);
  expect(answer).toMatch(`HTTP/1.1 ${status} `);
  expect(answer).toContain(`"code":"${code}"`);
});

test("a client that never ends is cut off", async () => {
  const server = createServer((request, response) => {
    closeGently(request, { silenceMs: 60_000, longestMs: 100 });
    request.once("data", () => {
      request.pause();
      response.writeHead(422, { connection: "close" }).end("no");
    });
  }).listen(0);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  await expect(sendAll(port, "/", Number.POSITIVE_INFINITY)).rejects.toThrow(/ECONNRESET|EPIPE/);
});
