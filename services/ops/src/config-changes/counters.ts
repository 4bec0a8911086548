import type { MetricValue } from "@sluice/http";

/** What was counted since an instance started, or of an alias since PgBouncer did. */
export interface Counters {
  /** Connections or slots that somebody got. */
  readonly acquired: number;
  /** Time that they had been waited for, together. */
  readonly waitSeconds: number;
  /** Callers that got none. */
  readonly refused: number;
  readonly requests: number;
  /** Requests that were answered with a 5xx. */
  readonly failed: number;
}

export const NOTHING: Counters = {
  acquired: 0,
  waitSeconds: 0,
  refused: 0,
  requests: 0,
  failed: 0,
};

/** The metrics that are counted. */
export const COUNTED = [
  "db_client_connection_wait_time_seconds",
  "db_client_connection_timeouts_total",
  "db_client_connection_refused_total",
  "http_request_duration_seconds",
];

/** The counters of one gate, and of all requests of its process. */
export function readCounters(values: readonly MetricValue[], pool: string): Counters {
  const sum = (metric: string, counts: (labels: MetricValue["labels"]) => boolean): number =>
    values
      .filter(({ name, labels }) => name === metric && counts(labels))
      .reduce((total, { value }) => total + value, 0);
  const ofPool = (labels: MetricValue["labels"]): boolean => labels["pool"] === pool;
  return {
    acquired: sum("db_client_connection_wait_time_seconds_count", ofPool),
    waitSeconds: sum("db_client_connection_wait_time_seconds_sum", ofPool),
    refused:
      sum("db_client_connection_timeouts_total", ofPool) +
      sum("db_client_connection_refused_total", ofPool),
    requests: sum("http_request_duration_seconds_count", () => true),
    failed: sum("http_request_duration_seconds_count", ({ status }) => Number(status) >= 500),
  };
}

/** What was counted in between. Of a process that restarted, what it has counted since. */
export function since(before: Counters, now: Counters): Counters {
  const restarted = now.requests < before.requests || now.acquired < before.acquired;
  return restarted ? now : combine(now, before, (a, b) => a - b);
}

export function add(a: Counters, b: Counters): Counters {
  return combine(a, b, (x, y) => x + y);
}

function combine(a: Counters, b: Counters, by: (a: number, b: number) => number): Counters {
  return {
    acquired: by(a.acquired, b.acquired),
    waitSeconds: by(a.waitSeconds, b.waitSeconds),
    refused: by(a.refused, b.refused),
    requests: by(a.requests, b.requests),
    failed: by(a.failed, b.failed),
  };
}
