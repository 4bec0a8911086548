import { Counter, Gauge, type Registry } from "prom-client";

export interface SweepMeter {
  lost(): void;
  hung(jobs: number): void;
}

/** What a sweeper finds. An instance that does not sweep reports no hung jobs, so that the sum over instances is right. */
export function sweepMeter(registry: Registry): SweepMeter {
  const registers = [registry];
  const lost = new Counter({
    name: "jobs_lost_total",
    help: "Attempts that were ended because a rank fell silent",
    registers,
  });
  const hung = new Gauge({
    name: "jobs_hung",
    help: "Jobs whose ranks beat although no step moves",
    registers,
  });
  return { lost: () => lost.inc(), hung: (jobs) => hung.set(jobs) };
}
