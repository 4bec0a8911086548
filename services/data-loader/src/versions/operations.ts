import type { TransactionalDatabase } from "../data-loader.ts";
import type { OperationWork } from "../operations/operation-runner.ts";
import type { OperationKind } from "../operations/queries.ts";
import { selectSamples } from "../selections/select-samples.ts";
import { deleteDataset, deleteVersion } from "./delete.ts";
import { sealVersion } from "./seal.ts";

/** What is done as an operation. */
export function versionOperations(
  db: TransactionalDatabase,
): Readonly<Record<OperationKind, OperationWork>> {
  return {
    seal: async ({ dataset_id: datasetId, request }, onProgress) => {
      const version = request.version!;
      await sealVersion(db, { datasetId, version }, onProgress);
      return { version };
    },
    delete: async ({ dataset_id: datasetId, request: { version } }, onProgress) => {
      if (version === undefined) await deleteDataset(db, datasetId, onProgress);
      else await deleteVersion(db, { datasetId, version }, onProgress);
      return version === undefined ? {} : { version };
    },
    select: (operation, onProgress) => selectSamples(db, operation, onProgress),
  };
}
