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

/** Counts what is served, by view. Views of different projects may share a name, so the label is `project/view`. */
export class ServedMetrics {
  readonly #ages: Histogram<"view">;
  readonly #statuses: Counter<"view" | "status">;
  readonly #views = new Set<string>();

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
    const label = this.#label(`${project}/${view}`);
    const histogram = this.#ages.labels(label);
    for (const age of ages) histogram.observe(Math.max(0, age));
    for (const status of STATUSES)
      if (counts[status] > 0) this.#statuses.inc({ view: label, status }, counts[status]);
  }

  #label(view: string): string {
    if (this.#views.size < MAX_VIEWS) this.#views.add(view);
    return this.#views.has(view) ? view : "other";
  }
}

export function noStatuses(): Record<Status, number> {
  return { PRESENT: 0, NULL_VALUE: 0, NOT_FOUND: 0, OUTSIDE_MAX_AGE: 0 };
}
