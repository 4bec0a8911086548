import type { OperationRow } from "./queries.ts";

/** An operation as the API shows it. */
export function renderOperation({
  operation_id: id,
  project_id: _project,
  dataset_id: _dataset,
  request: _request,
  ...shown
}: OperationRow) {
  return { id, ...shown };
}
