import type { Sql } from "postgres";
import { openSuperuser } from "../../integration/open-database.ts";
import { type TrainingProject, trainingProject } from "../../integration/training-project.ts";
import { until } from "../../integration/until.ts";
import { noFaults, randomFaults } from "../../trainers/faults.ts";
import { Fleet, type Worked } from "../../trainers/fleet.ts";
import type { Bed } from "../bed/bed.ts";
import { type Answered, type Load, type Outcome, startLoad } from "../load.ts";
import { type Checker, CLIENT_TIMEOUT_MS } from "./checker.ts";
import { faultsOfLog, type LogRow } from "./job-log.ts";

const TRAINERS = 4;
const JOB = {
  world_size: 4,
  // Never so many that faults use them up.
  max_attempts: 50,
  heartbeat_timeout_seconds: 3,
  retry_policy: { initial_delay_seconds: 0.5, factor: 1, jitter: 0.5 },
};
/** Jobs are created as fast as trainers that crash, stall and fail get them done. */
const CREATE_PAUSE_MS = 900;
const FAULTY = 0.3;
const END_TIMEOUT_MS = 120_000;

/**
 * Each acknowledged creation is one job; each acknowledged report is once in the log, as the end of its attempt; logs
 * are dense and legal; and every job comes to its end.
 */
export async function checkJobReports(bed: Bed): Promise<Checker> {
  const project = await trainingProject();
  const origin = (): string => bed.origin("training-manager");
  const outcomes: Outcome[] = [];
  let faults = randomFaults(FAULTY, 1);
  const fleet = new Fleet({
    origin,
    key: project.key,
    project: project.project,
    trainers: TRAINERS,
    pace: { steps: 12, beatEveryMs: 150, together: false, duplicates: 0.1 },
    faults: (...attempt) => faults(...attempt),
    observe: ({ status, body, retryAfter }, tookMs) =>
      outcomes.push({ status, code: body.code, retryAfter, endedAt: performance.now(), tookMs }),
  }).start();
  const training: Load = { outcomes, inFlight: () => [], stop: () => fleet.stop() };
  const created = new Map<string, string>();
  const creating = startLoad(1, createOnce(project, origin, created), CREATE_PAUSE_MS);
  const finish = async (): Promise<readonly string[]> => {
    await using superuser = openSuperuser();
    await creating.stop();
    // What is left is to end soon; that jobs end although trainers die was seen until now.
    faults = noFaults;
    const stuck = await untilEnded(superuser, project);
    await training.stop();
    const log = await logOf(superuser, project);
    return [
      ...stuck,
      ...faultsOfCreations(created, await jobsOf(superuser, project)),
      ...[...log].flatMap(([job, rows]) => faultsOfLog(rows).map((fault) => `${job}: ${fault}`)),
      ...faultsOfReports(fleet.worked, log),
    ];
  };
  return {
    loads: { "trainers' requests": training, "job creations": creating },
    probes: { "training-manager": () => listOne(project, origin()) },
    finish,
  };
}

function listOne(project: TrainingProject, origin: string): Promise<Answered> {
  const signal = AbortSignal.timeout(CLIENT_TIMEOUT_MS);
  return project.send("GET", "/jobs?limit=1", undefined, { origin, signal });
}

/** Creates jobs, each until it is acknowledged, which `created` then has by their names. */
function createOnce(
  project: TrainingProject,
  origin: () => string,
  created: Map<string, string>,
): () => Promise<Answered> {
  return async () => {
    const name = `job-${created.size + 1}`;
    const answer = await project.send(
      "POST",
      "/jobs",
      { name, ...JOB },
      {
        headers: { "idempotency-key": name },
        origin: origin(),
        signal: AbortSignal.timeout(CLIENT_TIMEOUT_MS),
      },
    );
    if (answer.status === 201) created.set(name, answer.json().id);
    return answer;
  };
}

/** Waits until every job has ended. @returns those that did not */
async function untilEnded(superuser: Sql, project: TrainingProject): Promise<string[]> {
  const open = async () => (await jobsOf(superuser, project)).filter(({ ended }) => !ended);
  try {
    await until("all jobs end", async () => (await open()).length === 0, END_TIMEOUT_MS);
    return [];
  } catch (error) {
    const stuck = (await open()).map(({ id, status }) => `${id}: stuck, ${status}`);
    if (stuck.length === 0) throw error;
    return stuck;
  }
}

interface JobRow {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly ended: boolean;
}

function jobsOf(superuser: Sql, { project }: TrainingProject): Promise<JobRow[]> {
  return superuser<JobRow[]>`
    select job.job_id as id, job.name, job.status, job.status in ('succeeded', 'failed', 'cancelled') as ended
    from training.training_jobs as job join auth.projects as project using (project_id)
    where project.name = ${project}`;
}

async function logOf(superuser: Sql, { project }: TrainingProject): Promise<Map<string, LogRow[]>> {
  const rows = await superuser<LogRow[]>`
    select log.job_id, log.sequence, log.attempt, log.from_status, log.to_status, log.reason
    from training.transitions as log join auth.projects as project using (project_id)
    where project.name = ${project} order by log.job_id, log.sequence`;
  return Map.groupBy(rows, ({ job_id }) => job_id);
}

function faultsOfCreations(
  created: ReadonlyMap<string, string>,
  jobs: readonly JobRow[],
): string[] {
  const byName = Map.groupBy(jobs, ({ name }) => name);
  const doubled = [...byName].filter(([, rows]) => rows.length > 1);
  const lost = [...created].filter(([name, id]) => byName.get(name)?.[0]?.id !== id);
  return [
    ...doubled.map(([name, rows]) => `${name} was created ${rows.length} times`),
    ...lost.map(([name, id]) => `${name} was acknowledged as ${id} and is not there`),
  ];
}

/** What a trainer was told to be accepted is once in the log, as the end of its attempt. */
function faultsOfReports(
  worked: readonly Worked[],
  log: ReadonlyMap<string, readonly LogRow[]>,
): string[] {
  const accepted = worked.filter(({ end }) => end === "succeeded" || end === "failed");
  return accepted.flatMap(({ job, attempt, end }) => {
    const rows = log.get(job)?.filter((row) => row.attempt === attempt && row.reason === end) ?? [];
    return rows.length === 1
      ? []
      : [`${job}: attempt ${attempt}, acknowledged as ${end}, is ${rows.length} times in the log`];
  });
}
