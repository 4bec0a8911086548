import fc from "fast-check";
import { expect, test } from "vitest";
import { openOrder, type OrderOptions } from "./order.ts";
import { type Batching, ordinalsOf, type Slice, Steps } from "./steps.ts";
import { workerSteps } from "./worker-steps.ts";

/** One start of a job: it goes on from the last checkpoint, and is killed. */
interface Start {
  readonly worldSize: number;
  readonly workers: number;
  /** Steps that each rank consumes before the kill, and how many of them the last checkpoint does not have. */
  readonly consumed: number;
  readonly lost: number;
}

interface Training {
  readonly order: OrderOptions;
  readonly batching: Batching;
  /** Two that are killed; then the last goes on to the end. */
  readonly starts: readonly Start[];
}

/** The code under test: which step a worker takes next, and what a rank gets of it. */
interface Sharding {
  readonly slice: (steps: Steps, step: number, rank: number, worldSize: number) => Slice;
  readonly workerSteps: typeof workerSteps;
}

interface Coverage {
  readonly missing: number;
  readonly repeated: number;
  /** Pads beyond those that fill up the last batch, or short of them. */
  readonly pads: number;
}

const OURS: Sharding = { slice: (steps, ...place) => steps.slice(...place), workerSteps };
const COVERED: Coverage = { missing: 0, repeated: 0, pads: 0 };

/** Trains one epoch, and counts what was delivered by the steps that ended up in the model. */
function train({ order, batching, starts }: Training, sharding: Sharding): Coverage {
  const steps = new Steps(batching);
  const epoch = openOrder(order);
  const times = new Uint32Array(batching.samples);
  let pads = 0;
  let cursor = 0;
  for (const start of starts) {
    const kept = Math.max(0, Math.min(start.consumed - start.lost, steps.count - cursor));
    for (let rank = 0; rank < start.worldSize; rank += 1) {
      for (const step of taken(sharding, cursor, steps.count, start.workers).slice(0, kept)) {
        const slice = sharding.slice(steps, step, rank, start.worldSize);
        for (const [place, ordinal] of ordinalsOf(epoch, slice).entries()) {
          if (place < slice.real) times[ordinal]! += 1;
          else pads += 1;
        }
      }
    }
    cursor += kept;
  }
  return judge(batching, times, pads, (ordinal) => epoch.positionOf(ordinal));
}

/** The steps in the order in which a loader yields them: from its workers in turns, without those that are through. */
function taken(sharding: Sharding, from: number, count: number, workers: number): number[] {
  const order: number[] = [];
  let busy = Array.from({ length: workers }, (_, worker) =>
    sharding.workerSteps(from, count, { worker, workers }),
  );
  while (busy.length > 0) {
    busy = busy.filter((worker) => {
      const { value, done } = worker.next();
      if (!done) order.push(value);
      return !done;
    });
  }
  return order;
}

/** What should have been delivered is worked out from the batching alone, not from the steps. */
function judge(
  { samples, batchSize, tail }: Batching,
  times: Uint32Array,
  pads: number,
  positionOf: (ordinal: number) => number,
): Coverage {
  const over = samples % batchSize;
  const due = tail === "drop" ? samples - over : samples;
  const duePads = tail === "pad_masked" && over > 0 ? batchSize - over : 0;
  let missing = 0;
  let repeated = 0;
  for (const [ordinal, count] of times.entries()) {
    const should = positionOf(ordinal) < due ? 1 : 0;
    missing += Math.max(0, should - count);
    repeated += Math.max(0, count - should);
  }
  return { missing, repeated, pads: pads - duePads };
}

const killed = fc
  .record({
    worldSize: fc.integer({ min: 1, max: 12 }),
    workers: fc.integer({ min: 1, max: 5 }),
    consumed: fc.nat(30),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ share, ...start }) => ({ ...start, lost: Math.floor(start.consumed * share * share) }));

const PRIMES = [2, 3, 5, 7, 11, 13, 31, 61, 97, 113, 127];

