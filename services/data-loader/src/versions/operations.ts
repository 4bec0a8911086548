import type { TransactionalDatabase } from "../data-loader.ts";
import type { OperationWork } from "../operations/operation-runner.ts";
import type { OperationKind, OperationRow } from "../operations/queries.ts";
import { deleteVersion } from "./delete.ts";
import { sealVersion, type VersionKey } from "./seal.ts";

/** What is done to a version as an operation. */
export function versionOperations(
  db: TransactionalDatabase,
): Readonly<Record<OperationKind, OperationWork>> {
  const on =
    (
      work: (
        db: TransactionalDatabase,
        key: VersionKey,
        onProgress: (progress: number) => void,
      ) => Promise<void>,
    ): OperationWork =>
    async (operation, onProgress) => {
      const key = keyOf(operation);
      await work(db, key, onProgress);
      return { version: key.version };
    };
  return { seal: on(sealVersion), delete: on(deleteVersion) };
}

function keyOf({ dataset_id: datasetId, request }: OperationRow): VersionKey {
  return { datasetId, version: request.version };
}
