/** What one fault did. Times in milliseconds. */
export interface Finding {
  readonly fault: string;
  readonly round: number;
  /** From the strike until what was struck accepted again. */
  readonly faultMs: number;
  /** Successes a second of all loads before. */
  readonly rateBefore: number;
  /** From the end of the fault to the first success of anybody, and of a probe of the service that came last. */
  readonly firstMs: number;
  readonly lastServiceMs: number;
  /** From the end of the fault to 95 % of the rate before; Infinity when it was not seen. */
  readonly recoveredMs: number;
  /** From the strike until the next fault. */
  readonly windowMs: number;
  /** Of the loads; probes do not count. */
  readonly requests: number;
  readonly failed: number;
  readonly slowestMs: number;
  /** The most server connections at a sample. */
  readonly connections: number;
  /** Successes a second by seconds since the strike. */
  readonly timeline: readonly (readonly [seconds: number, rate: number])[];
  /** Promises that were broken. */
  readonly broken: readonly string[];
}
