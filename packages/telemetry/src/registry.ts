import { Registry, collectDefaultMetrics } from "prom-client";

/** A metrics registry of its own, with the process metrics and the label `service` on everything. */
export function createRegistry(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return registry;
}
