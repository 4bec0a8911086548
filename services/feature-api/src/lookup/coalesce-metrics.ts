import { Counter, Histogram, type Registry } from "prom-client";

/** Told of each statement that several requests may share. */
export interface CoalesceMeter {
  sent(keys: number): void;
}

/** Metrics of the single look-ups' statements: requests a statement is what coalescing gains. */
export function coalesceMetrics(registry: Registry): CoalesceMeter {
  const registers = [registry];
  const labelNames = ["kind"] as const;
  const size = new Histogram({
    name: "coalesce_batch_size",
    help: "Keys of one coalesced statement",
    labelNames,
    registers,
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
  }).labels("read");
  const statements = new Counter({
    name: "coalesce_statements_total",
    help: "Coalesced statements sent",
    labelNames,
    registers,
  }).labels("read");
  return {
    sent: (keys) => {
      size.observe(keys);
      statements.inc();
    },
  };
}
