/** What goes wrong with an attempt. */
export type Fault =
  /** Nothing. */
  | { readonly kind: "none" }
  /** One rank's process dies at a step, and is not heard of again. */
  | { readonly kind: "crash"; readonly rank: number; readonly step: number }
  /** One rank beats on, but its step stands still. */
  | { readonly kind: "stall"; readonly rank: number; readonly step: number }
  /** The trainer finds an error and reports failure at a step. */
  | { readonly kind: "fail"; readonly step: number };

/** Which fault each attempt has. */
export type FaultPlan = (worldSize: number, steps: number) => Fault;

export const noFaults: FaultPlan = () => ({ kind: "none" });

/** Faults of every kind in `share` of the attempts, the same for the same seed. */
export function randomFaults(share: number, seed: number): FaultPlan {
  const random = randomFrom(seed);
  return (worldSize, steps) => {
    if (random() >= share) return { kind: "none" };
    const step = Math.floor(random() * steps);
    const rank = Math.floor(random() * worldSize);
    const kinds = ["crash", "stall", "fail"] as const;
    const kind = kinds[Math.floor(random() * kinds.length)]!;
    return kind === "fail" ? { kind, step } : { kind, rank, step };
  };
}

/** Numbers from 0 to 1 (mulberry32, Tommy Ettinger, public domain). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
