import { type CallOptions, type CoalesceMeter, type Write, WriteCoalescer } from "@sluice/coalesce";
import { SluiceError } from "@sluice/errors";
import { currentContext } from "@sluice/telemetry";
import type { Queryable } from "../transitions/queries.ts";
import { type Beat, type BeatAddress, beatId, mergeBeats } from "./beat.ts";
import { type BeatenJob, writeBeats } from "./queries.ts";

/** What a beat came upon. */
export interface BeatOutcome {
  /** Undefined when the project has no such job. */
  readonly job: BeatenJob | undefined;
  readonly isWritten: boolean;
  /** A checkpoint is wanted of which the rank has not been told. */
  readonly isAsked: boolean;
}

/** Writes a beat; resolves after the commit that contains it, or a later one of the same rank. */
export type WriteBeat = (
  projectId: string,
  address: BeatAddress,
  beat: Beat,
) => Promise<BeatOutcome>;

/** Keeps the locks on a flush's rows to some milliseconds. */
const MAX_BATCH = 2_000;

type BeatCoalescer = WriteCoalescer<BeatAddress, Beat, BeatOutcome>;

/** A writer that sends one statement at a time for all beats of a project that have gathered meanwhile. */
export function beatWriter(db: Queryable, meter: CoalesceMeter): WriteBeat {
  const coalescers = new Map<string, BeatCoalescer>();
  const coalescerOf = (projectId: string): BeatCoalescer => {
    let coalescer = coalescers.get(projectId);
    if (coalescer === undefined) {
      coalescer = coalesceBeats(db, projectId, meter, () => coalescers.delete(projectId));
      coalescers.set(projectId, coalescer);
    }
    return coalescer;
  };
  return (projectId, address, beat) =>
    coalescerOf(projectId).submit(address, beat, currentContext());
}

function coalesceBeats(
  db: Queryable,
  projectId: string,
  meter: CoalesceMeter,
  onIdle: () => void,
): BeatCoalescer {
  return new WriteCoalescer({
    id: beatId,
    merge: mergeBeats,
    maxBatch: MAX_BATCH,
    isShared: (error) => error instanceof SluiceError,
    onBatch: (size) => meter.sent(size),
    onIdle,
    write: (writes, options) => flush(db, projectId, writes, options),
  });
}

async function flush(
  db: Queryable,
  projectId: string,
  writes: readonly Write<BeatAddress, Beat>[],
  options: CallOptions,
): Promise<BeatOutcome[]> {
  const addresses = writes.map(({ key }) => key);
  const beats = writes.map(({ value }) => value);
  const rows = await writeBeats(db, projectId, addresses, beats, options);
  const jobs = new Map(rows.map((job) => [job.job_id, job]));
  const written = new Set(rows.flatMap((job) => job.written));
  const asked = new Set(rows.flatMap((job) => job.asked));
  return addresses.map(({ jobId }, position) => ({
    job: jobs.get(jobId),
    isWritten: written.has(position),
    isAsked: asked.has(position),
  }));
}
