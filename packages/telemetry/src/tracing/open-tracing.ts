import type { Registry } from "prom-client";
import type { Static } from "typebox";
import type { Logger } from "../logger.ts";
import type { Tracing } from "./span.ts";
import type { TracingSettings } from "./tracing-settings.ts";

export interface TracingOptions {
  /** Name of the service, unless OTEL_SERVICE_NAME says another. */
  readonly service: string;
  readonly settings: Static<typeof TracingSettings>;
  readonly registry: Registry;
  readonly logger: Logger;
}

/**
 * Opens the tracing of a process, or nothing when no endpoint is set: then not even the code of it is loaded.
 */
export async function openTracing(options: TracingOptions): Promise<Tracing | undefined> {
  if (!isOn(options.settings)) return undefined;
  const { OtlpTracing } = await import("./otlp-tracing.ts");
  return new OtlpTracing(options);
}

function isOn(settings: TracingOptions["settings"]): boolean {
  const endpoint =
    settings.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? settings.OTEL_EXPORTER_OTLP_ENDPOINT;
  return (
    endpoint !== undefined &&
    !settings.OTEL_SDK_DISABLED &&
    settings.OTEL_TRACES_EXPORTER !== "none"
  );
}
