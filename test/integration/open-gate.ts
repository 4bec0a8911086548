import { Gate, type GateOptions, PoolMetrics, Slot } from "@sluice/db";
import { createLogger, createRegistry } from "@sluice/telemetry";
import { readStack } from "@sluice/testing";

/** A gate over the stack's PgBouncer whose log and metrics can be looked at. */
export interface ObservedGate extends AsyncDisposable {
  readonly gate: Gate;
  readonly log: Record<string, unknown>[];
  /** Connections opened so far. */
  opened(): number;
  /** The sum of a metric's values over its labels. */
  metric(name: string): Promise<number>;
}

/** Two slots of the `feature` alias and short time-outs, unless a test wants something else. */
export function openGate(overrides: Partial<GateOptions> = {}): ObservedGate {
  const url = readStack().pgbouncer.urls["feature"]!;
  const log: Record<string, unknown>[] = [];
  const registry = createRegistry("test");
  const destination = {
    write: (line: string) => void log.push(JSON.parse(line) as Record<string, unknown>),
  };
  const slot = { url, applicationName: "sluice-test", prepare: false, connectTimeoutMs: 5_000 };
  let opened = 0;
  const gate = new Gate({
    pool: "feature",
    base: 2,
    overflow: 0,
    maxWaiters: 100,
    acquireTimeoutMs: 5_000,
    leakThresholdMs: 60_000,
    overflowIdleMs: 60_000,
    maxLifetimeMs: 60_000,
    openSlot: (onDeath) => {
      opened += 1;
      return Slot.open(slot, onDeath);
    },
    logger: createLogger({ service: "test", level: "info", destination }),
    meter: new PoolMetrics(registry).forPool("feature"),
    ...overrides,
  });
  return {
    gate,
    log,
    opened: () => opened,
    metric: async (name) => sum(await registry.getSingleMetric(name)!.get()),
    [Symbol.asyncDispose]: () => gate.stop(0),
  };
}

function sum({ values }: { values: { value: number }[] }): number {
  return values.reduce((total, { value }) => total + value, 0);
}
