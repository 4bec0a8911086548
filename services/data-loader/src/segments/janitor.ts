import type { Queryable } from "../data-loader.ts";
import { forgetOldUploads } from "../imports/upload-queries.ts";
import { purgeSegment } from "./purge.ts";
import { listForsakenDatasets, takeForsakenSegments } from "./queries.ts";

/** An upload is heard of every minute. */
export const FORSAKEN_SECONDS = 600;

/** Purges what uploads have left that ended with their process, finishes purges that did, and forgets old failures. One pass. */
export async function purgeForsaken(
  db: Queryable,
  seconds: number = FORSAKEN_SECONDS,
): Promise<void> {
  await forgetOldUploads(db);
  for (const datasetId of await listForsakenDatasets(db, seconds)) {
    for (const segment of await takeForsakenSegments(db, datasetId, seconds))
      await purgeSegment(db, segment);
  }
}
