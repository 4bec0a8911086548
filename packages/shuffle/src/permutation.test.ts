import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_SIZE, Permutation } from "./permutation.ts";
import { roundKeys } from "./round-keys.ts";

const seeding = fc.record({
  seed: fc.bigInt(0n, 2n ** 64n - 1n),
  epoch: fc.nat(2 ** 32 - 1),
});

test("every value comes exactly once, and the inverse finds its index", () => {
  fc.assert(
    fc.property(fc.nat(700), seeding, fc.nat(9), (size, seeding, domain) => {
      const permutation = new Permutation(size, roundKeys(seeding, domain));
      const indices = Array.from({ length: size }, (_, index) => index);
      const values = indices.map((index) => permutation.at(index));
      expect(values.toSorted((a, b) => a - b)).toEqual(indices);
      expect(values.map((value) => permutation.indexOf(value))).toEqual(indices);
    }),
    { numRuns: 500 },
  );
});

test("of any size up to 2^52, index and value are each other's inverse, and in range", () => {
  const sized = fc
    .integer({ min: 0, max: 52 })
    .chain((bits) => fc.maxSafeNat().map((size) => 1 + (size % 2 ** bits)))
    .chain((size) => fc.tuple(fc.constant(size), fc.integer({ min: 0, max: size - 1 })));
  fc.assert(
    fc.property(sized, seeding, ([size, index], seeding) => {
      const permutation = new Permutation(size, roundKeys(seeding, 1));
      const value = permutation.at(index);
      expect(Number.isInteger(value) && value >= 0 && value < size).toBe(true);
      expect(permutation.indexOf(value)).toBe(index);
      expect(permutation.at(permutation.indexOf(index))).toBe(index);
    }),
    { numRuns: 5_000 },
  );
});

test("a million of values at a time is a permutation too", () => {
  const size = 1_000_003;
  const permutation = new Permutation(size, roundKeys({ seed: 5n, epoch: 3 }, 1));
  const seen = new Uint8Array(size);
  for (let index = 0; index < size; index += 1) seen[permutation.at(index)]! += 1;
  expect(seen.every((times) => times === 1)).toBe(true);
});

test("the root of a size is exact next to every square", () => {
  const keys = roundKeys({ seed: 1n, epoch: 0 }, 1);
  for (const root of [2 ** 13, 2 ** 24 - 1, 2 ** 25 + 1, 2 ** 26 - 1, 2 ** 26]) {
    for (const size of [root * root - 1, root * root, root * root + 1]) {
      if (size > MAX_SIZE) continue;
      const permutation = new Permutation(size, keys);
      const last = permutation.at(size - 1);
      expect(last).toBeLessThan(size);
      expect(permutation.indexOf(last)).toBe(size - 1);
    }
  }
});

test("what is out of range is refused, and told what is allowed", () => {
  const keys = roundKeys({ seed: 0n, epoch: 0 }, 1);
  const permutation = new Permutation(10, keys);
  for (const wrong of [-1, 10, 0.5, Number.NaN, Infinity]) {
    const range = `must be an integer from 0 to 9, not ${wrong}`;
    expect(() => permutation.at(wrong)).toThrow(new RangeError(`index ${range}.`));
    expect(() => permutation.indexOf(wrong)).toThrow(new RangeError(`value ${range}.`));
  }
  expect(() => new Permutation(0, keys).at(0)).toThrow(RangeError);
  for (const wrong of [-1, 1.5, MAX_SIZE + 1]) {
    expect(() => new Permutation(wrong, keys)).toThrow("from 0 to 4503599627370496");
  }
  for (const seed of [-1n, 2n ** 64n]) {
    expect(() => roundKeys({ seed, epoch: 0 }, 1)).toThrow("from 0 to 18446744073709551615");
  }
  expect(() => roundKeys({ seed: 5 as unknown as bigint, epoch: 0 }, 1)).toThrow("bigint");
  expect(() => roundKeys({ seed: 0n, epoch: 2 ** 32 }, 1)).toThrow("from 0 to 4294967295");
});
