import { Counter, Histogram, type Registry } from "prom-client";

/** Told of each statement that several requests may share. */
export interface CoalesceMeter {
  sent(keys: number): void;
}

/**
 * Metrics of a service's shared statements: requests a statement is what coalescing gains.
 * @param kind what is coalesced, e.g. `read`
 */
export function coalesceMeter(registry: Registry, kind: string): CoalesceMeter {
  const registers = [registry];
  const labelNames = ["kind"] as const;
  const size = new Histogram({
    name: "coalesce_batch_size",
    help: "Keys of one coalesced statement",
    labelNames,
    registers,
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000],
  }).labels(kind);
  const statements = new Counter({
    name: "coalesce_statements_total",
    help: "Coalesced statements sent",
    labelNames,
    registers,
  }).labels(kind);
  statements.inc(0); // a rate can be told from the first statement on
  return {
    sent: (keys) => {
      size.observe(keys);
      statements.inc();
    },
  };
}
