import type { Fence } from "../attempts/fence.ts";

/** Whose heartbeat it is: a rank of an attempt, by its token. A superseded worker's beats are another's than a good one's. */
export interface BeatAddress extends Fence {
  readonly jobId: string;
  readonly rank: number;
}

/** What a rank tells; null = nothing, and what it told before stays. */
export interface Beat {
  /** 0 to 2^63−1. */
  readonly step: number | bigint | null;
  /** 0 to 1. */
  readonly progress: number | null;
  readonly message: string | null;
  /** Of the call that it came with, which is refused as a whole when the job does not have that many. */
  readonly highestRank: number;
}

export function beatId({ jobId, attempt, rank, token }: BeatAddress): string {
  return `${jobId} ${attempt} ${rank} ${token}`;
}

/** Two beats of one rank as one: the later wins, in what it tells. */
export function mergeBeats(earlier: Beat, later: Beat): Beat {
  return {
    step: later.step ?? earlier.step,
    progress: later.progress ?? earlier.progress,
    message: later.message ?? earlier.message,
    highestRank: later.highestRank,
  };
}
