import type { Profile } from "@sluice/workloads";
import type { Pooler } from "./pooler.ts";
import { lookAtPooler, type Pool, type PoolerState } from "./pooler-look.ts";

/** Every PgBouncer at one moment. */
export interface PoolSample {
  /** Of the processes that were heard. */
  readonly pools: readonly Pool[];
  readonly poolers: readonly PoolerState[];
  /** `performance.now()` milliseconds, for rates. */
  readonly lookedAt: number;
}

/**
 * Asks all PgBouncers at once. One that does not answer is in the sample all the same.
 * @throws Error when none answers
 */
export async function lookAtPools(
  poolers: readonly Pooler[],
  profile: Profile,
  last: PoolSample | undefined,
): Promise<PoolSample> {
  const lookedAt = performance.now();
  const seconds = (lookedAt - (last?.lookedAt ?? lookedAt)) / 1_000;
  const looks = await Promise.allSettled(
    poolers.map((pooler) => {
      const before = last?.poolers.find(({ name }) => name === pooler.name);
      return lookAtPooler(pooler, profile, before, seconds);
    }),
  );
  const failures = looks.filter((look) => look.status === "rejected");
  if (failures.length === looks.length && failures[0] !== undefined)
    throw failures[0].reason as Error;
  return {
    lookedAt,
    poolers: looks.map((look, index) =>
      look.status === "fulfilled"
        ? look.value.state
        : unheard(poolers[index]!.name, look.reason as Error),
    ),
    pools: looks.flatMap((look) => (look.status === "fulfilled" ? look.value.pools : [])),
  };
}

function unheard(name: string, { message }: Error): PoolerState {
  return { name, error: message, clients: 0, totals: new Map(), aliases: [], readAt: 0 };
}
