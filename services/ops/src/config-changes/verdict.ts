import type { Counters } from "./counters.ts";

/** Fewer say nothing: one failure of three is chance. */
const LEAST_CALLS = 20;
/** More failures by so much, as shares of all calls, are worse. */
const ERROR_MARGIN = 0.01;
/** A mean wait longer by this factor, and by this much at least, is worse. */
const WAIT_FACTOR = 1.5;
const WAIT_MARGIN_SECONDS = 0.002;

/**
 * Why things are worse than before; undefined while they are not, or while too little has happened to tell. Waits and
 * refusals tell the same from both sides: a short time-out shortens the wait of those that it does not refuse.
 */
export function worsened(before: Counters, now: Counters): string | undefined {
  return refusedMore(before, now) ?? failedMore(before, now) ?? waitedLonger(before, now);
}

function refusedMore(before: Counters, now: Counters): string | undefined {
  const calls = ({ acquired, refused }: Counters): number => acquired + refused;
  const of = (counters: Counters): number => share(counters.refused, calls(counters));
  if (calls(now) < LEAST_CALLS || of(now) <= of(before) + ERROR_MARGIN) return undefined;
  return `${percent(of(now))} of the calls got no slot, ${percent(of(before))} before`;
}

function failedMore(before: Counters, now: Counters): string | undefined {
  const of = ({ failed, requests }: Counters): number => share(failed, requests);
  if (now.requests < LEAST_CALLS || of(now) <= of(before) + ERROR_MARGIN) return undefined;
  return `${percent(of(now))} of the requests failed, ${percent(of(before))} before`;
}

function waitedLonger(before: Counters, now: Counters): string | undefined {
  const of = ({ waitSeconds, acquired }: Counters): number => share(waitSeconds, acquired);
  if (now.acquired < LEAST_CALLS || before.acquired < LEAST_CALLS) return undefined;
  const limit = Math.max(of(before) * WAIT_FACTOR, of(before) + WAIT_MARGIN_SECONDS);
  if (of(now) <= limit) return undefined;
  return `the mean wait was ${milliseconds(of(now))}, ${milliseconds(of(before))} before`;
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}

function milliseconds(seconds: number): string {
  return `${(seconds * 1_000).toFixed(1)} ms`;
}
