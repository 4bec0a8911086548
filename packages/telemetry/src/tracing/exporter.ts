import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { TracingOptions } from "./open-tracing.ts";

/** The exporter of the protocol that is set; headers, compression, time-out and TLS it reads from the environment itself. */
export function openExporter({
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: ofTraces,
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol = "http/protobuf",
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: traces,
  OTEL_EXPORTER_OTLP_ENDPOINT: base = "",
}: TracingOptions["settings"]): SpanExporter {
  const url = traces ?? `${base.replace(/\/$/, "")}/v1/traces`;
  return (ofTraces ?? protocol) === "http/json"
    ? new JsonExporter({ url })
    : new ProtobufExporter({ url });
}
