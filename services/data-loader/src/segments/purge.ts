import type { Queryable } from "../data-loader.ts";
import { deleteSegment, orphanSegments, purgeRows, type SegmentKey } from "./queries.ts";

/** About 30 ms of work for the database. */
const ROWS_A_STEP = 5_000;

/**
 * Deletes a segment that is marked so, step by step. Repeating it is harmless, also from elsewhere at once. The source of
 * a selection may be nobody's after that, and is then marked itself.
 */
export async function purgeSegment(
  db: Queryable,
  segment: SegmentKey,
  onProgress: (rows: number) => Promise<void> | void = () => undefined,
): Promise<void> {
  for (;;) {
    const gone = await purgeRows(db, segment, ROWS_A_STEP);
    if (gone === undefined) return;
    if (gone === 0) break;
    await onProgress(gone);
  }
  const source = await deleteSegment(db, segment);
  if (source !== undefined) await orphanSegments(db, segment.datasetId, [source]);
}
