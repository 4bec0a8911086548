import { Registry, collectDefaultMetrics } from "prom-client";

/**
 * How often the event loop is asked whether it is late. At the library's 10 ms this alone takes 0.33 % of a core in a
 * process at rest, at 50 ms 0.08 %.
 */
const EVENT_LOOP_LOOK_MS = 50;

/** A metrics registry of its own, with the process metrics and the label `service` on everything. */
export function createRegistry(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_LOOK_MS });
  return registry;
}
