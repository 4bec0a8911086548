import { Counter, Histogram, type Registry } from "prom-client";

export const STATUSES = ["PRESENT", "NULL_VALUE", "NOT_FOUND", "OUTSIDE_MAX_AGE"] as const;

/** What is known of one value served. */
export type Status = (typeof STATUSES)[number];

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const AGE_BUCKETS = [
  1,
  10,
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  HOUR,
  4 * HOUR,
  DAY,
  3 * DAY,
  7 * DAY,
  30 * DAY,
];

/** A process tells at most so many views apart; the values of further ones are counted as `other`. */
const MAX_VIEWS = 1_000;

/** What one view's values are counted by. */
interface ViewMeter {
  readonly age: Histogram.Internal<"view">;
  readonly statuses: Readonly<Record<Status, Counter.Internal>>;
}

/** Counts what is served, by view. Views of different projects may share a name, so the label is `project/view`. */
export class ServedMetrics {
  readonly #ages: Histogram<"view">;
  readonly #statuses: Counter<"view" | "status">;
  /** With every label resolved once: they are on the path of each look-up. */
  readonly #meters = new Map<string, ViewMeter>();
  #others: ViewMeter | undefined;

  constructor(registry: Registry) {
    this.#ages = new Histogram({
      name: "feature_value_age_seconds",
      help: "Time between a row's event time and the moment it is served",
      labelNames: ["view"],
      buckets: AGE_BUCKETS,
      registers: [registry],
    });
    this.#statuses = new Counter({
      name: "feature_statuses_total",
      help: "Feature values served, by what was known of them",
      labelNames: ["view", "status"],
      registers: [registry],
    });
  }

  /** `ages` in seconds, one for each row found; `counts` of values by status. */
  record(
    project: string,
    view: string,
    ages: readonly number[],
    counts: Readonly<Record<Status, number>>,
  ): void {
    const meter = this.#meterOf(`${project}/${view}`);
    for (const age of ages) meter.age.observe(Math.max(0, age));
    for (const status of STATUSES)
      if (counts[status] > 0) meter.statuses[status].inc(counts[status]);
  }

  #meterOf(view: string): ViewMeter {
    const known = this.#meters.get(view);
    if (known !== undefined) return known;
    if (this.#meters.size >= MAX_VIEWS) return (this.#others ??= this.#newMeter("other"));
    const meter = this.#newMeter(view);
    this.#meters.set(view, meter);
    return meter;
  }

  #newMeter(view: string): ViewMeter {
    const statusOf = (status: Status) => this.#statuses.labels(view, status);
    return {
      age: this.#ages.labels(view),
      statuses: {
        PRESENT: statusOf("PRESENT"),
        NULL_VALUE: statusOf("NULL_VALUE"),
        NOT_FOUND: statusOf("NOT_FOUND"),
        OUTSIDE_MAX_AGE: statusOf("OUTSIDE_MAX_AGE"),
      },
    };
  }
}

export function noStatuses(): Record<Status, number> {
  return { PRESENT: 0, NULL_VALUE: 0, NOT_FOUND: 0, OUTSIDE_MAX_AGE: 0 };
}
