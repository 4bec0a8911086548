import { OtlpReceiver } from "@sluice/telemetry/otlp-receiver";
import { SluiceError } from "@sluice/errors";
import { expect, onTestFinished, test } from "vitest";
import { type Fixture, makeServer } from "./fixture.ts";

interface TracedServer extends Pick<Fixture, "lines"> {
  readonly receiver: OtlpReceiver;
  get(path: string, headers: Record<string, string>): Promise<void>;
  /** Ends the server; resolves when its spans are with the collector. */
  flush(): Promise<void>;
}

async function tracedServer(): Promise<TracedServer> {
  const receiver = await OtlpReceiver.start();
  onTestFinished(() => receiver[Symbol.asyncDispose]());
  const tracing = await receiver.openTracing();
  const server = makeServer({ tracing });
  server.app.get("/v1/things/:thing", { config: { scope: "features:read" } }, ({ params }) => {
    const { thing } = params as { thing: string };
    if (thing === "broken") throw new SluiceError("DATABASE_UNAVAILABLE", "Gone.");
    return { thing };
  });
  const { lines } = server;
  const { url, close } = await server.open({ onClose: [() => tracing.close()] });
  const get = async (path: string, sent: Record<string, string>): Promise<void> => {
    await (await fetch(url + path, { headers: sent })).arrayBuffer();
  };
  return { lines, receiver, get, flush: close };
}

const headers = { authorization: "Bearer good", "x-request-id": "request-1" };

test("a request's span is called by method and route, and says nothing of path, query and headers", async () => {
  const { get, receiver, flush, lines } = await tracedServer();
  await get("/v1/things/entity-17?secret=query-18", headers);
  await flush();
  expect(receiver.spans).toMatchObject([
    {
      name: "GET /v1/things/:thing",
      kind: 2,
      isError: false,
      attributes: {
        "http.request.method": "GET",
        "http.route": "/v1/things/:thing",
        "http.response.status_code": 200,
        "url.scheme": "http",
        "network.protocol.version": "1.1",
        "sluice.request_id": "request-1",
      },
    },
  ]);
  const text = JSON.stringify(receiver.spans, (_key, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
  for (const secret of ["entity-17", "query-18", "good"]) expect(text).not.toContain(secret);
  const [{ traceId: trace_id, spanId: span_id }] = receiver.spans as [OtlpReceiver["spans"][0]];
  expect(lines).toContainEqual(expect.objectContaining({ msg: "request", trace_id, span_id }));
});

test.each<[string, string, Record<string, string>, object]>([
  ["an unknown path", "/nowhere", headers, { name: "GET", isError: false, status: 404 }],
  ["a request without a key", "/v1/things/a", {}, { isError: false, status: 401 }],
  ["a failure of the server", "/v1/things/broken", headers, { isError: true, status: 503 }],
])("the span of %s has the answer's status", async (_what, url, sent, expected) => {
  const { get, receiver, flush } = await tracedServer();
  await get(url, sent);
  await flush();
  const { status, ...members } = expected as { status: number };
  const attributes = {
    "http.response.status_code": status,
    "sluice.error_code": expect.any(String),
    ...(status === 503 && { "error.type": "503", "sluice.error_code": "DATABASE_UNAVAILABLE" }),
  };
  expect(receiver.spans).toMatchObject([{ ...members, attributes }]);
});

test("the caller's trace is continued", async () => {
  const { get, receiver, flush } = await tracedServer();
  const [traceId, parentSpanId] = ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"];
  const traceparent = `00-${traceId}-${parentSpanId}-01`;
  await get("/v1/things/a", { ...headers, traceparent });
  await get("/v1/things/a", { ...headers, traceparent: traceparent.replace(/01$/, "00") });
  await flush();
  expect(receiver.spans).toMatchObject([{ traceId, parentSpanId }]);
});

test("without tracing lines of the log name no trace", async () => {
  const { app, lines } = makeServer();
  await app.inject({ url: "/nowhere" });
  expect(lines.find(({ msg }) => msg === "request")).not.toHaveProperty("trace_id");
});
