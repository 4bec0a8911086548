import type { TransactionalDatabase } from "../data-loader.ts";
import { purgeSegment } from "../segments/purge.ts";
import { listDoomedSegments, lockDataset, markDeleted, releaseSegments } from "./delete-queries.ts";
import type { VersionKey } from "./seal.ts";

/**
 * Deletes a version that is marked so: it lets go of its segments, and the rows that no version has any more go step by
 * step. May be begun again at any point.
 */
export async function deleteVersion(
  db: TransactionalDatabase,
  { datasetId, version }: VersionKey,
  onProgress: (progress: number) => void,
): Promise<void> {
  await db.transaction("data.release_version", async (tx) => {
    await lockDataset(tx, datasetId);
    await releaseSegments(tx, datasetId, version);
  });
  const doomed = await listDoomedSegments(db, datasetId);
  const total = doomed.reduce((sum, { rows }) => sum + rows, 0);
  let gone = 0;
  for (const { segment_id: segmentId } of doomed) {
    await purgeSegment(db, { datasetId, segmentId }, (rows) => {
      gone += rows;
      onProgress(Math.min(1, gone / total));
    });
  }
  await markDeleted(db, datasetId, version);
}
