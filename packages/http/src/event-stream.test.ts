import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { eventText, sendEventStream, wantsEventStream } from "./event-stream.ts";
import { makeServer } from "./fixture.ts";

const PUBLIC = { config: { public: true, timeoutMs: null } } as const;

test.each([
  ["text/event-stream", true],
  ["application/json, Text/Event-Stream;q=0.9", true],
  ["text/html, */*", false],
  ["text/event-stream-of-something", false],
  [undefined, false],
])("Accept: %s", (accept, wanted) => {
  const headers = accept === undefined ? {} : { accept };
  expect(wantsEventStream({ headers })).toBe(wanted);
});

test("events are sent as they come, and the answer ends with them", async () => {
  const { app, open } = makeServer();
  const gate = Promise.withResolvers<void>();
  async function* texts() {
    yield eventText("step", 1, '{"a":1}');
    await gate.promise;
    yield eventText("step", 2, "{}");
  }
  app.get("/", PUBLIC, (_request, reply) => sendEventStream(reply, texts()));
  const { url } = await open();
  const { body } = await fetch(url);
  const parts = body!.pipeThrough(new TextDecoderStream()).getReader();
  expect((await parts.read()).value).toBe('event: step\nid: 1\ndata: {"a":1}\n\n');
  gate.resolve();
  expect((await parts.read()).value).toBe("event: step\nid: 2\ndata: {}\n\n");
  expect((await parts.read()).done).toBe(true);
});

test("a client that does not read is sent what its socket holds, and nothing is left when it goes", async () => {
  const { app, open } = makeServer();
  const text = eventText("step", 1, "x".repeat(65_536));
  const state = { taken: 0, isOver: false };
  async function* texts() {
    try {
      for (; state.taken < 100_000; state.taken++) yield text;
    } finally {
      state.isOver = true;
    }
  }
  app.get("/", PUBLIC, (_request, reply) => sendEventStream(reply, texts()));
  const { url } = await open();
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  await once(socket, "connect");
  socket.pause();
  socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  let before = -1;
  await expect
    .poll(() => state.taken > 0 && before === (before = state.taken), { interval: 100 })
    .toBe(true);
  expect(state).toMatchObject({ isOver: false });
  // 6.5 GB in all; a socket's buffers hold some megabytes.
  expect(state.taken).toBeLessThan(1_000);
  socket.destroy();
  await expect.poll(() => state.isOver).toBe(true);
});
