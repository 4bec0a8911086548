import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { GateStatus } from "./gate.ts";

/** Seconds: a slot that is free costs microseconds, a full pool the acquire time-out. */
const WAIT_BUCKETS = [0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 180];
const HOLD_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 60, 180];

/** Why a caller left the queue without a slot. */
export type Refusal = "saturated" | "timeout";

/**
 * The pool metrics of one process: the field report's names, and beside them OpenTelemetry's. Label `pool` is the
 * workload.
 */
export class PoolMetrics {
  readonly #status = new Map<string, () => GateStatus>();
  readonly #hold: Histogram<"pool">;
  readonly #wait: Histogram<"pool">;
  readonly #leaked: Counter<"pool">;
  readonly #timeouts: Counter<"pool">;
  readonly #saturated: Counter<"pool">;
  readonly #operation: Histogram<"pool" | "operation">;
  readonly #circuit: Gauge<"pool">;

  constructor(registry: Registry) {
    const registers = [registry];
    const labelNames = ["pool"] as const;
    const gauge = (name: string, help: string, value: (status: GateStatus) => number): void => {
      const status = this.#status;
      new Gauge({
        name,
        help,
        labelNames,
        registers,
        collect() {
          for (const [pool, read] of status) this.set({ pool }, value(read()));
        },
      });
    };
    gauge("db_pool_size", "Most slots the pool may open", ({ size }) => size);
    gauge("db_active_connections", "Slots that somebody holds", ({ active }) => active);
    gauge("db_idle_connections", "Open slots that nobody holds", ({ idle }) => idle);
    gauge("db_waiting_connections", "Callers that wait for a slot", ({ waiting }) => waiting);
    this.#hold = new Histogram({
      name: "db_connection_duration_seconds",
      help: "Time from taking a slot to giving it back",
      labelNames,
      registers,
      buckets: HOLD_BUCKETS,
    });
    this.#wait = new Histogram({
      name: "db_client_connection_wait_time_seconds",
      help: "Time a caller waited for a slot",
      labelNames,
      registers,
      buckets: WAIT_BUCKETS,
    });
    this.#leaked = new Counter({
      name: "db_connection_leaked_total",
      help: "Leases held over their threshold or never released",
      labelNames,
      registers,
    });
    this.#timeouts = new Counter({
      name: "db_client_connection_timeouts_total",
      help: "Callers that got no slot in time",
      labelNames,
      registers,
    });
    this.#saturated = new Counter({
      name: "db_client_connection_refused_total",
      help: "Callers refused at once because the queue was full",
      labelNames,
      registers,
    });
    this.#operation = new Histogram({
      name: "db_client_operation_duration_seconds",
      help: "Time a statement took, without the wait for a slot",
      labelNames: ["pool", "operation"],
      registers,
      buckets: HOLD_BUCKETS,
    });
    this.#circuit = new Gauge({
      name: "db_circuit_state",
      help: "Circuit breaker: 0 closed, 1 half-open, 2 open",
      labelNames,
      registers,
    });
  }

  /** Has the gauges of `pool` read from its gate at each scrape, and its counters start at 0. */
  watch(pool: string, status: () => GateStatus): void {
    this.#status.set(pool, status);
    this.#leaked.inc({ pool }, 0);
    this.#timeouts.inc({ pool }, 0);
    this.#saturated.inc({ pool }, 0);
    this.#circuit.set({ pool }, 0);
  }

  waited(pool: string, milliseconds: number): void {
    this.#wait.observe({ pool }, milliseconds / 1_000);
  }

  held(pool: string, milliseconds: number): void {
    this.#hold.observe({ pool }, milliseconds / 1_000);
  }

  ran(pool: string, operation: string, milliseconds: number): void {
    this.#operation.observe({ pool, operation }, milliseconds / 1_000);
  }

  refused(pool: string, why: Refusal): void {
    (why === "timeout" ? this.#timeouts : this.#saturated).inc({ pool });
  }

  leaked(pool: string): void {
    this.#leaked.inc({ pool });
  }

  circuit(pool: string, state: 0 | 1 | 2): void {
    this.#circuit.set({ pool }, state);
  }
}
