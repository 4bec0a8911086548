import type { MetricValue } from "@sluice/http";
import { ratePerSecond, ratio } from "../samples/rate.ts";
import { findInstances, type ServiceAddress } from "./instances.ts";

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

/** One process of a service. Rates, ratio and mean are since the last look; null when that is not known. */
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

export interface InstanceSample {
  readonly instances: readonly Instance[];
  /** `performance.now()` milliseconds, for rates. */
  readonly lookedAt: number;
}

/** What it asks of each process, at one request for all of it. */
const NAMES = [
  "db_pool_size",
  "db_active_connections",
  "db_idle_connections",
  "db_waiting_connections",
  "db_circuit_state",
  "http_request_duration_seconds",
  "http_requests_shed_total",
];
const QUERY = new URLSearchParams(NAMES.map((name) => ["name", name])).toString();
/** A process that has not answered by then is busy or gone, and is looked at again at the next turn. */
const TIMEOUT_MS = 800;

/** Asks every process at once. One that does not answer is in the sample all the same. */
export async function lookAtInstances(
  addresses: readonly ServiceAddress[],
  last: InstanceSample | undefined,
): Promise<InstanceSample> {
  const lookedAt = performance.now();
  const seconds = (lookedAt - (last?.lookedAt ?? lookedAt)) / 1_000;
  const instances = await Promise.all(
    addresses.map((address) =>
      findInstances(address).then(
        (found) => Promise.all(found.map((instance) => look(instance, last, seconds))),
        (error: unknown) => [unheard(address, error)],
      ),
    ),
  );
  return { lookedAt, instances: instances.flat() };
}

async function look(
  address: ServiceAddress,
  last: InstanceSample | undefined,
  seconds: number,
): Promise<Instance> {
  const { service, url } = address;
  try {
    const values = await readMetrics(url);
    const counters = countersOf(values);
    const before = last?.instances.find((each) => each.url === url.origin)?.counters;
    return {
      service,
      url: url.origin,
      error: null,
      gates: gatesOf(values),
      counters,
      ...ratesOf(counters, before, seconds),
    };
  } catch (error) {
    return unheard(address, error);
  }
}

async function readMetrics(url: URL): Promise<readonly MetricValue[]> {
  const response = await fetch(new URL(`/metrics.json?${QUERY}`, url), {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`answered ${response.status}`);
  }
  return ((await response.json()) as { values: MetricValue[] }).values;
}

function unheard({ service, url }: ServiceAddress, error: unknown): Instance {
  const { message, cause } = error as Error;
  return {
    service,
    url: url.origin,
    error: cause instanceof Error ? `${message}: ${cause.message}` : message,
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
