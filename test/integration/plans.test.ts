import { createHash } from "node:crypto";
import { readStack } from "@sluice/testing";
import { RecordBatchReader } from "apache-arrow";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type DataProject, dataProject } from "./data-project.ts";
import { openSuperuser } from "./open-database.ts";
import { type ServiceInstance, startDataLoader } from "./service-instance.ts";
import { until } from "./until.ts";

/** The members of answers that these tests look at. */
interface Slice {
  readonly step: number;
  readonly count: number;
  readonly ordinals: readonly number[];
  readonly columns: { readonly sample_id: readonly string[] };
  readonly mask?: readonly boolean[];
}
interface Plan {
  readonly plan_id: string;
  readonly steps: number;
  readonly samples: number;
  readonly fingerprint: string;
}

/** By version: one segment, several, and a single sample. */
const SIZES: readonly (readonly number[])[] = [[97], [40, 1, 60], [1]];

let project: DataProject;

beforeAll(async () => {
  project = await dataProject();
  for (const [index, segments] of SIZES.entries())
    await project.makeVersion({ version: index + 1, prefix: "s", segments });
});

async function read<T>(path: string): Promise<T> {
  const { status, text } = await project.send("GET", path);
  if (status !== 200) throw new Error(`${path} answered ${status}: ${text}`);
  return JSON.parse(text) as T;
}

async function makePlan(members: object): Promise<Plan> {
  const { status, text } = await project.send("POST", "/plans", { dataset: "samples", ...members });
  if (status !== 200) throw new Error(text);
  return JSON.parse(text) as Plan;
}

function stepPath(plan: Plan, epoch: number, step: number | string, rank = 0, world = 1): string {
  return `/plans/${plan.plan_id}/epochs/${epoch}/steps/${step}?rank=${rank}&world_size=${world}`;
}

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

/** At most 16 steps, so that hundreds of epochs are read in seconds; batches of any size up to beyond the version. */
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

const overHttp: ReadSlice = (plan, ...address) => read<Slice>(stepPath(plan, ...address));

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
      const plan = await makePlan(training.members);
      const delivered = await train(plan, training, overHttp);
      expect(isExact(delivered, plan, training)).toBe(true);
      expect(await read(`/plans/${plan.plan_id}/audit?epoch=${training.epoch}`)).toMatchObject({
        samples: plan.samples,
        delivered: delivered.length,
        missing: droppedBy(plan, training),
        repeated: 0,
      });
    }),
    { numRuns: 250 },
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
    const plan = await makePlan(training.members);
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

/** Statements about samples that an instance has run; it looks after keys and operations by itself. */
async function statements({ internalUrl }: ServiceInstance): Promise<number> {
  const response = await fetch(`${internalUrl}/metrics`);
  const lines = (await response.text())
    .split("\n")
    .filter((line) => line.startsWith("db_client_operation_duration_seconds_count{"))
    .filter((line) => line.includes('pool="sample"') && line.includes('operation="data.'));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

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
    const before = await statements(instance);
    expect(await readStep(stepPath(plan, epoch, step, rank, size))).toBe(200);
    expect((await statements(instance)) - before).toBe(1);
  }
});

interface End {
  readonly count: number;
  readonly sha256: string;
}

test.each(["identity", "gzip", "zstd"])("a step comes as rows too (%s)", async (coding) => {
  const plan = await makePlan({ version: 2, seed: 9, batch_size: 40, tail: "pad_masked" });
  const path = stepPath(plan, 1, "0-2", 1, 2);
  const { slices } = await read<{ slices: Slice[] }>(path);
  const rowsOf = ({ step, ordinals, columns, mask }: Slice) =>
    ordinals.map((ordinal, index) => ({
      step,
      ordinal,
      mask: mask![index],
      sample_id: columns.sample_id[index],
    }));
  const expected = slices.flatMap(rowsOf);
  const headers = { accept: "application/x-ndjson", "accept-encoding": coding };
  const answer = await project.send("GET", path, undefined, { headers });
  expect(answer.headers.get("content-type")).toBe("application/x-ndjson");
  expect(answer.headers.get("content-encoding")).toBe(coding === "identity" ? null : coding);
  const lines = answer.text.trimEnd().split("\n");
  const { _end: end } = JSON.parse(lines.pop()!) as { _end: End };
  const sha256 = createHash("sha256")
    .update(`${lines.join("\n")}\n`)
    .digest("hex");
  expect(end).toEqual({
    count: 60,
    sha256,
    plan_id: plan.plan_id,
    epoch: 1,
    rank: 1,
    world_size: 2,
  });
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject(expected);
});

