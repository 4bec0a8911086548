import type { PushRow } from "./frame.ts";

/**
 * One row for each entity: the one with the newest event time, and of equal ones the last. The upsert cannot touch a
 * row twice, and this is what writing the batch row by row would leave.
 */
export function newestRows(rows: readonly PushRow[]): PushRow[] {
  const newest = new Map<string, PushRow>();
  for (const row of rows) {
    const other = newest.get(row.entityKey);
    // Instants are spelt so that their text order is their order in time; without event times all are equal.
    if (other === undefined || (row.eventTime ?? "") >= (other.eventTime ?? ""))
      newest.set(row.entityKey, row);
  }
  return [...newest.values()];
}
