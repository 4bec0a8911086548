import { openScratchDatabase, type ScratchDatabase } from "@sluice/testing";
import postgres from "postgres";
import type { ChangedJob } from "./jobs/job.ts";
import type { JobRequest } from "./jobs/create-job.ts";

/** For tests: a PostgreSQL of one's own with a tenant and some projects in it. */
export interface ScratchTraining {
  readonly db: ScratchDatabase["db"];
  /** Who may look at everything, explain and analyze. */
  readonly superuser: postgres.Sql;
  readonly tenantId: string;
  readonly projects: readonly string[];
  /** What was announced, in order. */
  readonly announced: ChangedJob[];
  readonly announce: (projectId: string, job: ChangedJob) => void;
  stop(): Promise<void>;
}

export async function openScratchTraining(projectCount = 1): Promise<ScratchTraining> {
  const scratch = await openScratchDatabase("training");
  const superuser = postgres(scratch.superuserUrl, { max: 2, onnotice: () => {} });
  const [tenant] = await superuser<{ tenant_id: string }[]>`
    insert into auth.tenants (name) values ('scratch') returning tenant_id`;
  const projects = await superuser<{ project_id: string }[]>`
    insert into auth.projects (tenant_id, name)
    select ${tenant!.tenant_id}, 'scratch-' || i from generate_series(1, ${projectCount}::int) as i
    returning project_id`;
  const announced: ChangedJob[] = [];
  return {
    db: scratch.db,
    superuser,
    tenantId: tenant!.tenant_id,
    projects: projects.map(({ project_id }) => project_id),
    announced,
    announce: (_projectId, job) => void announced.push(job),
    stop: async () => {
      await superuser.end();
      await scratch.stop();
    },
  };
}

/** A job to be created; what a test says nothing of is as the API's defaults have it. */
export function jobRequest(members: Partial<JobRequest> = {}): JobRequest {
  return {
    name: "job",
    queue: "default",
    priority: 50,
    worldSize: 2,
    maxAttempts: 1,
    heartbeatTimeoutSeconds: 15,
    retryPolicy: { initial_delay_seconds: 0, factor: 2, max_delay_seconds: 300, jitter: 0.2 },
    labels: {},
    spec: "{}",
    retryOf: null,
    ...members,
  };
}
