import { Counter, type Registry } from "prom-client";
import type { OutboxKind } from "./outbox-queue.ts";

export type CountOutcome = (kind: OutboxKind, outcome: "done" | "failed" | "dead") => void;

/** Counts what became of each try: done, failed, and given up for good. */
export function countOutcomes(registry: Registry): CountOutcome {
  const counter = new Counter({
    name: "outbox_tries_total",
    help: "Tries to carry out a row of the outbox; the last failed one of a row counts as dead too",
    labelNames: ["kind", "outcome"],
    registers: [registry],
  });
  return (kind, outcome) => counter.inc({ kind, outcome });
}
