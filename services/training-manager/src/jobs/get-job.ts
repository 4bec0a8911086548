import type { Queryable } from "../transitions/queries.ts";
import type { JobRow } from "./job.ts";
import { jobNotFound } from "./job-id.ts";
import { findJob } from "./queries.ts";

/** @throws SluiceError JOB_NOT_FOUND */
export async function getJob(db: Queryable, projectId: string, jobId: string): Promise<JobRow> {
  const job = await findJob(db, projectId, jobId);
  if (job === undefined) throw jobNotFound(jobId);
  return job;
}
