import { setTimeout as sleep } from "node:timers/promises";
import type { TaskQueue } from "@sluice/queue";
import { type Logger, OutageLog, runInContext } from "@sluice/telemetry";
import type { Queryable } from "../transitions/queries.ts";
import type { OutboxKinds } from "./outbox-queue.ts";
import { listDue, markRelayed } from "./queries.ts";

export interface RelayOptions {
  readonly db: Queryable;
  readonly queue: Pick<TaskQueue<OutboxKinds>, "add" | "rememberedSince">;
  readonly logger: Logger;
}

const POLL_MS = 1_000;
const ROUND_DEADLINE_MS = 10_000;
const BATCH_ROWS = 1_000;

/** Keeps what is due in the queue. Any number of relays may run: a row that two of them add is there once. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #stopping = new AbortController();
  readonly #outage: OutageLog;
  readonly #ended: Promise<void>;

  /** Starts at once. */
  constructor(options: RelayOptions) {
    this.#options = options;
    this.#outage = new OutageLog(
      options.logger,
      "the outbox is not relayed: retries and webhooks wait",
    );
    this.#ended = this.#run();
  }

  /** Resolves when nothing is under way any more. Idempotent. */
  stop(): Promise<void> {
    this.#stopping.abort(new Error("The relay is being stopped."));
    return this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const relayed = await this.#round(signal);
      if (relayed === BATCH_ROWS) continue;
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined); // stopped, which the loop sees
    }
  }

  async #round(signal: AbortSignal): Promise<number> {
    const deadline = performance.now() + ROUND_DEADLINE_MS;
    try {
      const context = { requestId: "outbox-relay", signal, deadline };
      const relayed = await runInContext(context, () => relayDue(this.#options));
      this.#outage.succeeded();
      return relayed;
    } catch (error) {
      if (!signal.aborted) this.#outage.failed(error);
      return 0;
    }
  }
}

/**
 * Puts what is due into the queue, and only then notes that it is there: what is lost in between is added again. When
 * the queue is asked how long it remembers before the rows are read, a loss after that is noticed by the next round.
 * @returns the number of rows, at most 1,000
 */
export async function relayDue({ db, queue }: Omit<RelayOptions, "logger">): Promise<number> {
  const due = await listDue(db, await queue.rememberedSince(), BATCH_ROWS);
  if (due.length === 0) return 0;
  await queue.add(
    due.map(({ project_id: projectId, outbox_id: outboxId, kind, delay_ms: delayMs }) => ({
      kind,
      id: outboxId,
      data: { projectId, outboxId },
      delayMs,
    })),
  );
  for (const [projectId, rows] of Map.groupBy(due, ({ project_id }) => project_id)) {
    await markRelayed(
      db,
      projectId,
      rows.map(({ outbox_id }) => outbox_id),
    );
  }
  return due.length;
}
