import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { fastify } from "fastify";
import { expect, onTestFinished, test } from "vitest";
import type { Frame } from "./frame.ts";
import { sendRows } from "./send-rows.ts";

const NDJSON = "application/x-ndjson";
const ROWS = 1_000;
/** Half a megabyte as NDJSON, which does not compress. */
const FRAME: Frame = {
  count: ROWS,
  columns: [
    { name: "text", type: "text", text: JSON.stringify(Array.from({ length: ROWS }, noise)) },
  ],
};

function noise(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(360))).toString("base64");
}

/** A server that streams the frames, and says how many it was asked for. */
async function serve(frames: (pulled: { count: number }) => AsyncGenerator<Frame>) {
  const pulled = { count: 0 };
  const app = fastify();
  app.get("/", (_request, reply) => sendRows(reply, NDJSON, frames(pulled), () => undefined));
  await app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  const open = async (coding: string): Promise<IncomingMessage> => {
    const headers = { "accept-encoding": coding };
    const sent = request({ port, headers, agent: false }).end();
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    onTestFinished(() => void sent.destroy());
    return answer;
  };
  return { pulled, open };
}

async function* repeat(frames: number, pulled: { count: number }): AsyncGenerator<Frame> {
  for (let frame = 0; frame < frames; frame += 1) {
    pulled.count += 1;
    yield FRAME;
  }
}

const decoders = {
  identity: (bytes: Buffer) => bytes,
  gzip: gunzipSync,
  zstd: zstdDecompressSync,
};
const CODINGS = ["identity", "gzip", "zstd"] as const;

test.each(CODINGS)(
  "a reader that takes nothing stops the reading, and loses nothing (%s)",
  async (coding) => {
    // 40 MB. Systems keep some 4 to 7 MB for a connection.
    const total = 80;
    const { pulled, open } = await serve((counter) => repeat(total, counter));
    const answer = await open(coding);
    let before = -1;
    let still = 0;
    await expect
      .poll(
        () => {
          still = pulled.count === before ? still + 1 : 0;
          before = pulled.count;
          return still;
        },
        { interval: 20, timeout: 30_000 },
      )
      .toBeGreaterThan(20);
    expect(pulled.count).toBeLessThan(total / 2);
    const text = decoders[coding](await buffer(answer)).toString("latin1");
    expect(pulled.count).toBe(total);
    const end = JSON.parse(text.slice(text.lastIndexOf('{"_end"'))) as { _end: { count: number } };
    expect(end._end.count).toBe(total * ROWS);
  },
  60_000,
);

test.each(CODINGS)("a stream that fails on the way is cut (%s)", async (coding) => {
  const { open } = await serve(async function* (pulled) {
    yield* repeat(3, pulled);
    throw new Error("the version is gone");
  });
  const answer = await open(coding);
  expect(answer.statusCode).toBe(200);
  await expect(buffer(answer)).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(answer.complete).toBe(false);
});

test("what fails before the first frame is an answer of its own", async () => {
  const { open } = await serve(async function* (pulled) {
    yield* repeat(0, pulled);
    throw new Error("there is no database");
  });
  const answer = await open("gzip");
  expect(answer.statusCode).toBe(500);
  expect(answer.headers["content-encoding"]).toBeUndefined();
  expect((await buffer(answer)).toString()).toContain("there is no database");
});

test("a reader that leaves ends the reading", async () => {
  const { pulled, open } = await serve((counter) => repeat(Number.POSITIVE_INFINITY, counter));
  const answer = await open("identity");
  answer.destroy();
  let before = -1;
  await expect
    .poll(() => (pulled.count === before ? "still" : (before = pulled.count)), { interval: 100 })
    .toBe("still");
});
