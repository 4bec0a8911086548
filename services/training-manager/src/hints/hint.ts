import { type Static, Type } from "typebox";
import type { ChangedJob } from "../jobs/job.ts";
import { type JobStatus, STATUSES } from "../transitions/state-machine.ts";

const Status = Type.Enum([...STATUSES]);

/** A job changed its state, or was created. Never the truth: who gets one reads the database, who gets none polls. */
export const Hint = Type.Object({
  tenantId: Type.String(),
  projectId: Type.String(),
  jobId: Type.String(),
  queue: Type.String(),
  from: Type.Union([Status, Type.Null()]),
  to: Status,
  sequence: Type.Integer(),
});
export type Hint = Static<typeof Hint>;

export function hintOf(projectId: string, job: ChangedJob): Hint {
  return {
    tenantId: job.tenant_id,
    projectId,
    jobId: job.job_id,
    queue: job.queue,
    from: job.from_status,
    to: job.status,
    sequence: job.sequence,
  };
}

const OCCUPYING: ReadonlySet<JobStatus | null> = new Set<JobStatus>(["running", "cancelling"]);

/** Whether the tenant has one job less that counts against its quota. */
export function freesPlace({ from, to }: Hint): boolean {
  return OCCUPYING.has(from) && !OCCUPYING.has(to);
}
