import { SluiceError } from "@sluice/errors";
import { jobNotFound } from "../jobs/job-id.ts";
import { type AttemptState, findAttempt } from "./queries.ts";
import type { Queryable } from "../transitions/queries.ts";
import { isTerminal } from "../transitions/state-machine.ts";

/** What a worker proves with each write: which attempt it is, and the token that it was given with it. */
export interface Fence {
  readonly attempt: number;
  readonly token: string;
}

/**
 * The job of an attempt that is still the current one. An attempt that was ended for it (lost, or failed) while the job
 * goes on is not.
 * @throws SluiceError JOB_NOT_FOUND, STALE_ATTEMPT
 */
export async function requireCurrent(
  db: Queryable,
  projectId: string,
  jobId: string,
  fence: Fence,
): Promise<AttemptState> {
  const state = await findAttempt(db, projectId, jobId, fence.attempt);
  if (state === undefined) throw jobNotFound(jobId);
  const isOwn = state.token === fence.token && state.current_attempt === fence.attempt;
  const wasTakenAway = state.outcome !== null && !isTerminal(state.status);
  if (!isOwn || wasTakenAway) throw staleAttempt(jobId, fence.attempt, state.current_attempt);
  return state;
}

export function staleAttempt(jobId: string, attempt: number, current: number): SluiceError {
  const detail = `Attempt ${attempt} of job ${jobId}, or its token, was superseded: attempt ${current} is the current one. Nothing was changed; stop this worker.`;
  return new SluiceError("STALE_ATTEMPT", detail, { extra: { current_attempt: current } });
}
