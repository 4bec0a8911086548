import type { JobStore } from "../training-manager.ts";
import { move } from "../transitions/move.ts";
import { inTurn } from "./in-turn.ts";
import {
  chosenBy,
  clearHung,
  deleteOutdatedKeys,
  findOutdatedKeys,
  flagHung,
  listForgotten,
  listLost,
  listStanding,
  type LostAttempt,
  stillSilent,
} from "./queries.ts";
import type { SweepMeter } from "./sweep-metrics.ts";

/**
 * Ends the attempts of which a rank is lost. Each is judged by the database's clock, and judged again by the statement
 * that ends it, so that it does no harm when two sweep at a time or one takes long.
 */
export async function endLostAttempts(
  store: JobStore,
  meter: Pick<SweepMeter, "lost">,
): Promise<void> {
  await inTurn(await listLost(store.db), async (lost) => {
    const chosen = stillSilent(lost);
    const { project_id: projectId } = lost;
    const job = await move(store, { projectId, event: "lose", chosen, message: accountOf(lost) });
    if (job !== undefined) meter.lost();
  });
}

function accountOf({ rank, has_beaten, silent_seconds }: LostAttempt): string {
  const silence = `for ${Math.round(silent_seconds)} s`;
  return has_beaten
    ? `rank ${rank} sent no heartbeat ${silence}`
    : `rank ${rank} has sent no heartbeat since the claim, ${silence}`;
}

/** Flags the jobs that hang, and clears the flag of those that step again. @returns how many hang. */
export async function flagHungJobs({ db }: JobStore, hangSeconds: number): Promise<number> {
  const attempts = await listStanding(db, hangSeconds);
  await inTurn(attempts, async (attempt) => {
    if (attempt.stands === attempt.is_flagged) return;
    await (attempt.stands ? flagHung(db, attempt) : clearHung(db, attempt));
  });
  return attempts.filter(({ stands }) => stands).length;
}

/** Makes jobs pending again that the queue has forgotten: nothing depends on Redis. */
export async function requeueForgotten(store: JobStore): Promise<void> {
  await inTurn(await listForgotten(store.db), (attempt) =>
    move(store, {
      projectId: attempt.project_id,
      event: "requeue",
      chosen: chosenBy(attempt),
    }),
  );
}

/** Forgets the idempotency keys that are older than 24 hours, a batch of one project at a time. */
export async function forgetKeys({ db }: JobStore): Promise<void> {
  let projectId = await findOutdatedKeys(db);
  while (projectId !== undefined) {
    await deleteOutdatedKeys(db, projectId);
    projectId = await findOutdatedKeys(db);
  }
}
