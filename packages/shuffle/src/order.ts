import { BlockOrder } from "./block-order.ts";
import { FullOrder } from "./full-order.ts";
import { MAX_SIZE } from "./permutation.ts";
import { requireInteger } from "./require-integer.ts";
import type { Seeding } from "./round-keys.ts";
import { StoredOrder } from "./stored-order.ts";

/**
 * How an epoch's order departs from the stored one. `full`: any sample anywhere. `block`: blocks of consecutive
 * ordinals in random order, and the samples of each block in random order, so that a slice reads few ranges.
 * `none`: as stored.
 */
export type Shuffle = "full" | "block" | "none";

export interface OrderOptions extends Seeding {
  /** From 0 to 2^52. */
  readonly samples: number;
  readonly shuffle: Shuffle;
  /** Samples of a block, at least 1: of `block` only, which needs it. */
  readonly blockSize?: number | undefined;
}

/** Consecutive ordinals: from `start`, up to and without `end`. */
export interface OrdinalRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The order in which the samples of a version are visited in one epoch: a bijection between positions (when) and
 * ordinals (which), in constant memory. Positions and ordinals are integers in [0, samples); whatever is not throws
 * a RangeError.
 */
export interface Order {
  readonly samples: number;
  ordinalAt(position: number): number;
  positionOf(ordinal: number): number;
  /** The ordinals of the positions from `from`, up to and without `to`. */
  ordinals(from: number, to: number): Float64Array;
  /**
   * The ranges that those ordinals are in, in the order of their visit: whole blocks with `block`. Undefined with
   * `full`, whose ordinals lie anywhere.
   */
  ranges(from: number, to: number): OrdinalRange[] | undefined;
}

/** @throws RangeError that names the option which is out of range, and what is allowed. */
export function openOrder(options: OrderOptions): Order {
  const { samples, shuffle, blockSize } = options;
  requireInteger("samples", samples, 0, MAX_SIZE);
  switch (shuffle) {
    case "full":
      return new FullOrder(samples, options);
    case "block":
      if (blockSize === undefined) throw new RangeError("A block shuffle needs a blockSize.");
      return new BlockOrder(samples, blockSize, options);
    case "none":
      return new StoredOrder(samples);
    default:
      throw new RangeError(`shuffle must be full, block or none, not ${String(shuffle)}.`);
  }
}
