import type { JobStore } from "../training-manager.ts";
import { illegalTransition } from "../transitions/illegal-transition.ts";
import { move } from "../transitions/move.ts";
import { anyAttempt } from "../transitions/queries.ts";
import { isTerminal } from "../transitions/state-machine.ts";
import { createJob } from "./create-job.ts";
import { getJob } from "./get-job.ts";
import type { JobRow } from "./job.ts";
import { retryOf } from "./job-request.ts";
import { requestCheckpoint } from "./queries.ts";

/**
 * Ends a job: at once when nobody works on it, else its ranks are told with their next heartbeats. What is being
 * cancelled already is answered alike.
 * @throws SluiceError JOB_NOT_FOUND, INVALID_STATE_TRANSITION when it has succeeded or failed
 */
export async function cancelJob(
  store: JobStore,
  projectId: string,
  jobId: string,
): Promise<JobRow> {
  const chosen = anyAttempt(projectId, jobId);
  const moved = await move(store, { projectId, event: "cancel", chosen });
  if (moved !== undefined) return moved;
  const job = await getJob(store.db, projectId, jobId);
  if (job.status === "cancelling" || job.status === "cancelled") return job;
  throw illegalTransition(jobId, job.status, "cancelled");
}

/** Has the ranks of a running job told to write a checkpoint. @throws SluiceError JOB_NOT_FOUND, INVALID_STATE_TRANSITION */
export async function askForCheckpoint(
  { db }: JobStore,
  projectId: string,
  jobId: string,
): Promise<JobRow> {
  const asked = await requestCheckpoint(db, projectId, jobId);
  const job = await getJob(db, projectId, jobId);
  if (!asked) throw illegalTransition(jobId, job.status, "checkpoint");
  return job;
}

/** Makes a new job of one that has ended. @throws SluiceError JOB_NOT_FOUND, INVALID_STATE_TRANSITION */
export async function retryJob(
  store: JobStore,
  projectId: string,
  jobId: string,
  idempotencyKey: string | undefined,
): Promise<JobRow> {
  const job = await getJob(store.db, projectId, jobId);
  if (!isTerminal(job.status)) throw illegalTransition(jobId, job.status, "retry");
  return createJob(store, projectId, retryOf(job), idempotencyKey);
}
