import type { StatementCounters, StatementWeek } from "./statement-counters.ts";

/** A statement is slow from this mean on; what takes less is left alone however often it runs. */
const SLOW_MS = 10;
/** It got slower when its mean is so many times that of before, and more than this longer. */
const SLOWER_FACTOR = 1.5;
const SLOWER_BY_MS = 1;
/** How many statements each list names. */
const LISTED = 20;

export interface StatementChanges {
  /** Slow, and not there or not slow before: those that took most time first. */
  readonly new_slow: StatementWeek[];
  /** Slower than before by half or more. */
  readonly slower: StatementWeek[];
  /** Those that took most time of the week. */
  readonly top: StatementWeek[];
}

/**
 * What has changed between two readings of the counters. `before` is undefined for the first report: all is new then,
 * and nothing got slower. Means are those of the calls between the readings.
 */
export function compareWeeks(
  before: readonly StatementCounters[] | undefined,
  now: readonly StatementCounters[],
): StatementChanges {
  const past = new Map((before ?? []).map((counters) => [keyOf(counters), counters]));
  const week = now
    .flatMap((counters) => sinceThen(past.get(keyOf(counters)), counters))
    .toSorted((one, other) => other.total_ms - one.total_ms);
  const wasSlow = ({ mean_ms_before }: StatementWeek): boolean => (mean_ms_before ?? 0) >= SLOW_MS;
  return {
    new_slow: week.filter((each) => each.mean_ms >= SLOW_MS && !wasSlow(each)).slice(0, LISTED),
    slower: week.filter(isSlower).slice(0, LISTED),
    top: week.slice(0, LISTED),
  };
}

function isSlower({ mean_ms, mean_ms_before }: StatementWeek): boolean {
  return (
    mean_ms_before !== null &&
    mean_ms >= mean_ms_before * SLOWER_FACTOR &&
    mean_ms - mean_ms_before >= SLOWER_BY_MS
  );
}

/** Counters that went back were reset in between: they count from zero. */
function sinceThen(before: StatementCounters | undefined, now: StatementCounters): StatementWeek[] {
  const isReset = before !== undefined && now.calls < before.calls;
  const [calls, total_ms] =
    before === undefined || isReset
      ? [now.calls, now.total_ms]
      : [now.calls - before.calls, now.total_ms - before.total_ms];
  if (calls === 0) return [];
  const { query_id, role, statement } = now;
  const mean_ms_before =
    before === undefined || before.calls === 0 ? null : before.total_ms / before.calls;
  return [
    { query_id, role, statement, calls, total_ms, mean_ms: total_ms / calls, mean_ms_before },
  ];
}

function keyOf({ query_id, role }: StatementCounters): string {
  return `${role} ${query_id}`;
}