test("a step comes as an Arrow stream, a batch each", async () => {
  const plan = await makePlan({ version: 2, seed: 9, batch_size: 40 });
  const path = stepPath(plan, 1, "1-2");
  const { slices } = await read<{ slices: Slice[] }>(path);
  const { url } = readStack().services["data-loader"]!;
  const accept = "application/vnd.apache.arrow.stream";
  const headers = { authorization: `Bearer ${project.key}`, accept };
  const response = await fetch(`${url}/v1/projects/${project.project}${path}`, { headers });
  expect(response.headers.get("content-type")).toBe(accept);
  const batches = [...RecordBatchReader.from(await response.bytes())];
  expect(batches.map(({ numRows }) => numRows)).toEqual([...slices.map(({ count }) => count), 0]);
  for (const [index, { step, ordinals, columns }] of slices.entries()) {
    const column = (name: string): unknown[] => [...(batches[index]!.getChild(name) ?? [])];
    expect(column("step")).toEqual(ordinals.map(() => BigInt(step)));
    expect(column("ordinal")).toEqual(ordinals.map(BigInt));
    expect(column("sample_id")).toEqual(columns.sample_id);
  }
  const end = JSON.parse(batches.at(-1)!.metadata.get("_end")!) as object;
  expect(end).toMatchObject({ plan_id: plan.plan_id, epoch: 1 });
});

test("an answer is as large as its columns may be, and no larger", async () => {
  const own = await dataProject();
  await own.makeVersion({ version: 1, prefix: "s", segments: [60] });
  await using superuser = openSuperuser();
  // 60 mebibytes of attributes; as stored they take a few kilobytes each.
  await superuser`
    update data.sample_metadata set attributes = jsonb_build_object('text', repeat('x', 1048000))
    where dataset_id = ${own.datasetId}`;
  const plan = async (batch: number): Promise<Plan> => {
    const columns = ["sample_id", "attributes"];
    const members = { dataset: "samples", batch_size: batch, columns };
    return JSON.parse((await own.send("POST", "/plans", members)).text) as Plan;
  };
  const refused = await own.send("GET", stepPath(await plan(40), 0, 0));
  expect([refused.status, refused.json().code]).toEqual([422, "TOO_MANY_ROWS"]);
  expect((await own.send("GET", stepPath(await plan(20), 0, 0))).status).toBe(200);
  const sample_ids = Array.from({ length: 40 }, (_, n) => `s${String(n).padStart(9, "0")}`);
  const lookUp = (ids: readonly string[], columns: readonly string[]) =>
    own.send("POST", "/datasets/samples/samples:lookup", { version: 1, sample_ids: ids, columns });
  expect((await lookUp(sample_ids, ["attributes"])).json().code).toBe("TOO_MANY_ROWS");
  expect((await lookUp(sample_ids, ["sample_id", "uri"])).status).toBe(200);
  expect((await lookUp(sample_ids.slice(0, 10), ["attributes"])).status).toBe(200);
  // Pages are shorter, and none is lost.
  const found: unknown[] = [];
  for (let cursor = ""; ;) {
    const path = `/datasets/samples/versions/1/samples?limit=100&columns=sample_id,attributes${cursor}`;
    const { text } = await own.send("GET", path);
    expect(text.length).toBeLessThan(33 * 1024 * 1024);
    const page = JSON.parse(text) as { columns: Slice["columns"]; next_cursor: string | null };
    found.push(...page.columns.sample_id);
    if (page.next_cursor === null) break;
    cursor = `&cursor=${page.next_cursor}`;
  }
  expect(found).toEqual(Array.from({ length: 60 }, (_, n) => `s${String(n).padStart(9, "0")}`));
});

