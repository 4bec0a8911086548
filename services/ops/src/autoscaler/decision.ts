import type { AliasSample } from "./sample.ts";

export const MODES = ["on", "dry_run", "frozen"] as const;
export type Mode = (typeof MODES)[number];

/** Why a pool changes, stays, or may not change. */
export const REASONS = [
  "waiting", // clients wait on a full pool
  "idle", // most of it was unused
  "steady", // neither
  "drift", // somebody or something else changed it
  "config_change", // a person did
  "frozen", // the autoscaler is
  "clamped", // the profile allows no more, or no less
  "budget", // the connections are all given out
  "database_bound", // PostgreSQL is busy: more backends would slow all of them down
  "lock_bound", // they wait for each other
  "login_failing", // PgBouncer cannot open connections
  "cooldown", // the last change was too recent
  "in_flight", // another change has not ended
  "not_leader", // another instance decides
] as const;
export type Reason = (typeof REASONS)[number];

/** What is to become of one alias. */
export interface Decision {
  readonly alias: string;
  /** `restore` puts back what something else changed. */
  readonly action: "grow" | "shrink" | "hold" | "refuse" | "restore";
  readonly reason: Reason;
  /** Pool size now. */
  readonly from: number;
  /** Pool size that is asked for; of a refusal, the one that was wanted. */
  readonly to: number;
  readonly detail: string;
  /** The sample that decided. */
  readonly seen: AliasSample | undefined;
}

/** What became of a decision. `intended` is one in hand, or one whose maker died. */
export const OUTCOMES = [
  "intended",
  "applied",
  "not_converged",
  "failed",
  "abandoned",
  "dry_run",
  "refused",
  "none",
] as const;
export type Outcome = (typeof OUTCOMES)[number];
