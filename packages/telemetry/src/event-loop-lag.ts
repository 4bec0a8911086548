import { monitorEventLoopDelay } from "node:perf_hooks";
import { Gauge, type Registry } from "prom-client";

type Lag = ReturnType<typeof monitorEventLoopDelay>;

const NANOSECONDS = 1e9;
const FIGURES: readonly (readonly [name: string, read: (lag: Lag) => number])[] = [
  ["min", ({ min }) => min],
  ["max", ({ max }) => max],
  ["mean", ({ mean }) => mean],
  ["stddev", ({ stddev }) => stddev],
  ["p50", (lag) => lag.percentile(50)],
  ["p90", (lag) => lag.percentile(90)],
  ["p99", (lag) => lag.percentile(99)],
];

/**
 * Measures what each turn of the event loop takes, waiting left out, in place of the library's look by a timer. That one
 * wakes a process that has nothing to do, and sees a turn that is shorter than its pause only by chance. Figures are of
 * the turns since the last scrape.
 */
export function measureEventLoop(registry: Registry): void {
  const lag = monitorEventLoopDelay({ samplePerIteration: true });
  lag.enable();
  setImmediate(() => lag.reset()); // of the turn in which it begins the waiting is counted, too
  for (const [figure, read] of FIGURES) {
    const name = `nodejs_eventloop_lag_${figure}_seconds`;
    registry.removeSingleMetric(name);
    new Gauge({
      name,
      help: `What a turn of the event loop took, ${figure}`,
      registers: [registry],
      collect() {
        this.set(lag.count === 0 ? 0 : read(lag) / NANOSECONDS);
        if (figure === FIGURES.at(-1)![0]) lag.reset();
      },
    });
  }
}
