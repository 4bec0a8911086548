import type { JobStore } from "../training-manager.ts";
import { move } from "../transitions/move.ts";
import type { OutboxRef } from "./outbox-queue.ts";
import { findRetry, lastAttempt } from "./queries.ts";

/**
 * Makes a job pending again whose pause is over. Nothing happens when it was done before, or the job was cancelled
 * meanwhile: the move compares attempt and state.
 */
export async function requeue(store: JobStore, ref: OutboxRef): Promise<void> {
  const retry = await findRetry(store.db, ref);
  if (retry === undefined) return;
  const { projectId } = ref;
  const chosen = lastAttempt(projectId, retry.job_id, retry.attempt);
  await move(store, { projectId, event: "requeue", chosen });
}
