import { expect, test } from "vitest";
import vectors from "../vectors.json" with { type: "json" };
import { openOrder, type Shuffle } from "./order.ts";
import { ALGORITHM } from "./permutation.ts";
import { ordinalsOf, Steps, type Tail } from "./steps.ts";

test("the vectors are of this algorithm", () => {
  expect(vectors.algorithm).toBe(ALGORITHM);
});

test("every order is the golden one, both ways", () => {
  for (const { samples, shuffle, seed, epoch, positions, ordinals, ...rest } of vectors.orders) {
    const blockSize = "block_size" in rest ? rest.block_size : undefined;
    const options = { samples, shuffle: shuffle as Shuffle, blockSize, seed: BigInt(seed), epoch };
    const order = openOrder(options);
    expect(positions.map((position) => order.ordinalAt(position))).toEqual(ordinals);
    expect(ordinals.map((ordinal) => order.positionOf(ordinal))).toEqual(positions);
  }
});

test("every epoch is cut into the golden steps and slices", () => {
  for (const { samples, batch_size, tail, count, slices, located } of vectors.steps) {
    const steps = new Steps({ samples, batchSize: batch_size, tail: tail as Tail });
    expect(steps.count).toBe(count);
    for (const { step, rank, world_size, ...slice } of slices) {
      expect(steps.slice(step, rank, world_size)).toEqual(slice);
    }
    for (const { position, step, place } of located) {
      expect(steps.locate(position)).toEqual(step === null ? undefined : { step, place });
    }
  }
});

test("every padded slice is the golden one", () => {
  for (const {
    samples,
    seed,
    epoch,
    batch_size,
    step,
    rank,
    world_size,
    ...slice
  } of vectors.padded) {
    const steps = new Steps({ samples, batchSize: batch_size, tail: "pad_masked" });
    const { start, end, real } = steps.slice(step, rank, world_size);
    const order = openOrder({ samples, shuffle: "full", seed: BigInt(seed), epoch });
    expect([...ordinalsOf(order, { start, end, real })]).toEqual(slice.ordinals);
    expect(real).toBe(slice.real);
  }
});
