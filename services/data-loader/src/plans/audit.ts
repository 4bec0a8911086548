import { createHash } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import type { Plan } from "./plan.ts";

/** What an epoch delivers, counted sample by sample. */
export interface Audit {
  readonly samples: number;
  /** Samples that are delivered at least once. */
  readonly delivered: number;
  /** Samples that are not: those that `drop` leaves out, and no others. */
  readonly missing: number;
  /** Deliveries beyond the first of a sample. */
  readonly repeated: number;
  /** Masked samples that fill up the last step. */
  readonly padded: number;
  /** Of the delivered ordinals in their order, each as 8 bytes, little-endian. */
  readonly sha256: string;
}

/** Positions between two turns of the event loop: some milliseconds. */
const CHUNK = 65_536;

/**
 * Walks through an epoch as its readers do, step by step, and counts. One bit for each sample is all that it keeps.
 * @throws the reason of `signal`
 */
export async function audit(plan: Plan, epoch: number, signal: AbortSignal): Promise<Audit> {
  const { samples } = plan.definition;
  const order = plan.order(epoch);
  const seen = new Uint8Array(Math.ceil(samples / 8));
  const hash = createHash("sha256");
  let delivered = 0;
  let repeated = 0;
  let padded = 0;
  for (let step = 0, sinceTurn = 0; step < plan.steps.count; step += 1) {
    const { start, end, real } = plan.steps.slice(step);
    const ordinals = order.ordinals(start, start + real);
    for (const ordinal of ordinals) {
      const bit = 1 << (ordinal & 7);
      const byte = Math.floor(ordinal / 8);
      if ((seen[byte]! & bit) === 0) delivered += 1;
      else repeated += 1;
      seen[byte]! |= bit;
    }
    hash.update(new BigUint64Array(Array.from(ordinals, BigInt)));
    padded += end - start - real;
    sinceTurn += real;
    if (sinceTurn < CHUNK) continue;
    sinceTurn = 0;
    await turn(undefined, { signal });
  }
  const missing = samples - delivered;
  return { samples, delivered, missing, repeated, padded, sha256: hash.digest("hex") };
}
