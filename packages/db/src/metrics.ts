import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { GateStatus } from "./gate.ts";

/** Seconds: a slot that is free costs microseconds, a full pool the acquire time-out. */
const WAIT_BUCKETS = [
  0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 180,
];
const HOLD_BUCKETS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 60, 180,
];

/** What one pool reports. Durations are milliseconds here and seconds in the metrics. */
export interface PoolMeter {
  /** Has the gauges read from the gate at each scrape. */
  watch(status: () => GateStatus): void;
  waited(milliseconds: number): void;
  held(milliseconds: number): void;
  ran(operation: string, milliseconds: number): void;
  timedOut(): void;
  saturated(): void;
  leaked(): void;
  circuit(state: 0 | 1 | 2): void;
}

const labelNames = ["pool"] as const;

/**
 * The pool metrics of one process: the field report's names, and beside them OpenTelemetry's. Label `pool` is the
 * workload.
 */
export class PoolMetrics {
  readonly #status = new Map<string, () => GateStatus>();
  readonly #registers: Registry[];
  readonly #hold: Histogram<"pool">;
  readonly #wait: Histogram<"pool">;
  readonly #operation: Histogram<"pool" | "operation">;
  readonly #leaked: Counter<"pool">;
  readonly #timeouts: Counter<"pool">;
  readonly #saturated: Counter<"pool">;
  readonly #circuit: Gauge<"pool">;

  constructor(registry: Registry) {
    const registers = (this.#registers = [registry]);
    this.#gauge("db_pool_size", "Most slots the pool may open", ({ size }) => size);
    this.#gauge("db_active_connections", "Slots that somebody holds", ({ active }) => active);
    this.#gauge("db_idle_connections", "Open slots that nobody holds", ({ idle }) => idle);
    this.#gauge("db_waiting_connections", "Callers that wait for a slot", ({ waiting }) => waiting);
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
    this.#operation = new Histogram({
      name: "db_client_operation_duration_seconds",
      help: "Time a statement took, without the wait for a slot",
      labelNames: ["pool", "operation"],
      registers,
      buckets: HOLD_BUCKETS,
    });
    this.#leaked = this.#counter(
      "db_connection_leaked_total",
      "Leases held over their threshold or never released",
    );
    this.#timeouts = this.#counter(
      "db_client_connection_timeouts_total",
      "Callers that got no slot in time",
    );
    this.#saturated = this.#counter(
      "db_client_connection_refused_total",
      "Callers refused at once by a full queue",
    );
    this.#circuit = new Gauge({
      name: "db_circuit_state",
      help: "Circuit breaker: 0 closed, 1 half-open, 2 open",
      labelNames,
      registers,
    });
  }

  /** The meter of one pool, with every label resolved once: it is on the path of each statement. */
  forPool(pool: string): PoolMeter {
    const [hold, wait] = [this.#hold.labels(pool), this.#wait.labels(pool)];
    const [leaked, timeouts, saturated] = [this.#leaked, this.#timeouts, this.#saturated].map((c) =>
      c.labels(pool),
    );
    const circuit = this.#circuit.labels(pool);
    const operations = new Map<string, Histogram.Internal<"pool" | "operation">>();
    for (const counter of [leaked, timeouts, saturated]) counter!.inc(0);
    circuit.set(0);
    return {
      watch: (status) => void this.#status.set(pool, status),
      waited: (milliseconds) => wait.observe(milliseconds / 1_000),
      held: (milliseconds) => hold.observe(milliseconds / 1_000),
      ran: (operation, milliseconds) => {
        let child = operations.get(operation);
        if (child === undefined)
          operations.set(operation, (child = this.#operation.labels(pool, operation)));
        child.observe(milliseconds / 1_000);
      },
      timedOut: () => timeouts!.inc(),
      saturated: () => saturated!.inc(),
      leaked: () => leaked!.inc(),
      circuit: (state) => circuit.set(state),
    };
  }

  #gauge(name: string, help: string, value: (status: GateStatus) => number): void {
    const status = this.#status;
    new Gauge({
      name,
      help,
      labelNames,
      registers: this.#registers,
      collect() {
        for (const [pool, read] of status) this.set({ pool }, value(read()));
      },
    });
  }

  #counter(name: string, help: string): Counter<"pool"> {
    return new Counter({ name, help, labelNames, registers: this.#registers });
  }
}
