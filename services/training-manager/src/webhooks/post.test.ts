import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { expect, onTestFinished, test } from "vitest";
import { DeliveryFailed } from "./delivery-failed.ts";
import { post } from "./post.ts";

const { signal: never } = new AbortController();
const allowed = { allowPrivate: true, signal: never };

async function serve(answer: RequestListener) {
  const paths: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url);
    answer(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, paths };
}

test("a redirect is an answer like any other, and is not followed", async () => {
  const { port, paths } = await serve((_, response) =>
    response.writeHead(307, { location: "/other" }).end("moved"),
  );
  expect(await post(new URL(`http://127.0.0.1:${port}/hook`), {}, "{}", allowed)).toBe(307);
  expect(paths).toEqual(["/hook"]);
});

test("an answer without end is not read to its end", async () => {
  const ended = Promise.withResolvers<unknown>();
  const { port } = await serve((_, response) => {
    pipeline(endless(), response.writeHead(200)).catch(ended.resolve);
  });
  expect(await post(new URL(`http://127.0.0.1:${port}/`), {}, "{}", allowed)).toBe(200);
  expect(await ended.promise).toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
});

async function* endless(): AsyncGenerator<Buffer> {
  for (;;) yield Buffer.alloc(16_384);
}

test.each(["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])(
  "%s is not called unless private addresses are allowed",
  async (host) => {
    const { port, paths } = await serve((_, response) => response.end());
    const url = new URL(`http://${host}:${port}/`);
    const call = post(url, {}, "{}", { allowPrivate: false, signal: never });
    await expect(call).rejects.toThrow(DeliveryFailed);
    await expect(call).rejects.toThrow("is not a public address");
    expect(paths).toEqual([]);
    expect(await post(url, {}, "{}", allowed)).toBe(200);
  },
);

test("a receiver that is not there, or hangs up, is named as the reason", async () => {
  const { port } = await serve((request) => request.socket.destroy());
  const call = post(new URL(`http://127.0.0.1:${port}/`), {}, "{}", allowed);
  await expect(call).rejects.toThrow(/^The receiver cannot be reached: .+\.$/);
  const nobody = post(new URL("http://127.0.0.1:1/"), {}, "{}", allowed);
  await expect(nobody).rejects.toThrow("ECONNREFUSED");
});

test("who calls can stop waiting", async () => {
  const stop = new AbortController();
  const { port } = await serve(() => stop.abort(new Error("stopped")));
  const url = new URL(`http://127.0.0.1:${port}/`);
  const call = post(url, {}, "{}", { allowPrivate: true, signal: stop.signal });
  await expect(call).rejects.toThrow("stopped");
});
