import type { Registry } from "prom-client";
import { gauges } from "../samples/gauges.ts";
import type { Instance } from "./instance.ts";
import type { InstanceSample } from "./instance-sample.ts";

/**
 * Registers what ops sees of the services' processes, beside what each says of itself; returns what fills it. The label
 * `service` is the one who looks, hence `target`.
 */
export function instanceMeter(registry: Registry): (sample: InstanceSample) => void {
  const gauge = gauges(registry);
  const labels = ["target", "instance"];
  const up = gauge("observed_up", "1 when the process answered ops at the last look", ...labels);
  const requests = gauge("observed_requests_per_second", "Requests answered", ...labels);
  const errors = gauge("observed_error_ratio", "Answers with status 5xx", ...labels);
  const latency = gauge("observed_latency_seconds", "Mean time of an answer", ...labels);
  const labelsOf = ({ service, url }: Instance) => ({ target: service, instance: url });
  return ({ instances }) => {
    up(instances, ({ error }) => (error === null ? 1 : 0), labelsOf);
    requests(instances, ({ requests_per_second }) => requests_per_second, labelsOf);
    errors(instances, ({ error_ratio }) => error_ratio, labelsOf);
    latency(
      instances,
      ({ mean_latency_ms }) => (mean_latency_ms === null ? null : mean_latency_ms / 1_000),
      labelsOf,
    );
  };
}
