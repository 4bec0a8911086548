import { requireIndex, requireInteger } from "./require-integer.ts";

export interface Worker {
  readonly worker: number;
  /** Workers of one rank, which may be another number at every start. */
  readonly workers: number;
}

/**
 * The steps that a worker of a rank fetches when the rank goes on at step `from`, of `count` steps: from + worker,
 * and every `workers`-th after it.
 *
 * Counted from where the rank goes on, not from 0: a loader asks its workers in turns, beginning with the first. With
 * `step mod workers` a rank that goes on at step 5 with 4 workers would get step 8 first, and its cursor would be wrong.
 * @throws RangeError when from is not in [0, count], or worker not in [0, workers).
 */
export function* workerSteps(
  from: number,
  count: number,
  { worker, workers }: Worker,
): Generator<number> {
  requireInteger("from", from, 0, count);
  requireInteger("workers", workers, 1, Number.MAX_SAFE_INTEGER);
  requireIndex("worker", worker, workers);
  for (let step = from + worker; step < count; step += workers) yield step;
}
