import { isSuccess, type Outcome } from "./load.ts";

/** The part of the rate before that counts as recovered. */
export const RECOVERED = 0.95;
const WINDOW_MS = 1_000;
const STEP_MS = 100;

/** Successes a second that ended from `from` to `to`, milliseconds. */
export function rateOf(outcomes: readonly Outcome[], from: number, to: number): number {
  const count = outcomes.filter(
    (outcome) => isSuccess(outcome) && outcome.endedAt >= from && outcome.endedAt < to,
  ).length;
  return (count * 1_000) / (to - from);
}

/** Milliseconds from `since` to the first success; Infinity when there is none. */
export function firstSuccess(outcomes: readonly Outcome[], since: number): number {
  const after = outcomes.find((outcome) => isSuccess(outcome) && outcome.endedAt >= since);
  return after === undefined ? Number.POSITIVE_INFINITY : after.endedAt - since;
}

/**
 * Milliseconds from `since` to the beginning of the first second that has 95 % of the rate before; Infinity when none had by
 * `until`.
 */
export function timeToRecover(
  outcomes: readonly Outcome[],
  rateBefore: number,
  since: number,
  until: number,
): number {
  const recent = outcomes.filter(({ endedAt }) => endedAt >= since);
  for (let from = since; from + WINDOW_MS <= until; from += STEP_MS) {
    if (rateOf(recent, from, from + WINDOW_MS) >= RECOVERED * rateBefore) return from - since;
  }
  return Number.POSITIVE_INFINITY;
}

/** Successes a second in each step of 250 ms, by seconds since `since`. */
export function timeline(
  outcomes: readonly Outcome[],
  since: number,
  until: number,
): [seconds: number, rate: number][] {
  const points: [number, number][] = [];
  for (let from = since; from + 250 <= until; from += 250)
    points.push([(from - since) / 1_000, rateOf(outcomes, from, from + 250)]);
  return points;
}
