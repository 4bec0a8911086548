import { sql } from "kysely";
import type { Queryable } from "../transitions/queries.ts";
import type { JobStatus } from "../transitions/state-machine.ts";

/** A job and one of its attempts. */
export interface AttemptState {
  readonly status: JobStatus;
  readonly current_attempt: number;
  readonly world_size: number;
  /** null when the job never had such an attempt. */
  readonly token: string | null;
  /** The reason of the transition that ended the attempt. */
  readonly outcome: string | null;
}

export async function findAttempt(
  db: Queryable,
  projectId: string,
  jobId: string,
  attempt: number,
): Promise<AttemptState | undefined> {
  const query = sql<AttemptState>`
    select job.status, job.attempt as current_attempt, job.world_size, attempt.token, attempt.outcome
    from training.training_jobs as job
    left join training.attempts as attempt on attempt.project_id = job.project_id
      and attempt.job_id = job.job_id and attempt.attempt = ${attempt}::int
    where job.project_id = ${projectId}::bigint and job.job_id = ${jobId}::uuid`;
  const [row] = await db.run("training.find_attempt", query, { idempotent: true });
  return row;
}
