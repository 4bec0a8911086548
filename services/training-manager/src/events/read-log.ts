import { ReadCoalescer } from "@sluice/coalesce";
import type { Queryable } from "../transitions/queries.ts";
import { type Continuation, findContinuations, type Position } from "./queries.ts";

/** What follows a position in a job's log; undefined when there is no such job. @throws the reason of the signal */
export type ReadLog = (
  position: Position,
  signal: AbortSignal,
) => Promise<Continuation | undefined>;

/** At most 10,000 rows. */
const MAX_BATCH = 200;

/**
 * A reader for all streams of this instance: those that have come equally far in the same job are answered by one
 * read, and the reads of different jobs go as one statement, one at a time. Positions name their project, in which
 * their reader was let in.
 */
export function logReader(db: Queryable): ReadLog {
  const coalescer = new ReadCoalescer<Position, Continuation | undefined>({
    id: ({ projectId, jobId, after }) => `${projectId} ${jobId} ${after}`,
    maxBatch: MAX_BATCH,
    isShared: () => true,
    read: (positions, options) => findContinuations(db, positions, options),
  });
  return (position, signal) => coalescer.load(position, { signal });
}
