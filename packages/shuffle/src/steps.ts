import type { Order } from "./order.ts";
import { MAX_SIZE } from "./permutation.ts";
import { requireIndex, requireInteger } from "./require-integer.ts";

/**
 * What becomes of the samples that do not fill a last batch. `short`: a last, smaller step. `pad_masked`: a full step,
 * filled up with the epoch's first positions, which count for nothing. `drop`: no step.
 */
export type Tail = "short" | "pad_masked" | "drop";

export interface Batching {
  /** Samples of an epoch, from 0 to 2^52. */
  readonly samples: number;
  /** Samples of a step over all ranks, from 1 to 2^26. */
  readonly batchSize: number;
  readonly tail: Tail;
}

/** Consecutive places of the epoch, from `start`, up to and without `end`. Place p is position p mod samples. */
export interface Slice {
  readonly start: number;
  readonly end: number;
  /** How many of them, the first ones, are samples of this epoch; the others are pads, whose mask is false. */
  readonly real: number;
}

/** So that rank × batch size stays exact. */
const MAX_BATCH_SIZE = 2 ** 26;
const MAX_WORLD_SIZE = 2 ** 26;
const TAILS: readonly Tail[] = ["short", "pad_masked", "drop"];

/**
 * An epoch cut into steps, and each step into the slices of its ranks: a pure function of its arguments, so that the
 * world size may be another one at every step.
 */
export class Steps {
  readonly batching: Batching;
  /** Steps of an epoch. */
  readonly count: number;

  /** @throws RangeError that names what is out of range, and what is allowed. */
  constructor(batching: Batching) {
    const { samples, batchSize, tail } = batching;
    requireInteger("samples", samples, 0, MAX_SIZE);
    requireInteger("batchSize", batchSize, 1, MAX_BATCH_SIZE);
    if (!TAILS.includes(tail)) {
      throw new RangeError(`tail must be ${TAILS.join(", ")}, not ${tail}.`);
    }
    this.batching = batching;
    const full = samples / batchSize;
    this.count = tail === "drop" ? Math.floor(full) : Math.ceil(full);
  }

  /**
   * What a rank gets of a step of B samples: ⌊rank · B / worldSize⌋ … ⌊(rank + 1) · B / worldSize⌋ − 1 of them.
   * @throws RangeError when the step does not exist, or not 0 ≤ rank < worldSize ≤ 2^26.
   */
  slice(step: number, rank = 0, worldSize = 1): Slice {
    requireIndex("step", step, this.count);
    requireInteger("worldSize", worldSize, 1, MAX_WORLD_SIZE);
    requireIndex("rank", rank, worldSize);
    const { samples, batchSize, tail } = this.batching;
    const first = step * batchSize;
    const size = tail === "short" ? Math.min(batchSize, samples - first) : batchSize;
    const start = first + Math.floor((rank * size) / worldSize);
    const end = first + Math.floor(((rank + 1) * size) / worldSize);
    return { start, end, real: Math.max(0, Math.min(end, samples) - start) };
  }

  /**
   * The step that has a position, and which of its samples it is; undefined when `drop` leaves it out.
   * @throws RangeError when position is not an integer in [0, samples).
   */
  locate(position: number): { readonly step: number; readonly place: number } | undefined {
    const { samples, batchSize } = this.batching;
    requireIndex("position", position, samples);
    const step = Math.floor(position / batchSize);
    return step < this.count ? { step, place: position - step * batchSize } : undefined;
  }
}

/** The ordinals of a slice, pads included, in an order of as many samples as the steps have. */
export function ordinalsOf(order: Order, { start, end }: Slice): Float64Array {
  const { samples } = order;
  const ordinals = new Float64Array(end - start);
  const from = start % samples;
  const untilWrap = Math.min(end - start, samples - from);
  ordinals.set(order.ordinals(from, from + untilWrap));
  ordinals.set(order.ordinals(0, Math.min(end - start - untilWrap, from)), untilWrap);
  // After a whole epoch the same comes round again.
  for (let place = samples; place < ordinals.length; place += 1) {
    ordinals[place] = ordinals[place - samples]!;
  }
  return ordinals;
}
