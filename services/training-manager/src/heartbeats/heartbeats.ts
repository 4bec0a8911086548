import { invalidArgument } from "@sluice/http";
import { type Fence, staleAttempt } from "../attempts/fence.ts";
import { addSeconds, type Instant } from "../instant.ts";
import { jobNotFound } from "../jobs/job-id.ts";
import { illegalTransition } from "../transitions/illegal-transition.ts";
import { isTerminal } from "../transitions/state-machine.ts";
import type { Beat, BeatAddress } from "./beat.ts";
import type { BeatOutcome, WriteBeat } from "./beat-writer.ts";
import { heartbeatInterval } from "./heartbeat-interval.ts";
import type { BeatenJob } from "./queries.ts";

/** What a trainer is to do next. */
export type Directive = "continue" | "cancel" | "checkpoint";

/** Heartbeats of some ranks of one attempt, each rank once. */
export interface Heartbeats extends Fence {
  readonly beats: ReadonlyMap<number, Beat>;
}

export interface HeartbeatAnswer {
  readonly directive: Directive;
  readonly interval_seconds: number;
  readonly lease_expires_at: Instant;
}

/**
 * Takes heartbeats; resolves after their commit.
 * @throws SluiceError JOB_NOT_FOUND, STALE_ATTEMPT, INVALID_STATE_TRANSITION when the job has ended,
 * VALIDATION_FAILED for a rank that the job does not have
 */
export async function takeHeartbeats(
  write: WriteBeat,
  projectId: string,
  jobId: string,
  { attempt, token, beats }: Heartbeats,
): Promise<HeartbeatAnswer> {
  const outcomes = await Promise.all(
    Array.from(beats, ([rank, beat]) =>
      takeBeat(write, projectId, { jobId, attempt, token, rank }, beat),
    ),
  );
  const [{ job }] = outcomes as [TakenBeat];
  const timeout = job.heartbeat_timeout_seconds;
  return {
    directive: directiveOf(outcomes),
    interval_seconds: heartbeatInterval(timeout),
    lease_expires_at: addSeconds(job.now, timeout),
  };
}

type TakenBeat = BeatOutcome & { readonly job: BeatenJob };

/**
 * One that is of the current attempt and was not written came upon an attempt that was ending just then: by now that is
 * committed, so that a second look tells how.
 */
async function takeBeat(
  write: WriteBeat,
  projectId: string,
  address: BeatAddress,
  beat: Beat,
): Promise<TakenBeat> {
  for (let look = 0; look < 2; look += 1) {
    const outcome = await write(projectId, address, beat);
    const job = requireOwn(outcome.job, address, beat);
    if (outcome.isWritten) return { ...outcome, job };
  }
  throw new Error(`Rank ${address.rank} of job ${address.jobId} has no row`);
}

/** The job, when the beat is one that it takes. */
function requireOwn(
  job: BeatenJob | undefined,
  { jobId, attempt, token }: BeatAddress,
  { highestRank }: Beat,
): BeatenJob {
  if (job === undefined) throw jobNotFound(jobId);
  if (job.attempt !== attempt || job.token !== token)
    throw staleAttempt(jobId, attempt, job.attempt);
  if (isTerminal(job.status)) throw illegalTransition(jobId, job.status, "running");
  // The attempt was ended for the worker: it is waited for the next one.
  if (job.status !== "running" && job.status !== "cancelling")
    throw staleAttempt(jobId, attempt, job.attempt);
  if (highestRank >= job.world_size) {
    const message = `${highestRank} is not a rank of job ${jobId}, whose world size is ${job.world_size}: ranks are 0 to ${job.world_size - 1}`;
    throw invalidArgument("/rank", message);
  }
  return job;
}

/** Ranks of one call may have come upon the job at different moments. */
function directiveOf(outcomes: readonly TakenBeat[]): Directive {
  if (outcomes.some(({ job }) => job.status === "cancelling")) return "cancel";
  return outcomes.some(({ isAsked }) => isAsked) ? "checkpoint" : "continue";
}
