import type { Queryable, TransactionalDatabase } from "../data-loader.ts";
import { markDatasetDeleted } from "../datasets/queries.ts";
import { purgeSegment } from "../segments/purge.ts";
import {
  listDoomedSegments,
  listLivingVersions,
  lockDataset,
  markDeleted,
  markDeleting,
  releaseSegments,
} from "./delete-queries.ts";
import type { VersionKey } from "./seal.ts";

type OnProgress = (progress: number) => void;

/**
 * Deletes a version that is marked so: it lets go of its segments, and the rows that no version has any more go step by
 * step. May be begun again at any point.
 */
export async function deleteVersion(
  db: TransactionalDatabase,
  { datasetId, version }: VersionKey,
  onProgress: OnProgress,
): Promise<void> {
  await db.transaction("data.release_version", async (tx) => {
    await lockDataset(tx, datasetId);
    await releaseSegments(tx, datasetId, version);
  });
  // Twice: a selection that is purged may leave its source to be purged in turn.
  await purgeDoomed(db, datasetId, onProgress);
  await purgeDoomed(db, datasetId, onProgress);
  await markDeleted(db, datasetId, version);
}

/** Takes its name from a dataset, and deletes all its versions. May be begun again at any point. */
export async function deleteDataset(
  db: TransactionalDatabase,
  datasetId: string,
  onProgress: OnProgress,
): Promise<void> {
  await markDatasetDeleted(db, datasetId);
  const versions = await listLivingVersions(db, datasetId);
  // All at first: what several of them share then goes with the last.
  for (const version of versions) await markDeleting(db, datasetId, version);
  for (const [index, version] of versions.entries())
    await deleteVersion(db, { datasetId, version }, (progress) =>
      onProgress((index + progress) / versions.length),
    );
}

async function purgeDoomed(
  db: Queryable,
  datasetId: string,
  onProgress: OnProgress,
): Promise<void> {
  const doomed = await listDoomedSegments(db, datasetId);
  const total = doomed.reduce((sum, { rows }) => sum + rows, 0);
  let gone = 0;
  for (const { segment_id: segmentId } of doomed)
    await purgeSegment(db, { datasetId, segmentId }, (rows) => {
      gone += rows;
      onProgress(Math.min(1, gone / total));
    });
}
