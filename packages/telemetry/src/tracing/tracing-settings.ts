import { Type } from "typebox";

const Endpoint = Type.String({ pattern: "^https?://" });
const Protocol = Type.Enum(["http/protobuf", "http/json"]);
const BATCH = { minimum: 1, maximum: 1_000_000 };

/**
 * OpenTelemetry's own variables, as far as this reads them. Its exporter reads further ones itself:
 * OTEL_EXPORTER_OTLP_(TRACES_)HEADERS, _TIMEOUT, _COMPRESSION, _CERTIFICATE, _CLIENT_KEY and _CLIENT_CERTIFICATE, and
 * OTEL_RESOURCE_ATTRIBUTES.
 */
export const TracingSettings = Type.Object({
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.Unsafe<string>({
      ...Endpoint,
      description:
        "collector; traces go to /v1/traces below it. Without an endpoint nothing is traced",
    }),
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: Type.Optional(
    Type.Unsafe<string>({ ...Endpoint, description: "where traces go, as it stands" }),
  ),
  OTEL_EXPORTER_OTLP_PROTOCOL: Type.Optional(Protocol),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: Type.Optional(Protocol),
  OTEL_TRACES_EXPORTER: Type.Enum(["otlp", "none"], { default: "otlp" }),
  OTEL_SDK_DISABLED: Type.Boolean({ default: false }),
  OTEL_SERVICE_NAME: Type.Optional(Type.String({ description: "instead of the service's own" })),
  OTEL_TRACES_SAMPLER: Type.Enum(
    [
      "always_on",
      "always_off",
      "traceidratio",
      "parentbased_always_on",
      "parentbased_always_off",
      "parentbased_traceidratio",
    ],
    { default: "parentbased_always_on" },
  ),
  OTEL_TRACES_SAMPLER_ARG: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 1,
    description: "share of the traces that a ratio sampler takes",
  }),
  OTEL_BSP_SCHEDULE_DELAY: Type.Integer({ ...BATCH, default: 5_000, description: "milliseconds" }),
  OTEL_BSP_EXPORT_TIMEOUT: Type.Integer({ ...BATCH, default: 30_000, description: "milliseconds" }),
  OTEL_BSP_MAX_QUEUE_SIZE: Type.Integer({
    ...BATCH,
    default: 2_048,
    description: "spans that may wait for the collector; further ones are dropped and counted",
  }),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: Type.Integer({ ...BATCH, default: 512 }),
});
