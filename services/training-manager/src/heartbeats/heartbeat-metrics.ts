import { Counter, type Registry } from "prom-client";

export interface HeartbeatMeter {
  taken(beats: number): void;
}

export function heartbeatMeter(registry: Registry): HeartbeatMeter {
  const counter = new Counter({
    name: "heartbeats_total",
    help: "Heartbeats of ranks that were taken",
    registers: [registry],
  });
  return { taken: (beats) => counter.inc(beats) };
}
