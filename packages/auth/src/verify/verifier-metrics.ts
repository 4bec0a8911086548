import { Counter, Gauge, type Registry } from "prom-client";
import type { LookupOutcome } from "./lookup-cache.ts";

/** What the gauges read when they are scraped. */
export interface VerifierState {
  readonly entries: () => Readonly<Record<"keys" | "projects", number>>;
  readonly isListening: () => boolean;
}

/** Registers the verifier's metrics; returns the counter of look-ups by cache and what answered them. */
export function registerVerifierMetrics(
  registry: Registry,
  state: VerifierState,
): (cache: "keys" | "projects", outcome: LookupOutcome) => void {
  const lookups = new Counter({
    name: "auth_lookups_total",
    help: "Look-ups of keys and projects: hit (cached), shared (with one under way), loaded (one query)",
    labelNames: ["cache", "outcome"],
    registers: [registry],
  });
  new Gauge({
    name: "auth_cache_entries",
    help: "Keys and projects held, those not found included",
    labelNames: ["cache"],
    registers: [registry],
    collect() {
      for (const [cache, size] of Object.entries(state.entries())) this.set({ cache }, size);
    },
  });
  new Gauge({
    name: "auth_revocations_heard",
    help: "1 while revocations are heard at once, 0 while they take up to 10 s (Redis is away)",
    registers: [registry],
    collect() {
      this.set(state.isListening() ? 1 : 0);
    },
  });
  return (cache, outcome) => lookups.inc({ cache, outcome });
}
