import { getJob } from "../jobs/get-job.ts";
import type { JobRow } from "../jobs/job.ts";
import type { JobStore } from "../training-manager.ts";
import { illegalTransition } from "../transitions/illegal-transition.ts";
import { move } from "../transitions/move.ts";
import { fenced } from "../transitions/queries.ts";
import { type JobEvent, REASONS } from "../transitions/state-machine.ts";
import { type Fence, requireCurrent } from "./fence.ts";
import { findAttempt } from "./queries.ts";

/** How an attempt can end by its own account. */
export const END_EVENTS = {
  succeeded: "succeed",
  failed: "fail",
  cancelled: "stop",
} as const satisfies Record<string, JobEvent>;

export interface StatusReport extends Fence {
  readonly status: keyof typeof END_EVENTS | "running";
  readonly message?: string | null;
}

/**
 * Takes an attempt's account of itself. A report that was accepted before is answered like the first time, so that
 * clients may repeat it.
 * @throws SluiceError JOB_NOT_FOUND, STALE_ATTEMPT, INVALID_STATE_TRANSITION
 */
export async function reportStatus(
  store: JobStore,
  projectId: string,
  jobId: string,
  { attempt, token, status, message = null }: StatusReport,
): Promise<JobRow> {
  const fence = { attempt, token };
  if (status === "running") return confirmRunning(store, projectId, jobId, fence);
  const event = END_EVENTS[status];
  const chosen = fenced(projectId, jobId, attempt, token);
  const moved = await move(store, { projectId, event, chosen, message });
  if (moved !== undefined) return moved;
  const known = await findAttempt(store.db, projectId, jobId, attempt);
  if (known?.token !== token || known.outcome !== REASONS[event]) {
    const current = await requireCurrent(store.db, projectId, jobId, fence);
    throw illegalTransition(jobId, current.status, status);
  }
  return getJob(store.db, projectId, jobId);
}

async function confirmRunning(
  { db }: JobStore,
  projectId: string,
  jobId: string,
  fence: Fence,
): Promise<JobRow> {
  const { status } = await requireCurrent(db, projectId, jobId, fence);
  if (status !== "running") throw illegalTransition(jobId, status, "running");
  return getJob(db, projectId, jobId);
}
