import { once } from "node:events";
import { type IncomingMessage, type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { Value } from "typebox/value";
import { createLogger } from "./logger.ts";
import { createRegistry } from "./registry.ts";
import { openTracing } from "./tracing/open-tracing.ts";
import type { Tracing } from "./tracing/span.ts";
import { TracingSettings } from "./tracing/tracing-settings.ts";

/** A span as a collector gets it. */
export interface ReceivedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  /** OTLP's number: 1 internal, 2 server, 3 client, 5 consumer. */
  readonly kind: number;
  readonly startedNs: bigint;
  readonly endedNs: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
  /** Ids of spans. */
  readonly links: readonly string[];
  readonly events: readonly string[];
  readonly isError: boolean;
}

/** A collector for tests: a real server that takes OTLP's JSON over HTTP. */
export class OtlpReceiver implements AsyncDisposable {
  readonly spans: ReceivedSpan[] = [];
  readonly #server: Server;
  /** What it answers. Exporters give up at once at 400, and repeat a 503. */
  status = 200;
  requests = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<OtlpReceiver> {
    const server = createServer();
    const receiver = new OtlpReceiver(server);
    server.on("request", (request, response) => {
      void receiver.#take(request).then(() => {
        response.writeHead(receiver.status, { "content-type": "application/json" });
        response.end("{}");
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return receiver;
  }

  /** The environment of a process that sends it all its spans soon. */
  get env(): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo;
    return {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_BSP_SCHEDULE_DELAY: "20",
    };
  }

  /** Tracing of this process that ends here, once it is closed. */
  async openTracing(): Promise<Tracing> {
    const logger = createLogger({ service: "test", level: "silent" });
    const env = Value.Default(TracingSettings, Value.Convert(TracingSettings, this.env));
    const settings = Value.Parse(TracingSettings, env);
    const registry = createRegistry("test");
    const tracing = await openTracing({ service: "test", settings, registry, logger });
    if (tracing === undefined) throw new Error("Nothing is traced");
    return tracing;
  }

  /** The spans of a trace as a tree: what each is called, and what is below it in the order of beginning. */
  tree(traceId: string): object {
    return this.#below(traceId, undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  #below(traceId: string, parent: string | undefined): object {
    const ids = new Set(this.spans.map(({ spanId }) => spanId));
    const children = this.spans
      .filter((span) => span.traceId === traceId)
      .filter(({ parentSpanId = "" }) =>
        parent === undefined ? !ids.has(parentSpanId) : parentSpanId === parent,
      )
      .toSorted((a, b) => Number(a.startedNs - b.startedNs));
    return Object.fromEntries(
      children.map(({ name, spanId }) => [name, this.#below(traceId, spanId)]),
    );
  }

  async #take(request: IncomingMessage): Promise<void> {
    this.requests += 1;
    const { resourceSpans } = (await json(request)) as OtlpBody;
    if (this.status !== 200) return;
    for (const { resource, scopeSpans } of resourceSpans)
      for (const span of scopeSpans.flatMap(({ spans }) => spans))
        this.spans.push(received(span, recordOf(resource.attributes)));
  }
}

interface OtlpBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

interface OtlpSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly OtlpAttribute[];
  readonly links?: readonly { readonly spanId: string }[];
  readonly events?: readonly { readonly name: string }[];
  readonly status?: { readonly code?: number };
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

const STATUS_ERROR = 2;

function received(span: OtlpSpan, resource: Record<string, unknown>): ReceivedSpan {
  const { name, traceId, spanId, parentSpanId, kind, links = [], events = [], status } = span;
  return {
    name,
    traceId,
    spanId,
    parentSpanId,
    kind,
    resource,
    startedNs: BigInt(span.startTimeUnixNano),
    endedNs: BigInt(span.endTimeUnixNano),
    attributes: recordOf(span.attributes),
    links: links.map((link) => link.spanId),
    events: events.map((event) => event.name),
    isError: status?.code === STATUS_ERROR,
  };
}

/** Values come as `{stringValue: "x"}`, `{intValue: 3}` … */
function recordOf(attributes: readonly OtlpAttribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
