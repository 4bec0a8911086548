import fc from "fast-check";
import { expect, test } from "vitest";
import { openOrder } from "./order.ts";
import { type Batching, ordinalsOf, Steps, type Tail } from "./steps.ts";
import { workerSteps } from "./worker-steps.ts";

const batching = fc.record({
  samples: fc.nat(2 ** 40),
  batchSize: fc.integer({ min: 1, max: 2 ** 26 }),
  tail: fc.constantFrom("short", "pad_masked", "drop"),
});

test("an epoch of 10 in batches of 4, with each tail", () => {
  const last = (tail: Tail, step: number): unknown =>
    new Steps({ samples: 10, batchSize: 4, tail }).slice(step);
  expect(last("short", 2)).toEqual({ start: 8, end: 10, real: 2 });
  expect(last("pad_masked", 2)).toEqual({ start: 8, end: 12, real: 2 });
  expect(last("drop", 1)).toEqual({ start: 4, end: 8, real: 4 });
  expect(() => last("drop", 2)).toThrow("step must be an integer from 0 to 1, not 2");
});

test("the ranks of a step share it without gap or overlap, and none has two more than another", () => {
  fc.assert(
    fc.property(batching, fc.nat(), fc.integer({ min: 1, max: 200 }), (batching, at, worldSize) => {
      const steps = new Steps(batching);
      fc.pre(steps.count > 0);
      const step = at % steps.count;
      const slices = Array.from({ length: worldSize }, (_, rank) =>
        steps.slice(step, rank, worldSize),
      );
      const whole = steps.slice(step);
      expect(slices[0]!.start).toBe(whole.start);
      expect(slices.at(-1)!.end).toBe(whole.end);
      for (const [rank, { end }] of slices.slice(0, -1).entries())
        expect(slices[rank + 1]!.start).toBe(end);
      const sizes = slices.map(({ start, end }) => end - start);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }),
  );
});

test("a position is found in the step that has it, and in none that drop leaves out", () => {
  fc.assert(
    fc.property(batching, fc.nat(2 ** 40), (batching, at) => {
      fc.pre(batching.samples > 0);
      const steps = new Steps(batching);
      const position = at % batching.samples;
      const found = steps.locate(position);
      const isDropped = batching.tail === "drop" && position >= steps.count * batching.batchSize;
      expect(found === undefined).toBe(isDropped);
      if (found === undefined) return;
      const { start, real } = steps.slice(found.step);
      expect(start + found.place).toBe(position);
      expect(found.place).toBeLessThan(real);
    }),
  );
});

test("pads are the epoch's first positions, again and again when it is smaller than a batch", () => {
  const order = openOrder({ samples: 3, shuffle: "full", seed: 9n, epoch: 0 });
  const steps = new Steps({ samples: 3, batchSize: 11, tail: "pad_masked" });
  const epoch = [...order.ordinals(0, 3)];
  const slices = [0, 1, 2].map((rank) => steps.slice(0, rank, 3));
  const delivered = slices.flatMap((slice) => [...ordinalsOf(order, slice)]);
  expect(delivered).toEqual([...epoch, ...epoch, ...epoch, ...epoch].slice(0, 11));
  expect(slices.map(({ real }) => real)).toEqual([3, 0, 0]);
});

test("an epoch without samples has no steps, padded or not", () => {
  for (const tail of ["short", "pad_masked", "drop"] as const) {
    expect(new Steps({ samples: 0, batchSize: 4, tail }).count).toBe(0);
  }
});

test("workers take the steps that are left in turns", () => {
  const of = (worker: number): number[] => [...workerSteps(5, 12, { worker, workers: 3 })];
  expect([of(0), of(1), of(2)]).toEqual([
    [5, 8, 11],
    [6, 9],
    [7, 10],
  ]);
  expect([...workerSteps(12, 12, { worker: 0, workers: 3 })]).toEqual([]);
});

test("what is out of range is refused, and told what is allowed", () => {
  const base: Batching = { samples: 10, batchSize: 4, tail: "short" };
  const steps = new Steps(base);
  expect(() => new Steps({ ...base, samples: -1 })).toThrow("samples must be an integer from 0");
  for (const batchSize of [0, 1.5, 2 ** 26 + 1]) {
    expect(() => new Steps({ ...base, batchSize })).toThrow(
      "batchSize must be an integer from 1 to 67108864",
    );
  }
  expect(() => new Steps({ ...base, tail: "pad" as Tail })).toThrow(
    "short, pad_masked, drop, not pad",
  );
  expect(() => steps.slice(3)).toThrow("step must be an integer from 0 to 2, not 3");
  expect(() => steps.slice(0, 0, 0)).toThrow("worldSize must be an integer from 1");
  expect(() => steps.slice(0, 2, 2)).toThrow("rank must be an integer from 0 to 1, not 2");
  expect(() => steps.slice(0, -1, 2)).toThrow("rank must be an integer from 0 to 1, not -1");
  expect(() => steps.locate(10)).toThrow("position must be an integer from 0 to 9, not 10");
  expect(() => [...workerSteps(4, 3, { worker: 0, workers: 1 })]).toThrow(
    "from must be an integer from 0 to 3",
  );
  expect(() => [...workerSteps(0, 3, { worker: 0, workers: 0 })]).toThrow(
    "workers must be an integer from 1",
  );
  expect(() => [...workerSteps(0, 3, { worker: 2, workers: 2 })]).toThrow(
    "worker must be an integer from 0 to 1",
  );
});
