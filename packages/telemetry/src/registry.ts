import { Registry, collectDefaultMetrics } from "prom-client";
import { measureEventLoop } from "./event-loop-lag.ts";

/** Milliseconds, the most that a timer takes: the library's look at the event loop never comes. */
const NEVER_MS = 2 ** 31 - 1;

/** A metrics registry of its own, with the process metrics and the label `service` on everything. */
export function createRegistry(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS });
  measureEventLoop(registry);
  return registry;
}
