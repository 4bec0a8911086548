import type { Handlers } from "@sluice/queue";

/** Which row of training.outbox. Nothing else of it goes into Redis: the row alone says what to do. */
export interface OutboxRef {
  readonly projectId: string;
  readonly outboxId: string;
}

/** What the outbox is for, each with a queue in Redis. */
export const OUTBOX_KINDS = ["retry", "webhook"] as const;
export type OutboxKind = (typeof OUTBOX_KINDS)[number];

export type OutboxKinds = Readonly<Record<OutboxKind, OutboxRef>>;

export type OutboxHandlers = Handlers<OutboxKinds>;

/** Before the names of the kinds. */
export const OUTBOX_QUEUE = "training";
