import { HOST, type Ports } from "../local/ports.ts";
import type { PrometheusTarget } from "./config.ts";

/** The internal listeners of a local stack. */
export function localTargets({ services }: Pick<Ports, "services">): PrometheusTarget[] {
  return Object.entries(services).map(([job, { internal }]) => ({
    job,
    address: `${HOST}:${internal}`,
  }));
}
