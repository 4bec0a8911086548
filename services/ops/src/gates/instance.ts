import type { MetricValue } from "@sluice/http";
import { ratePerSecond, ratio } from "../samples/rate.ts";
import type { ServiceAddress } from "./instances.ts";

/** One gate of one process. */
export interface GateState {
  readonly workload: string;
  readonly size: number;
  readonly active: number;
  readonly idle: number;
  readonly waiting: number;
  readonly circuit: "closed" | "half_open" | "open";
}

/** Counters of a process since its start. */
export interface Counters {
  readonly requests: number;
  readonly errors: number;
  readonly seconds: number;
  readonly shed: number;
}

/** One process of a service. Rates, ratio and mean are of the last second; null when that is not known. */
export interface Instance {
  readonly service: string;
  readonly url: string;
  /** Why it was not heard; null when it was. */
  readonly error: string | null;
  readonly gates: readonly GateState[];
  readonly counters: Counters | null;
  readonly requests_per_second: number | null;
  readonly error_ratio: number | null;
  readonly mean_latency_ms: number | null;
  readonly shed_per_second: number | null;
}

/** The metrics that an instance is described from, as a query of its internal listener. */
const NAMES = [
  "db_pool_size",
  "db_active_connections",
  "db_idle_connections",
  "db_waiting_connections",
  "db_circuit_state",
  "http_request_duration_seconds",
  "http_requests_shed_total",
];
export const QUERY = new URLSearchParams(NAMES.map((name) => ["name", name])).toString();

/** @param seconds since the counters `before` */
export function describeInstance(
  { service, url }: ServiceAddress,
  values: readonly MetricValue[],
  before: Counters | null,
  seconds: number,
): Instance {
  const counters = countersOf(values);
  return {
    service,
    url: url.origin,
    error: null,
    gates: gatesOf(values),
    counters,
    ...ratesOf(counters, before, seconds),
  };
}

/** An instance of which nothing is known but why. */
export function unheard({ service, url }: ServiceAddress, error: string): Instance {
  return {
    service,
    url: url.origin,
    error,
    gates: [],
    counters: null,
    ...ratesOf(null, null, 0),
  };
}

const CIRCUITS = ["closed", "half_open", "open"] as const;

function gatesOf(values: readonly MetricValue[]): GateState[] {
  const pools = values.filter(({ name }) => name === "db_pool_size");
  return pools.map(({ labels, value: size }) => {
    const read = (metric: string): number =>
      values.find(({ name, labels: { pool } }) => name === metric && pool === labels["pool"])
        ?.value ?? 0;
    return {
      workload: String(labels["pool"]),
      size,
      active: read("db_active_connections"),
      idle: read("db_idle_connections"),
      waiting: read("db_waiting_connections"),
      circuit: CIRCUITS[read("db_circuit_state")] ?? "open",
    };
  });
}

function countersOf(values: readonly MetricValue[]): Counters {
  const sum = (metric: string, matches: (labels: MetricValue["labels"]) => boolean): number =>
    values.reduce(
      (total, { name, labels, value }) =>
        name === metric && matches(labels) ? total + value : total,
      0,
    );
  const all = (): boolean => true;
  const failed = ({ status }: MetricValue["labels"]): boolean => Number(status) >= 500;
  return {
    requests: sum("http_request_duration_seconds_count", all),
    errors: sum("http_request_duration_seconds_count", failed),
    seconds: sum("http_request_duration_seconds_sum", all),
    shed: sum("http_requests_shed_total", all),
  };
}

function ratesOf(now: Counters | null, before: Counters | null | undefined, seconds: number) {
  const rate = (counter: keyof Counters): number | null =>
    ratePerSecond(now?.[counter] ?? null, before?.[counter], seconds);
  const requests = rate("requests");
  const latency = ratio(rate("seconds"), requests);
  return {
    requests_per_second: requests,
    error_ratio: ratio(rate("errors"), requests),
    mean_latency_ms: latency === null ? null : latency * 1_000,
    shed_per_second: rate("shed"),
  };
}
