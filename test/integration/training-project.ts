import { type ServiceProject, serviceProject } from "./service-project.ts";

/** The members of answers that tests look at one by one. */
export interface TrainingBody extends Job {
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly { readonly path: string }[];
  readonly current: string;
  readonly requested: string;
  readonly current_attempt: number;
  readonly items: readonly Job[];
  readonly next_cursor: string | null;
  readonly job: Job;
  readonly token: string;
  readonly lease_expires_at: string;
  readonly directive: string;
}

export interface Job {
  readonly id: string;
  readonly status: string;
  readonly reason: string;
  readonly attempt: number;
  readonly [member: string]: unknown;
}

/** A job that a trainer holds, with what each of its writes names. */
export interface Claim {
  readonly id: string;
  readonly fence: { readonly attempt: number; readonly token: string };
}

/** A project of a test's own in the stack's training-manager. */
export interface TrainingProject extends ServiceProject<TrainingBody> {
  /** Creates a job and fails unless it was made. */
  createJob(members?: object): Promise<Job>;
  /** Claims the next job and fails when there is none. */
  claim(): Promise<Claim>;
}

export async function trainingProject(): Promise<TrainingProject> {
  const own = await serviceProject("training-manager", (text) => JSON.parse(text) as TrainingBody);
  const expectStatus = async (
    wanted: number,
    method: string,
    path: string,
    body: object,
  ): Promise<TrainingBody> => {
    const { status, text, json } = await own.send(method, path, body);
    if (status !== wanted) throw new Error(`${method} ${path} answered ${status}: ${text}`);
    return json();
  };
  return {
    ...own,
    createJob: (members = {}) => expectStatus(201, "POST", "/jobs", { name: "job", ...members }),
    claim: async () => {
      const { job, attempt, token } = await expectStatus(200, "POST", "/jobs:claim", {});
      return { id: job.id, fence: { attempt, token } };
    },
  };
}

/** Running jobs whose ranks may be silent for an hour. */
export async function claimJobs(
  project: TrainingProject,
  jobs: number,
  worldSize: number,
): Promise<Claim[]> {
  const claims: Claim[] = [];
  for (let job = 0; job < jobs; job += 1) {
    await project.createJob({ world_size: worldSize, heartbeat_timeout_seconds: 3_600 });
    claims.push(await project.claim());
  }
  return claims;
}
