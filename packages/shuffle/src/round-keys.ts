import { mix } from "./mix.ts";
import { requireInteger } from "./require-integer.ts";

/** Most rounds of a permutation, hence keys of a schedule. */
export const MAX_ROUNDS = 24;

const MAX_SEED = 2n ** 64n - 1n;
const MAX_EPOCH = 2 ** 32 - 1;
/** 2^32 divided by the golden ratio: its multiples are spread evenly. */
const GOLDEN = 0x9e3779b9;

/** What a permutation is for, so that those of one seed and epoch differ. */
export const DOMAIN = { samples: 1, blocks: 2, rows: 3 } as const;

/** Identifies an order among those of the same samples. */
export interface Seeding {
  /** From 0 to 2^64 − 1. */
  readonly seed: bigint;
  /** From 0 to 2^32 − 1. */
  readonly epoch: number;
}

/**
 * The keys of all rounds. Each begins at another constant and takes in the same words one after the other, so that
 * together they depend on all 64 bits of the seed.
 * @throws RangeError when seed or epoch is out of range.
 */
export function roundKeys({ seed, epoch }: Seeding, domain: number): number[] {
  if (typeof seed !== "bigint" || seed < 0n || seed > MAX_SEED) {
    throw new RangeError(`seed must be a bigint from 0 to ${MAX_SEED}, not ${seed}.`);
  }
  requireInteger("epoch", epoch, 0, MAX_EPOCH);
  const constants = Array.from({ length: MAX_ROUNDS }, (_, round) => Math.imul(round + 1, GOLDEN));
  return absorb(constants, [Number(seed & 0xffff_ffffn), Number(seed >> 32n), epoch, domain]);
}

/** Keys of their own for the `number`-th of many permutations; the first `rounds` of them. */
export function numberedKeys(keys: readonly number[], number: number, rounds: number): number[] {
  return absorb(keys.slice(0, rounds), [number % 2 ** 32, Math.floor(number / 2 ** 32)]);
}

function absorb(keys: number[], words: readonly number[]): number[] {
  for (const word of words) {
    for (let round = 0; round < keys.length; round += 1) keys[round] = mix(keys[round]! ^ word);
  }
  return keys;
}
