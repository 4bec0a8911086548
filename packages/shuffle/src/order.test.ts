import fc from "fast-check";
import { expect, test } from "vitest";
import { type OrderOptions, openOrder } from "./order.ts";

const SAMPLES = { min: 0, max: 400 };
const options = fc.record({
  samples: fc.integer(SAMPLES),
  shuffle: fc.constantFrom("full", "block", "none"),
  blockSize: fc.integer({ min: 1, max: 150 }),
  seed: fc.bigInt(0n, 2n ** 64n - 1n),
  epoch: fc.nat(2 ** 32 - 1),
});

function all(options: OrderOptions): number[] {
  return [...openOrder(options).ordinals(0, options.samples)];
}

test("every ordinal has exactly one position, and both ways agree", () => {
  fc.assert(
    fc.property(options, (options) => {
      const order = openOrder(options);
      const positions = Array.from({ length: options.samples }, (_, position) => position);
      const ordinals = positions.map((position) => order.ordinalAt(position));
      expect(ordinals.toSorted((a, b) => a - b)).toEqual(positions);
      expect(ordinals.map((ordinal) => order.positionOf(ordinal))).toEqual(positions);
    }),
    { numRuns: 200 },
  );
});

test("a part of the order is that part of the whole", () => {
  fc.assert(
    fc.property(options, fc.nat(), fc.nat(), (options, a, b) => {
      const [from = 0, to = 0] = [a, b]
        .map((x) => x % (options.samples + 1))
        .toSorted((x, y) => x - y);
      const part = [...openOrder(options).ordinals(from, to)];
      expect(part).toEqual(all(options).slice(from, to));
      for (const [place, ordinal] of part.entries()) {
        expect(openOrder(options).ordinalAt(from + place)).toBe(ordinal);
      }
    }),
  );
});

test("a slice's ordinals lie in its ranges, which are whole blocks, each once", () => {
  fc.assert(
    fc.property(options, fc.nat(), fc.nat(), (options, a, b) => {
      fc.pre(options.shuffle === "block");
      const [from = 0, to = 0] = [a, b]
        .map((x) => x % (options.samples + 1))
        .toSorted((x, y) => x - y);
      const ranges = openOrder(options).ranges(from, to)!;
      const needed = new Set(
        Array.from(openOrder(options).ordinals(from, to), (x) => Math.floor(x / options.blockSize)),
      );
      expect(ranges.map(({ start }) => start / options.blockSize)).toEqual([...needed]);
      for (const { start, end } of ranges) {
        expect(end).toBe(Math.min(start + options.blockSize, options.samples));
      }
    }),
  );
});

test("none is as stored, in one range; full has no ranges", () => {
  const none = openOrder({ samples: 9, shuffle: "none", seed: 1n, epoch: 0 });
  expect([...none.ordinals(2, 5)]).toEqual([2, 3, 4]);
  expect(none.ranges(2, 5)).toEqual([{ start: 2, end: 5 }]);
  expect(none.ranges(5, 5)).toEqual([]);
  expect(
    openOrder({ samples: 9, shuffle: "full", seed: 1n, epoch: 0 }).ranges(2, 5),
  ).toBeUndefined();
});

test("the last, shorter block has any turn", () => {
  const turns = new Set(
    Array.from({ length: 200 }, (_, seed) => {
      const order = openOrder({
        samples: 37,
        shuffle: "block",
        blockSize: 10,
        seed: BigInt(seed),
        epoch: 0,
      });
      return order.ranges(0, 37)!.findIndex(({ end }) => end === 37);
    }),
  );
  expect([...turns].toSorted()).toEqual([0, 1, 2, 3]);
});

test("epochs, seeds and kinds of shuffle are different orders, and the same options the same", () => {
  const base = { samples: 400, blockSize: 20, seed: 1n, epoch: 0, shuffle: "full" } as const;
  const variants: OrderOptions[] = [
    base,
    { ...base, epoch: 1 },
    { ...base, seed: 2n },
    { ...base, seed: 1n + 2n ** 32n },
    { ...base, shuffle: "block" },
    { ...base, shuffle: "block", epoch: 1 },
    { ...base, shuffle: "block", blockSize: 21 },
  ];
  expect(new Set(variants.map((options) => all(options).join(" "))).size).toBe(variants.length);
  expect(all(base)).toEqual(all(base));
});

test("rows are shuffled differently in each block", () => {
  const order = openOrder({ samples: 400, shuffle: "block", blockSize: 100, seed: 1n, epoch: 0 });
  const rows = [0, 100, 200, 300].map((from) =>
    order
      .ordinals(from, from + 100)
      .map((x) => x % 100)
      .join(" "),
  );
  expect(new Set(rows).size).toBe(4);
});

test("what is out of range is refused, and told what is allowed", () => {
  const base = { samples: 10, seed: 0n, epoch: 0, blockSize: 3 };
  for (const shuffle of ["full", "block", "none"] as const) {
    const order = openOrder({ ...base, shuffle });
    for (const wrong of [-1, 10, 0.5, Number.NaN]) {
      expect(() => order.ordinalAt(wrong)).toThrow(
        `position must be an integer from 0 to 9, not ${wrong}`,
      );
      expect(() => order.positionOf(wrong)).toThrow(
        `ordinal must be an integer from 0 to 9, not ${wrong}`,
      );
    }
    expect(() => order.ordinals(3, 11)).toThrow("to must be an integer from 3 to 10, not 11");
    expect(() => order.ordinals(5, 4)).toThrow("to must be an integer from 5 to 10, not 4");
    expect(() => order.ranges(-1, 4)).toThrow("from must be an integer from 0 to 10, not -1");
    expect(() => openOrder({ ...base, shuffle, samples: 0 }).ordinalAt(0)).toThrow(RangeError);
  }
  expect(() => openOrder({ ...base, shuffle: "none", samples: -1 })).toThrow("samples");
  expect(() => openOrder({ ...base, shuffle: "block", blockSize: 0 })).toThrow("blockSize");
  expect(() => openOrder({ ...base, shuffle: "block", blockSize: undefined })).toThrow("blockSize");
  expect(() => openOrder({ ...base, shuffle: "random" as "full" })).toThrow(
    "full, block or none, not random",
  );
});