const trainings: fc.Arbitrary<Training> = fc
  .record({
    samples: fc.oneof(fc.nat(130), fc.nat(12), fc.constantFrom(...PRIMES)),
    batchSize: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 200 })),
    tail: fc.constantFrom("short", "pad_masked", "drop"),
    shuffle: fc.constantFrom("full", "block", "none"),
    blockSize: fc.integer({ min: 1, max: 60 }),
    seed: fc.bigInt(0n, 2n ** 64n - 1n),
    epoch: fc.nat(1_000),
    starts: fc.tuple(killed, killed, killed),
  })
  .map(({ samples, batchSize, tail, starts: [first, second, last], ...order }) => ({
    order: { samples, ...order },
    batching: { samples, batchSize, tail },
    starts: [first, second, { ...last, consumed: samples, lost: 0 }],
  }));

test("every sample exactly once, whatever is killed and whatever it goes on with", () => {
  fc.assert(
    fc.property(trainings, (training) => {
      expect(train(training, OURS)).toEqual(COVERED);
    }),
    { numRuns: 12_000 },
  );
}, 120_000);

/** Ours with the slice changed. */
function resliced(
  change: (slice: Slice, rank: number, worldSize: number) => Partial<Slice>,
): Sharding {
  const slice: Sharding["slice"] = (steps, step, rank, worldSize) => {
    const right = steps.slice(step, rank, worldSize);
    return { ...right, ...change(right, rank, worldSize) };
  };
  return { ...OURS, slice };
}

/** Every rank gets as many as the first: what a rank has is ⌊B / w⌋ or ⌈B / w⌉ rather than the difference of two floors. */
function equalShares(round: (share: number) => number): Sharding {
  const slice: Sharding["slice"] = (steps, step, rank, worldSize) => {
    const { start, end } = steps.slice(step);
    const share = round((end - start) / worldSize);
    const { samples } = steps.batching;
    const first = Math.min(start + rank * share, samples);
    const last = Math.min(first + share, steps.batching.tail === "pad_masked" ? end : samples);
    return {
      start: first,
      end: Math.max(first, last),
      real: Math.max(0, Math.min(last, samples) - first),
    };
  };
  return { ...OURS, slice };
}

const BROKEN: Readonly<Record<string, Sharding>> = {
  "each slice ends one too early": resliced(({ start, end, real }) =>
    end > start ? { end: end - 1, real: Math.min(real, end - 1 - start) } : {},
  ),
  "each slice begins one too early": resliced(({ start, real }) =>
    start > 0 ? { start: start - 1, real: real + 1 } : {},
  ),
  "shares are rounded down": equalShares(Math.floor),
  "shares are rounded up": equalShares(Math.ceil),
  "the last rank is skipped": resliced(({ start }, rank, worldSize) =>
    rank > 0 && rank === worldSize - 1 ? { end: start, real: 0 } : {},
  ),
  "the world size changes between the ranks of a step": {
    ...OURS,
    slice: (steps, step, rank, worldSize) =>
      steps.slice(step, rank, rank > 0 ? worldSize + 1 : worldSize),
  },
  "pads count as samples": resliced(({ start, end }) => ({ real: end - start })),
  "samples count as pads": resliced(({ real }) => ({ real: Math.max(0, real - 1) })),
  "workers count steps from 0 after a resume": {
    ...OURS,
    *workerSteps(from, count, { worker, workers }) {
      for (let step = from; step < count; step += 1) if (step % workers === worker) yield step;
    },
  },
  "workers begin at the next step": {
    ...OURS,
    workerSteps: (from, count, worker) => workerSteps(Math.min(from + 1, count), count, worker),
  },
};

test.each(Object.entries(BROKEN))("the same check finds that %s", (_, sharding) => {
  const found = fc.sample(trainings, { numRuns: 500, seed: 1 }).filter((training) => {
    const { missing, repeated, pads } = train(training, sharding);
    return missing > 0 || repeated > 0 || pads !== 0;
  });
  expect(found.length).toBeGreaterThan(0);
});
