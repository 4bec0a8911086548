// Writes vectors.json from this implementation: `node packages/shuffle/generate-vectors.ts`. Only for cases that are
// added: a figure that changes is another order, and needs another ALGORITHM.
import { writeFile } from "node:fs/promises";
import { ALGORITHM, openOrder, ordinalsOf, type Shuffle, Steps, type Tail } from "./src/index.ts";

const MAX_INT64 = 2n ** 63n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;
/** Orders up to this size are written whole. */
const WHOLE = 100;

const SEEDINGS: readonly (readonly [seed: bigint, epoch: number])[] = [
  [0n, 0],
  [0n, 1],
  [1n, 0],
  [42n, 7],
  [2n ** 32n, 0],
  [MAX_INT64, 0],
  [MAX_UINT64, 2 ** 32 - 1],
];
const SIZES = [
  0,
  1,
  2,
  3,
  4,
  5,
  7,
  9,
  25,
  63,
  64,
  97,
  1_000,
  10_007,
  65_536,
  1_000_003,
  3_000_000,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 + 1,
  10 ** 12 + 39,
  2 ** 40,
  2 ** 48,
  2 ** 52,
];
const BLOCK_SIZES = [1, 7, 100, 4_096];

const BATCHINGS: readonly (readonly [samples: number, batchSize: number])[] = [
  ...([
    [0, 4],
    [1, 1],
    [1, 4],
    [3, 8],
    [10, 3],
    [12, 4],
    [13, 5],
    [97, 97],
    [97, 32],
  ] as const),
  ...([
    [3_000_000, 4_096],
    [2 ** 40, 2 ** 26],
    [2 ** 52, 1_000],
  ] as const),
];
const WORLD_SIZES = [1, 2, 3, 8, 1_000];

function positionsOf(samples: number): number[] {
  if (samples <= WHOLE) return Array.from({ length: samples }, (_, position) => position);
  const shares = [0.1, 0.25, 0.5, 0.618, 0.9].map((share) => Math.floor(samples * share));
  return [0, 1, 2, ...shares, samples - 2, samples - 1];
}

function order(
  samples: number,
  shuffle: Shuffle,
  blockSize?: number,
  seedings = SEEDINGS,
): object[] {
  const positions = positionsOf(samples);
  return seedings.map(([seed, epoch]) => {
    const opened = openOrder({ samples, shuffle, blockSize, seed, epoch });
    const ordinals = positions.map((position) => opened.ordinalAt(position));
    const block = blockSize === undefined ? {} : { block_size: blockSize };
    return { samples, shuffle, ...block, seed: String(seed), epoch, positions, ordinals };
  });
}

function steps([samples, batchSize]: readonly [number, number], tail: Tail): object {
  const all = new Steps({ samples, batchSize, tail });
  const chosen = [...new Set([0, 1, all.count - 2, all.count - 1])];
  const existing = chosen.filter((step) => step >= 0 && step < all.count);
  const slices = existing.flatMap((step) =>
    WORLD_SIZES.flatMap((worldSize) =>
      [...new Set([0, 1, worldSize >> 1, worldSize - 1])]
        .filter((rank) => rank < worldSize)
        .map((rank) => ({
          step,
          rank,
          world_size: worldSize,
          ...all.slice(step, rank, worldSize),
        })),
    ),
  );
  const located = positionsOf(samples).map((position) => ({
    position,
    ...(all.locate(position) ?? { step: null, place: null }),
  }));
  return { samples, batch_size: batchSize, tail, count: all.count, slices, located };
}

/** Whole slices of small epochs, so that pads that come round more than once are there too. */
function padded(samples: number, batchSize: number): object {
  const options = { samples, shuffle: "full", seed: 42n, epoch: 7 } as const;
  const all = new Steps({ samples, batchSize, tail: "pad_masked" });
  const slice = all.slice(all.count - 1, 1, 2);
  const ordinals = [...ordinalsOf(openOrder(options), slice)];
  const seeding = { shuffle: "full", seed: "42", epoch: 7 };
  const place = { batch_size: batchSize, step: all.count - 1, rank: 1, world_size: 2 };
  return { samples, ...seeding, ...place, ordinals, real: slice.real };
}

const vectors = {
  algorithm: ALGORITHM,
  orders: [
    ...SIZES.flatMap((samples) => order(samples, "full")),
    ...SIZES.flatMap((samples) =>
      BLOCK_SIZES.flatMap((size) => order(samples, "block", size, SEEDINGS.slice(4, 6))),
    ),
    ...[0, 1, 25].flatMap((samples) => order(samples, "none", undefined, SEEDINGS.slice(3, 4))),
  ],
  steps: BATCHINGS.flatMap((batching) =>
    (["short", "pad_masked", "drop"] as const).map((tail) => steps(batching, tail)),
  ),
  padded: [padded(1, 5), padded(3, 20), padded(10, 8), padded(97, 60)],
};

// One case a line.
const lists = Object.entries(vectors).map(([name, value]) =>
  Array.isArray(value)
    ? `"${name}": [\n${value.map((each) => JSON.stringify(each)).join(",\n")}\n]`
    : `"${name}": ${JSON.stringify(value)}`,
);
await writeFile(new URL("vectors.json", import.meta.url), `{\n${lists.join(",\n")}\n}\n`);
