import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type DataProject, dataProject } from "./data-project.ts";
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

test("over HTTP too, an epoch delivers every sample once, for any batch, tail and world size that changes at a resume", async () => {
  const size = fc.integer({ min: 1, max: 120 });
  const world = fc.integer({ min: 1, max: 7 });
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        version: fc.integer({ min: 1, max: SIZES.length }),
        seed: fc.nat(),
        shuffle: fc.constantFrom("full", "block", "none"),
        block_size: size,
        batch_size: size,
        tail: fc.constantFrom("short", "pad_masked", "drop"),
      }),
      fc.nat({ max: 3 }),
      fc.tuple(world, world, world),
      fc.tuple(fc.nat(), fc.nat()),
      async (members, epoch, worlds, kills) => {
        const plan = await makePlan(members);
        const [first, second] = kills
          .map((kill) => kill % (plan.steps + 1))
          .toSorted((a, b) => a - b);
        const delivered: number[] = [];
        for (let step = 0; step < plan.steps; step += 1) {
          const size = worlds[Number(step >= first!) + Number(step >= second!)]!;
          const slices = await Promise.all(
            Array.from({ length: size }, (_, rank) =>
              read<Slice>(stepPath(plan, epoch, step, rank, size)),
            ),
          );
          for (const { ordinals, columns, mask, count } of slices) {
            expect([ordinals.length, columns.sample_id.length]).toEqual([count, count]);
            expect(columns.sample_id).toEqual(
              ordinals.map((n) => `s${String(n).padStart(9, "0")}`),
            );
            delivered.push(...ordinals.filter((_, index) => mask?.[index] !== false));
          }
        }
        const dropped = members.tail === "drop" ? plan.samples % members.batch_size : 0;
        expect(delivered).toHaveLength(plan.samples - dropped);
        expect(new Set(delivered).size).toBe(delivered.length);
        expect(await read(`/plans/${plan.plan_id}/audit?epoch=${epoch}`)).toMatchObject({
          samples: plan.samples,
          delivered: delivered.length,
          missing: dropped,
          repeated: 0,
        });
      },
    ),
    { numRuns: 40 },
  );
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
