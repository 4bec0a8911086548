import type { Mode } from "../autoscaler/decision.ts";
import { giveUpLease, type Queryable, takeLease } from "./queries.ts";

/** Its holder was too slow: somebody else may act by now. */
export class LeaseLostError extends Error {
  override readonly name = "LeaseLostError";
}

/** The right to change pools, until a moment of this process's clock. */
export interface Lease {
  readonly holder: string;
  /** Fencing token: whoever holds the lease later has a larger one. */
  readonly term: number;
  readonly mode: Mode;
  /** @throws LeaseLostError when less than `forMs` is left of it */
  assertHeld(forMs: number): void;
  giveUp(): Promise<void>;
}

/** @returns undefined while another instance holds it */
export async function acquireLease(
  db: Queryable,
  holder: string,
  leaseMs: number,
): Promise<Lease | undefined> {
  const askedAt = performance.now(); // before the database counts: its lease ends later than ours
  const { is_leader, term, mode } = await takeLease(db, holder, leaseMs);
  if (!is_leader) return undefined;
  return {
    holder,
    term: Number(term),
    mode,
    assertHeld(forMs) {
      const left = askedAt + leaseMs - performance.now();
      if (left < forMs)
        throw new LeaseLostError(`${Math.round(left)} ms are left of the lease of term ${term}`);
    },
    giveUp: () => giveUpLease(db, holder, term),
  };
}
