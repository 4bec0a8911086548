import type { MetricValue } from "@sluice/http";
import { findInstances, type ServiceAddress } from "../gates/instances.ts";
import { COUNTED, type Counters, readCounters } from "./counters.ts";
import type { Figures } from "./settings.ts";

const TIMEOUT_MS = 3_000;
const QUERY = new URLSearchParams(COUNTED.map((name) => ["name", name])).toString();

/** The internal listeners of the services' instances. Each call has its deadline, and throws when it is not answered. */
export class Instances {
  readonly #addresses: readonly ServiceAddress[];
  readonly #token: string | undefined;

  constructor(addresses: readonly ServiceAddress[], token: string | undefined) {
    this.#addresses = addresses;
    this.#token = token;
  }

  /** The origins of all instances that run now, in an order that stays. */
  async of(service: string): Promise<string[]> {
    const addresses = this.#addresses.filter((each) => each.service === service);
    const found = await Promise.all(addresses.map(findInstances));
    return found
      .flat()
      .map(({ url }) => url.origin)
      .toSorted();
  }

  async counters(origin: string, pool: string): Promise<Counters> {
    const { values } = await ask<{ values: MetricValue[] }>(`${origin}/metrics.json?${QUERY}`);
    return readCounters(values, pool);
  }

  /** The gate's settings; undefined when the instance has none of that name. */
  async gate(origin: string, pool: string): Promise<Figures | undefined> {
    return (await ask<Record<string, Figures>>(`${origin}/gates`))[pool];
  }

  /** @throws Error with what the instance says against it */
  async changeGate(origin: string, pool: string, settings: Figures): Promise<void> {
    await ask(`${origin}/gates/${pool}`, {
      method: "PUT",
      headers: { authorization: `Bearer ${this.#token ?? ""}` },
      body: JSON.stringify(settings),
    });
  }
}

async function ask<T>(url: string, request: RequestInit = {}): Promise<T> {
  const response = await fetch(url, { ...request, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
  return JSON.parse(text) as T;
}
