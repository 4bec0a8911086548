import { randomUUID } from "node:crypto";
import type { ChangedJob, JobRow } from "../jobs/job.ts";
import type { TrainingManager } from "../training-manager.ts";
import { moveJob, type Queryable } from "../transitions/queries.ts";
import {
  type Claimable,
  type ClaimScope,
  countRunning,
  listClaimable,
  nextPending,
  takeTurn,
} from "./queries.ts";

export interface ClaimRequest extends ClaimScope {
  readonly claimedBy: string | null;
}

export interface Claimed {
  readonly job: JobRow;
  readonly project: string;
}

/** The next job for a trainer, if there is one and the tenant may run one more. The project is chosen before the job. */
export async function claimJob(
  { db, announce }: Pick<TrainingManager, "db" | "announce">,
  request: ClaimRequest,
): Promise<Claimed | undefined> {
  for (const project of await listClaimable(db, request)) {
    const job = await claimIn(db, project, request);
    if (job === undefined) continue;
    announce(project.project_id, job);
    return { job, project: project.name };
  }
  return undefined;
}

/**
 * One statement, unless the tenant has a quota: then claims take turns, since two that count at the same time could
 * both find room for one. The count needs a snapshot that is younger than the turn, hence a statement of its own.
 */
function claimIn(
  db: TrainingManager["db"],
  project: Claimable,
  request: ClaimRequest,
): Promise<ChangedJob | undefined> {
  const { running_jobs: limit } = project;
  if (limit === null) return claimNext(db, project, request);
  return db.transaction("training.claim_capped", async (tx) => {
    await takeTurn(tx, request.tenantId);
    if ((await countRunning(tx, request.tenantId)) >= limit) return undefined;
    return claimNext(tx, project, request);
  });
}

function claimNext(
  db: Queryable,
  { project_id: projectId }: Claimable,
  { queues, claimedBy }: ClaimRequest,
): Promise<ChangedJob | undefined> {
  const chosen = nextPending(projectId, queues);
  return moveJob(db, { projectId, event: "claim", chosen, token: randomUUID(), claimedBy });
}
