import { readStack } from "@sluice/testing";

const NAME = "db_client_connection_wait_time_seconds";
/** The gates that trainers and loaders wait at. */
const GATES = [
  { service: "training-manager", pool: "training" },
  { service: "data-loader", pool: "sample" },
];

/** A histogram of waits, in seconds, added up over gates. */
export class GateWaits {
  /** Cumulative counts by upper bound. */
  readonly #buckets: ReadonlyMap<number, number>;
  readonly #sum: number;

  constructor(buckets: ReadonlyMap<number, number>, sum: number) {
    this.#buckets = buckets;
    this.#sum = sum;
  }

  minus(earlier: GateWaits): GateWaits {
    const buckets = [...this.#buckets].map(
      ([bound, count]) => [bound, count - (earlier.#buckets.get(bound) ?? 0)] as const,
    );
    return new GateWaits(new Map(buckets), this.#sum - earlier.#sum);
  }

  get count(): number {
    return Math.max(0, ...this.#buckets.values());
  }

  /** Milliseconds. */
  get mean(): number {
    return (this.#sum / this.count) * 1_000;
  }

  /** The upper bound, in milliseconds, of the bucket that holds this share. */
  quantile(share: number): number {
    const wanted = share * this.count;
    const bounds = [...this.#buckets].toSorted(([a], [b]) => a - b);
    return (bounds.find(([, count]) => count >= wanted)?.[0] ?? Number.NaN) * 1_000;
  }
}

/** What Sluice has measured so far. */
export async function gateWaits(): Promise<GateWaits> {
  const buckets = new Map<number, number>();
  let sum = 0;
  for (const { service, pool } of GATES) {
    const response = await fetch(`${readStack().services[service]!.internal_url}/metrics`);
    for (const line of (await response.text()).split("\n")) {
      if (!line.startsWith(NAME) || !line.includes(`pool="${pool}"`)) continue;
      const value = Number(line.slice(line.lastIndexOf(" ")));
      const bound = /_bucket\{le="([^"]+)"/.exec(line)?.[1];
      if (bound !== undefined) {
        const limit = bound === "+Inf" ? Number.POSITIVE_INFINITY : Number(bound);
        buckets.set(limit, (buckets.get(limit) ?? 0) + value);
      } else if (line.startsWith(`${NAME}_sum`)) sum += value;
    }
  }
  return new GateWaits(buckets, sum);
}
