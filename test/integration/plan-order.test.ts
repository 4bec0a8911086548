import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { dataProject } from "./data-project.ts";
import { openSuperuser } from "./open-database.ts";
import {
  type Plan,
  type PlanProject,
  planProject,
  SIZES,
  type Slice,
  stepPath,
} from "./plan-project.ts";
import { sampleStatements } from "./sample-statements.ts";
import { startDataLoader } from "./service-instance.ts";

let project: PlanProject;

beforeAll(async () => {
  project = await planProject();
});

interface Training {
  readonly members: {
    readonly version: number;
    readonly batch_size: number;
    readonly tail: string;
    readonly [member: string]: unknown;
  };
  readonly epoch: number;
  /** Before, between and after two resumes. */
  readonly worlds: readonly [number, number, number];
  /** Where the resumes are, as shares of the epoch. */
  readonly resumes: readonly [number, number];
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
const world = fc.integer({ min: 1, max: 7 });

/** At most 16 steps, so that many epochs are read in seconds; batches of any size up to beyond the version. */
const TRAININGS: fc.Arbitrary<Training> = fc
  .integer({ min: 1, max: SIZES.length })
  .chain((version) => {
    const samples = SIZES[version - 1]!.reduce((sum, rows) => sum + rows, 0);
    return fc.record({
      members: fc.record({
        version: fc.constant(version),
        seed: fc.nat(),
        shuffle: fc.constantFrom("full", "block", "none"),
        block_size: fc.integer({ min: 1, max: 120 }),
        batch_size: fc.integer({ min: Math.ceil(samples / 16), max: samples + 20 }),
        tail: fc.constantFrom("short", "pad_masked", "drop"),
      }),
      epoch: fc.nat({ max: 3 }),
      worlds: fc.tuple(world, world, world),
      resumes: fc.tuple(share, share),
    });
  });

type ReadSlice = (
  plan: Plan,
  epoch: number,
  step: number,
  rank: number,
  world: number,
) => Promise<Slice>;

const overHttp: ReadSlice = (plan, ...address) => project.read<Slice>(stepPath(plan, ...address));

/** What the ranks of a training get of an epoch, pads left out. */
async function train(plan: Plan, training: Training, readSlice: ReadSlice): Promise<number[]> {
  const { epoch, worlds, resumes } = training;
  const [first, second] = resumes
    .map((part) => Math.floor(part * (plan.steps + 1)))
    .toSorted((a, b) => a - b);
  const delivered: number[] = [];
  for (let step = 0; step < plan.steps; step += 1) {
    const size = worlds[Number(step >= first!) + Number(step >= second!)]!;
    const slices = await Promise.all(
      Array.from({ length: size }, (_, rank) => readSlice(plan, epoch, step, rank, size)),
    );
    for (const { ordinals, columns, mask, count } of slices) {
      expect([ordinals.length, columns.sample_id.length]).toEqual([count, count]);
      expect(columns.sample_id).toEqual(ordinals.map((n) => `s${String(n).padStart(9, "0")}`));
      delivered.push(...ordinals.filter((_, index) => mask?.[index] !== false));
    }
  }
  return delivered;
}

const droppedBy = (plan: Plan, { members }: Training): number =>
  members.tail === "drop" ? plan.samples % members.batch_size : 0;

/** Every sample once, apart from what `drop` leaves out. */
function isExact(delivered: readonly number[], plan: Plan, training: Training): boolean {
  const expected = plan.samples - droppedBy(plan, training);
  return delivered.length === expected && new Set(delivered).size === expected;
}

test("over HTTP too, an epoch delivers every sample once, for any batch, tail and world size that changes at each resume", async () => {
  await fc.assert(
    fc.asyncProperty(TRAININGS, async (training) => {
      const plan = await project.makePlan(training.members);
      const delivered = await train(plan, training, overHttp);
      expect(isExact(delivered, plan, training)).toBe(true);
      expect(
        await project.read(`/plans/${plan.plan_id}/audit?epoch=${training.epoch}`),
      ).toMatchObject({
        samples: plan.samples,
        delivered: delivered.length,
        missing: droppedBy(plan, training),
        repeated: 0,
      });
    }),
    { numRuns: 80 },
  );
});

/** Ranks that ask for something else than what is theirs. */
const BROKEN: Readonly<Record<string, ReadSlice>> = {
  "the last rank gets nothing": async (plan, epoch, step, rank, size) => {
    const slice = await overHttp(plan, epoch, step, rank, size);
    const none = { count: 0, ordinals: [], columns: { sample_id: [] }, mask: [] };
    return rank === size - 1 ? { ...slice, ...none } : slice;
  },
  "two ranks get the same": (plan, epoch, step, rank, size) =>
    overHttp(plan, epoch, step, Math.min(rank, Math.max(0, size - 2)), size),
  "ranks do not agree on the world size": (plan, epoch, step, rank, size) =>
    overHttp(plan, epoch, step, rank, rank > 0 ? size + 1 : size),
  "a step is read of another epoch": (plan, epoch, step, rank, size) =>
    overHttp(plan, step === 1 ? epoch + 1 : epoch, step, rank, size),
  "a resume repeats a step": (plan, epoch, step, rank, size) =>
    overHttp(plan, epoch, Math.max(0, step - 1), rank, size),
};

test.each(Object.entries(BROKEN))("the same check finds that %s", async (_what, readSlice) => {
  for (const training of fc.sample(TRAININGS, { numRuns: 50, seed: 1 })) {
    const plan = await project.makePlan(training.members);
    if (!isExact(await train(plan, training, readSlice), plan, training)) return;
  }
  expect.fail("no training found it");
});

test("a sample that has gone from under a version is never passed over", async () => {
  const own = await dataProject();
  await own.makeVersion({ version: 1, prefix: "s", segments: [50] });
  const made = await own.send("POST", "/plans", { dataset: "samples", batch_size: 10 });
  const plan = JSON.parse(made.text) as Plan;
  await using superuser = openSuperuser();
  await superuser`
    delete from data.sample_metadata where dataset_id = ${own.datasetId} and position = 17`;
  const statuses: number[] = [];
  for (let step = 0; step < plan.steps; step += 1)
    statuses.push((await own.send("GET", stepPath(plan, 0, step))).status);
  expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 200, 200, 200, 500]);
});

test("a reader goes on anywhere with one request, which is one statement", async () => {
  // Of its own: nobody else's statements are counted.
  await using instance = await startDataLoader();
  const own = await dataProject();
  const segments = Array.from({ length: 20 }, () => 5_000);
  await own.makeVersion({ version: 1, prefix: "s", segments });
  const made = await own.send("POST", "/plans", { dataset: "samples", batch_size: 64 });
  const plan = JSON.parse(made.text) as Plan;
  const readStep = async (path: string): Promise<number> =>
    (await own.send("GET", path, undefined, { origin: instance.url })).status;
  // The key, the plan and the layout are known from here on.
  expect(await readStep(stepPath(plan, 0, 0))).toBe(200);
  for (const [epoch, step, rank, size] of [
    [0, plan.steps - 1, 0, 1],
    [2_147_483_647, 781, 2, 3],
    [7, 1_234, 6, 7],
  ] as const) {
    const before = await sampleStatements(instance.internalUrl);
    expect(await readStep(stepPath(plan, epoch, step, rank, size))).toBe(200);
    expect((await sampleStatements(instance.internalUrl)) - before).toBe(1);
  }
});
