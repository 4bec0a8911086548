/** States of a job. The last three are terminal. */
export const STATUSES = [
  "pending",
  "running",
  "retrying",
  "cancelling",
  "succeeded",
  "failed",
  "cancelled",
] as const;
export type JobStatus = (typeof STATUSES)[number];

/** What happens to a job, and the reason that its transitions are logged with. */
export const REASONS = {
  /** A trainer takes it. */
  claim: "claimed",
  /** The attempt reports its success. */
  succeed: "succeeded",
  /** The attempt reports its failure. */
  fail: "failed",
  /** A rank of the attempt fell silent. */
  lose: "lost",
  /** Somebody wants it to end. */
  cancel: "cancel_requested",
  /** The attempt reports that it stopped. */
  stop: "cancelled",
  /** The pause before the next attempt is over. */
  requeue: "retry_due",
} as const;
export type JobEvent = keyof typeof REASONS;

export interface Transition {
  readonly event: JobEvent;
  readonly from: JobStatus;
  readonly to: JobStatus;
  /** Taken only while further attempts are allowed, or only when none is. Always when absent. */
  readonly attemptsLeft?: boolean;
}

/**
 * Every legal transition. Nothing else changes a job's state: the compare-and-set statement in queries.ts gets the
 * rows of one event, and docs/job-states.md is drawn from them.
 */
export const TRANSITIONS: readonly Transition[] = [
  { event: "claim", from: "pending", to: "running" },
  { event: "succeed", from: "running", to: "succeeded" },
  { event: "fail", from: "running", to: "retrying", attemptsLeft: true },
  { event: "fail", from: "running", to: "failed", attemptsLeft: false },
  { event: "lose", from: "running", to: "retrying", attemptsLeft: true },
  { event: "lose", from: "running", to: "failed", attemptsLeft: false },
  { event: "lose", from: "cancelling", to: "cancelled" },
  { event: "stop", from: "running", to: "cancelled" },
  { event: "stop", from: "cancelling", to: "cancelled" },
  { event: "cancel", from: "pending", to: "cancelled" },
  { event: "cancel", from: "retrying", to: "cancelled" },
  { event: "cancel", from: "running", to: "cancelling" },
  { event: "requeue", from: "retrying", to: "pending" },
];

const TERMINAL: ReadonlySet<JobStatus> = new Set(["succeeded", "failed", "cancelled"]);

/** Whether a job in this state never changes again. */
export function isTerminal(status: JobStatus): boolean {
  return TERMINAL.has(status);
}

/** The legal transitions of an event. */
export function transitionsOf(event: JobEvent): Transition[] {
  return TRANSITIONS.filter((transition) => transition.event === event);
}