describe("a plan", () => {
  test("is the same for the same request, and another for any other", async () => {
    const members = { version: 1, seed: "9223372036854775807", batch_size: 10 };
    const body = JSON.stringify({ dataset: "samples", ...members }).replace(
      /"(9223372036854775807)"/,
      "$1",
    );
    const send = () => project.send("POST", "/plans", body);
    const [first, again] = [await send(), await send()];
    expect([first.status, first.text]).toEqual([200, again.text]);
    expect(first.text).toContain(`"seed":9223372036854775807`);
    const plan = JSON.parse(first.text) as Plan;
    expect(await read(`/plans/${plan.plan_id}`)).toMatchObject({
      plan_id: plan.plan_id,
      steps: 10,
    });
    const others = [
      { seed: 1 },
      { shuffle: "none" },
      { batch_size: 11 },
      { tail: "drop" },
      { version: 2 },
    ];
    const ids = await Promise.all(
      others.map(
        async (other) => (await makePlan({ version: 1, batch_size: 10, ...other })).plan_id,
      ),
    );
    expect(new Set([plan.plan_id, ...ids]).size).toBe(others.length + 1);
  });

  test("tells when a sample comes, and several steps in one call", async () => {
    const plan = await makePlan({ version: 2, seed: 3, batch_size: 7 });
    const { slices } = await read<{ slices: Slice[] }>(stepPath(plan, 1, "2-5"));
    expect(slices.map(({ step }) => step)).toEqual([2, 3, 4, 5]);
    for (const { step, columns, ordinals } of slices) {
      const path = `/plans/${plan.plan_id}/epochs/1/locate?sample_id=${columns.sample_id[0]}`;
      expect(await read(path)).toEqual({ ordinal: ordinals[0], position: step * 7, step });
    }
  });

  test("answers for good: a client that has an answer is told that it is still right", async () => {
    const plan = await makePlan({ version: 1, batch_size: 10 });
    const first = await project.send("GET", stepPath(plan, 0, 3, 1, 2));
    expect(first.headers.get("cache-control")).toContain("immutable");
    const etag = first.headers.get("etag")!;
    const options = { headers: { "if-none-match": etag } };
    expect((await project.send("GET", stepPath(plan, 0, 3, 1, 2), undefined, options)).status).toBe(
      304,
    );
    expect((await project.send("GET", stepPath(plan, 0, 4, 1, 2), undefined, options)).status).toBe(
      200,
    );
  });

  test.each([
    ["steps/10", 404, "STEP_OUT_OF_RANGE"],
    ["steps/8-10", 404, "STEP_OUT_OF_RANGE"],
    ["steps/3-2", 422, "VALIDATION_FAILED"],
    ["steps/x", 422, "VALIDATION_FAILED"],
    ["steps/0?rank=2&world_size=2", 422, "VALIDATION_FAILED"],
    ["steps/0?world_size=0", 422, "VALIDATION_FAILED"],
    ["steps/0?fingerprint=other", 409, "FINGERPRINT_MISMATCH"],
    ["locate?sample_id=nobody", 404, "SAMPLE_NOT_FOUND"],
  ])("refuses %s with %i", async (path, status, code) => {
    const plan = await makePlan({ version: 1, batch_size: 10 });
    const answer = await project.send("GET", `/plans/${plan.plan_id}/epochs/0/${path}`);
    expect([answer.status, answer.json().code]).toEqual([status, code]);
  });

  test("says what changed when the reader began with other data", async () => {
    const [one, two] = [
      await makePlan({ version: 1, batch_size: 10 }),
      await makePlan({ version: 2, batch_size: 10 }),
    ];
    const answer = await project.send(
      "GET",
      `${stepPath(two, 0, 0)}&fingerprint=${one.fingerprint}`,
    );
    expect(JSON.parse(answer.text)).toMatchObject({
      code: "FINGERPRINT_MISMATCH",
      expected: one.fingerprint,
      actual: two.fingerprint,
      changed: ["version"],
    });
    expect(
      (await project.send("GET", `${stepPath(two, 0, 0)}&fingerprint=${two.fingerprint}`)).status,
    ).toBe(200);
  });

  test.each([
    [{ batch_size: 0 }, 422],
    [{}, 422],
    [{ batch_size: 1, seed: -1 }, 422],
    [{ batch_size: 1, shuffle: "random" }, 422],
    [{ batch_size: 1, columns: ["secret"] }, 422],
    [{ batch_size: 1, version: 99 }, 404],
    [{ batch_size: 1, dataset: "nothing" }, 404],
  ])("cannot be made of %j", async (members, status) => {
    const body = { dataset: "samples", ...members };
    expect((await project.send("POST", "/plans", body)).status).toBe(status);
  });

  test("of another project is not there, and one of a deleted version is gone", async () => {
    const other = await dataProject();
    await other.makeVersion({ version: 1, prefix: "s", segments: [5] });
    const plan = await makePlan({ version: 1, batch_size: 10 });
    const foreign = await other.send("GET", stepPath(plan, 0, 0));
    expect([foreign.status, foreign.json().code]).toEqual([404, "PLAN_NOT_FOUND"]);
    const made = await other.send("POST", "/plans", { dataset: "samples", batch_size: 2 });
    const own = JSON.parse(made.text) as Plan;
    expect((await other.send("GET", stepPath(own, 0, 0))).status).toBe(200);
    expect((await other.send("DELETE", `${other.dataset}/versions/1`)).status).toBe(202);
    await until(
      "it is gone",
      async () => (await other.send("GET", stepPath(own, 0, 0))).status === 410,
    );
    expect((await other.send("GET", stepPath(own, 0, 0))).json().code).toBe("VERSION_DELETED");
  });
});
