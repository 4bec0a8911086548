import { SluiceError } from "@sluice/errors";
import type { HandledTask } from "@sluice/queue";
import { type Logger, runInContext } from "@sluice/telemetry";
import type { JobStore } from "../training-manager.ts";
import { DeliveryFailed } from "../webhooks/delivery-failed.ts";
import type { CountOutcome } from "./outbox-metrics.ts";
import type { OutboxHandlers, OutboxKind, OutboxRef } from "./outbox-queue.ts";
import { deleteDone, markFailed } from "./queries.ts";
import { requeue } from "./requeue.ts";

export interface HandlerDeps extends JobStore {
  /** Calls the webhook of a row. */
  readonly deliver: (ref: OutboxRef, signal: AbortSignal) => Promise<void>;
  readonly count: CountOutcome;
  readonly logger: Logger;
}

const DEADLINE_MS = 30_000;

/** Webhooks mostly wait for their receivers. */
const CONCURRENCY: Readonly<Record<OutboxKind, number>> = { retry: 10, webhook: 50 };

/** How each kind of row is carried out. Rows may come twice, or when they are gone already. */
export function outboxHandlers(deps: HandlerDeps): OutboxHandlers {
  const handler = (
    kind: OutboxKind,
    carryOut: (task: HandledTask<OutboxRef>) => Promise<void>,
  ) => ({
    concurrency: CONCURRENCY[kind],
    handle: async (task: HandledTask<OutboxRef>) => {
      const deadline = performance.now() + DEADLINE_MS;
      const { id: requestId, signal, span } = task;
      const context = { requestId, signal, span, deadline };
      try {
        await runInContext(context, () => carryOut(task));
        // Outside the context: what is done is noted even when the worker stops.
        await deleteDone(deps.db, task.data);
        deps.count(kind, "done");
      } catch (error) {
        deps.count(kind, "failed");
        throw error;
      }
    },
    giveUp: async ({ id, data }: HandledTask<OutboxRef>, error: unknown) => {
      // Forgotten by the queue and not by the table, the row begins anew with the next relay.
      if (isOutage(error)) throw error;
      if (!(error instanceof DeliveryFailed))
        deps.logger.error({ err: error, id, kind }, "given up");
      await markFailed(deps.db, data, describe(error, id));
      deps.count(kind, "dead");
    },
  });
  return {
    retry: handler("retry", ({ data }) => requeue(deps, data)),
    webhook: handler("webhook", ({ data, signal }) => deps.deliver(data, signal)),
  };
}

/** An overloaded or absent database is no reason to give up what it holds. */
function isOutage(error: unknown): boolean {
  return error instanceof SluiceError && error.status > 500;
}

/** For whoever reads the dead letter. */
function describe(error: unknown, id: string): string {
  return error instanceof DeliveryFailed
    ? error.message
    : `The worker failed. Its log has the cause under ${id}.`;
}
