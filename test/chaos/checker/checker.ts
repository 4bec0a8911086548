import type { Bed } from "../bed/bed.ts";
import type { Answered, Load } from "../load.ts";

/** Clients that remember what they were acknowledged, and a promise about it. */
export interface Checker {
  /** By what the clients do. */
  readonly loads: Readonly<Record<string, Load>>;
  /** By service: a request that tells whether it answers again. */
  readonly probes: Readonly<Record<string, () => Promise<Answered>>>;
  /**
   * Ends the loads, and waits for what they began where that has to come to its end.
   * @returns every way in which the promise was found broken
   */
  finish(): Promise<readonly string[]>;
}

/** Makes what the clients need, and starts them. */
export type StartChecker = (bed: Bed) => Promise<Checker>;

/** A client gives up waiting and repeats: twice a request's own deadline. */
export const CLIENT_TIMEOUT_MS = 60_000;
