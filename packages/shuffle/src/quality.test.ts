import { expect, test, vi } from "vitest";
import { Permutation } from "./permutation.ts";
import { roundKeys } from "./round-keys.ts";

// The seeds are fixed, so each figure below is always the same. A score is the distance of a statistic from its mean
// for random permutations, in standard deviations: fewer than one in ten thousand would pass 4.
const LIMIT = 4;

// Millions of values each, whatever else the machine does.
vi.setConfig({ testTimeout: 60_000 });

function permutation(size: number, seed: number, epoch = 0): Permutation {
  return new Permutation(size, roundKeys({ seed: BigInt(seed), epoch }, 1));
}

/** Score of χ² over counts that should all be alike. */
function chiSquareScore(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const freedom = counts.length - 1;
  return (chiSquare - freedom) / Math.sqrt(2 * freedom);
}

function countsOf(values: Iterable<number>, cells: number): number[] {
  const counts = new Array<number>(cells).fill(0);
  for (const value of values) counts[value]! += 1;
  return counts;
}

function seeds<T>(count: number, of: (seed: number) => T): T[] {
  return Array.from({ length: count }, (_, seed) => of(seed));
}

test.each([
  [3, 6],
  [4, 24],
  [5, 120],
  [6, 720],
  [7, 5_040],
])("over seeds, all permutations of %i are equally likely", (size, factorial) => {
  const times = new Map<string, number>();
  // Enough that none is left out by chance.
  const tried = Math.max(40_000, 20 * factorial);
  for (let seed = 0; seed < tried; seed += 1) {
    const each = permutation(size, seed);
    const values = Array.from({ length: size }, (_, index) => each.at(index)).join(" ");
    times.set(values, (times.get(values) ?? 0) + 1);
  }
  expect(times.size).toBe(factorial);
  expect(chiSquareScore([...times.values()])).toBeLessThan(LIMIT);
});

test.each([9, 25, 63, 64, 97])(
  "over seeds, pairs of neighbours of %i are equally likely",
  (size) => {
    const cells = size * (size - 1);
    for (const [one, other] of [
      [0, 1],
      [size - 2, size - 1],
      [0, size >> 1],
    ] as const) {
      const pairs = seeds(cells * 20, (seed) => {
        const each = permutation(size, seed);
        const [first, second] = [each.at(one), each.at(other)];
        return first * (size - 1) + (second > first ? second - 1 : second);
      });
      expect(chiSquareScore(countsOf(pairs, cells))).toBeLessThan(LIMIT);
    }
  },
);

test.each([10_007, 3_000_000, 100_000_000, 2 ** 40])(
  "the first positions of %i go everywhere",
  (size) => {
    const cells = 1_000;
    const taken = Math.min(50_000, Math.floor(size / 50));
    const scores = seeds(20, (seed) => {
      const each = permutation(size, seed);
      const buckets = Array.from({ length: taken }, (_, index) =>
        Math.floor((each.at(index) / size) * cells),
      );
      return chiSquareScore(countsOf(buckets, cells));
    });
    const mean = scores.reduce((sum, score) => sum + score, 0) / Math.sqrt(scores.length);
    expect(Math.abs(mean)).toBeLessThan(LIMIT);
  },
);

/** Score of the correlation of two series that are uniform over [0, size). */
function correlationScore(
  size: number,
  count: number,
  pair: (index: number) => [number, number],
): number {
  let sum = 0;
  for (let index = 0; index < count; index += 1) {
    const [one, other] = pair(index);
    sum += (one / size - 0.5) * (other / size - 0.5) * 12;
  }
  return Math.abs(sum / Math.sqrt(count));
}

test.each([10_007, 3_000_000, 2 ** 40])(
  "of %i, neither neighbours nor seeds nor epochs are correlated",
  (size) => {
    const count = Math.min(size - 1_000, 100_000);
    for (const seed of [0, 1, 12_345]) {
      const each = permutation(size, seed);
      const nextSeed = permutation(size, seed + 1);
      const nextEpoch = permutation(size, seed, 1);
      for (const lag of [1, 2, 100]) {
        expect(
          correlationScore(size, count, (index) => [each.at(index), each.at(index + lag)]),
        ).toBeLessThan(LIMIT);
      }
      for (const other of [nextSeed, nextEpoch]) {
        expect(
          correlationScore(size, count, (index) => [each.at(index), other.at(index)]),
        ).toBeLessThan(LIMIT);
      }
    }
  },
);

test("any one bit of the seed or of the epoch changes half of the bits of every value", () => {
  const size = 2 ** 32;
  const positions = 2_000;
  const of = (seed: bigint, epoch: number): Permutation =>
    new Permutation(size, roundKeys({ seed, epoch }, 1));
  for (let bit = 0; bit < 64; bit += 1) {
    expect(changedShare(of(77n, 3), of(77n ^ (1n << BigInt(bit)), 3), positions)).toBeCloseTo(
      0.5,
      2,
    );
  }
  for (let bit = 0; bit < 32; bit += 1) {
    expect(changedShare(of(77n, 3), of(77n, (3 ^ (1 << bit)) >>> 0), positions)).toBeCloseTo(
      0.5,
      2,
    );
  }
});

/** Of the 32 bits of the values at the first positions, the share that differs. */
function changedShare(one: Permutation, other: Permutation, positions: number): number {
  let changed = 0;
  for (let index = 0; index < positions; index += 1) {
    for (let bits = (one.at(index) ^ other.at(index)) >>> 0; bits !== 0; bits >>>= 1)
      changed += bits & 1;
  }
  return changed / (32 * positions);
}
