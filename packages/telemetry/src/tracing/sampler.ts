import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace";
import type { TracingOptions } from "./open-tracing.ts";

type SamplerSettings = Pick<
  TracingOptions["settings"],
  "OTEL_TRACES_SAMPLER" | "OTEL_TRACES_SAMPLER_ARG"
>;

/** The sampler that the settings name. Those by parent do what the caller's `traceparent` says, if there is one. */
export function samplerOf({
  OTEL_TRACES_SAMPLER: name,
  OTEL_TRACES_SAMPLER_ARG: ratio,
}: SamplerSettings): Sampler {
  const root = rootSampler(name, ratio);
  if (name.startsWith("parentbased_")) return new ParentBasedSampler({ root });
  // Below the first span of the process everything belongs to it, or nothing.
  return new ParentBasedSampler({
    root,
    remoteParentSampled: root,
    remoteParentNotSampled: root,
  });
}

function rootSampler(name: SamplerSettings["OTEL_TRACES_SAMPLER"], ratio: number): Sampler {
  if (name.endsWith("always_on")) return new AlwaysOnSampler();
  if (name.endsWith("always_off")) return new AlwaysOffSampler();
  return new TraceIdRatioBasedSampler(ratio);
}
