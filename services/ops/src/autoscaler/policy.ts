/** The constants of the control loop. Times in milliseconds, counts in samples (one a tick). */
export interface Policy {
  /** A client that waits for so long is one too many. */
  readonly growWaitMs: number;
  /** Samples in a row in which clients waited on a full pool before it grows. */
  readonly growAfter: number;
  /** Quiet samples in a row before it shrinks: many more, since a pool too small hurts at once. */
  readonly shrinkAfter: number;
  /** It shrinks when less than this share of it was in use, on average. */
  readonly shrinkBelow: number;
  /** And only to a size of which the busiest moment would have used no more than this share. */
  readonly shrinkHeadroom: number;
  /** Share of its size by which a pool changes at once, and at least one connection. */
  readonly step: number;
  /** Time after any change before the pool may grow again. */
  readonly growCooldownMs: number;
  /** Time after any change before the pool may shrink. */
  readonly shrinkCooldownMs: number;
  /** Running backends a core, from which on PostgreSQL itself is what clients wait for. */
  readonly runningPerCore: number;
  /** Share of busy backends waiting for locks, from which on more of them would only wait as well. */
  readonly lockShare: number;
}

export const DEFAULT_POLICY: Policy = {
  growWaitMs: 20,
  growAfter: 2,
  shrinkAfter: 60, // the cooldown: what came back within five minutes finds the pool as it left it
  shrinkBelow: 0.4,
  shrinkHeadroom: 0.8,
  step: 0.25,
  growCooldownMs: 10_000,
  shrinkCooldownMs: 300_000,
  runningPerCore: 2,
  lockShare: 0.5,
};
