import fc from "fast-check";
import { expect, test } from "vitest";
import { BLOCK_ROWS, Mask } from "./mask.ts";

/** Positions over several blocks, on their borders too. */
const POSITIONS = fc.uniqueArray(
  fc.oneof(
    fc.nat({ max: 3 * BLOCK_ROWS }),
    fc.constantFrom(0, 7, 8, BLOCK_ROWS - 1, BLOCK_ROWS, 2 * BLOCK_ROWS - 1, 3 * BLOCK_ROWS),
  ),
);

function maskOf(positions: readonly number[]): Mask {
  const bits = Mask.bitsFor(3 * BLOCK_ROWS + 1);
  for (const position of positions) bits[position >> 3]! |= 1 << (position & 7);
  return new Mask(bits);
}

test("numbers and positions of selected rows lead to each other", () => {
  fc.assert(
    fc.property(POSITIONS, (positions) => {
      const mask = maskOf(positions);
      const sorted = positions.toSorted((a, b) => a - b);
      expect(mask.count).toBe(sorted.length);
      for (const [number, position] of sorted.entries()) {
        expect(mask.select(number)).toBe(position);
        expect(mask.rank(position)).toBe(number);
        expect(mask.has(position)).toBe(true);
      }
    }),
  );
});

test("a row that is not selected has a rank, and is not there", () => {
  const mask = maskOf([3, BLOCK_ROWS + 5]);
  expect([0, 4, BLOCK_ROWS, BLOCK_ROWS + 6].map((position) => mask.rank(position))).toEqual([
    0, 1, 1, 2,
  ]);
  expect([2, 4, BLOCK_ROWS * 9].map((position) => mask.has(position))).toEqual([
    false,
    false,
    false,
  ]);
  expect(() => mask.select(2)).toThrow(RangeError);
  expect(() => maskOf([]).select(0)).toThrow(RangeError);
  expect(new Mask(Mask.bitsFor(0)).count).toBe(0);
});
