import { type Profile, WORKLOADS } from "@sluice/workloads";
import type { AliasLimits } from "./decide.ts";
import type { Decision } from "./decision.ts";
import { listPoolSizes, type Queryable } from "./queries.ts";
import type { Sample } from "./sample.ts";

/** The size that an alias should have. */
export interface WantedSize {
  readonly alias: string;
  readonly poolSize: number;
  /** Since it was decided. */
  readonly sinceChangeMs: number;
}

/** What was decided last for each alias, unless the profile has been changed since; else what the profile says. */
export async function readWanted(db: Queryable, profile: Profile): Promise<WantedSize[]> {
  const rows = await listPoolSizes(db);
  return WORKLOADS.map((workload) => {
    const { alias, pool_size } = profile.workloads[workload];
    const row = rows.find((each) => each.alias === alias && each.configured === pool_size);
    const sinceChangeMs = row?.since_change_ms ?? Number.POSITIVE_INFINITY;
    return { alias, poolSize: row?.pool_size ?? pool_size, sinceChangeMs };
  });
}

/** The aliases that the profile lets move. */
export function scaledAliases(profile: Profile, wanted: readonly WantedSize[]): AliasLimits[] {
  return WORKLOADS.flatMap((workload) => {
    const { alias, scaling } = profile.workloads[workload];
    const known = wanted.find((each) => each.alias === alias);
    if (scaling === undefined || known === undefined) return [];
    return [{ alias, ...scaling, sinceChangeMs: known.sinceChangeMs }];
  });
}

/** What has to be put back. An alias that PgBouncer does not have is no drift. */
export function driftOf({ aliases }: Sample, wanted: readonly WantedSize[]): Decision[] {
  return wanted.flatMap(({ alias, poolSize }) => {
    const seen = aliases[alias];
    if (seen === undefined || (seen.uniform && seen.poolSize === poolSize)) return [];
    const detail = `PgBouncer shows ${seen.poolSize}, ${poolSize} was decided: something else changed it`;
    const change = { from: seen.poolSize, to: poolSize, detail, seen };
    return [{ alias, action: "restore", reason: "drift", ...change }];
  });
}

/** The profile's size of an alias; undefined for one that it does not have. */
export function configuredSize({ workloads }: Profile, alias: string): number | undefined {
  return Object.values(workloads).find((each) => each.alias === alias)?.pool_size;
}
