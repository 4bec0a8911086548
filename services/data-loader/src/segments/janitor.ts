import type { Queryable } from "../data-loader.ts";
import { purgeSegment } from "./purge.ts";
import { listForsakenDatasets, takeForsakenSegments } from "./queries.ts";

/** An upload is heard of every minute. */
export const FORSAKEN_SECONDS = 600;

/** Purges what uploads have left that ended with their process, and finishes purges that did. One pass. */
export async function purgeForsaken(
  db: Queryable,
  seconds: number = FORSAKEN_SECONDS,
): Promise<void> {
  for (const datasetId of await listForsakenDatasets(db, seconds)) {
    for (const segment of await takeForsakenSegments(db, datasetId, seconds))
      await purgeSegment(db, segment);
  }
}
