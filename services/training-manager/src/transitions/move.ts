import type { ChangedJob } from "../jobs/job.ts";
import type { JobStore } from "../training-manager.ts";
import { type Move, moveJob } from "./queries.ts";

/** Carries an event out and tells of it. Undefined, and nothing changed, when there was no such job or it was illegal. */
export async function move(
  { db, announce }: JobStore,
  event: Move,
): Promise<ChangedJob | undefined> {
  const job = await moveJob(db, event);
  if (job !== undefined) announce(event.projectId, job);
  return job;
}
