import { beforeAll, describe, expect, test } from "vitest";
import { dataProject } from "./data-project.ts";
import { type Plan, type PlanProject, planProject, type Slice, stepPath } from "./plan-project.ts";
import { until } from "./until.ts";

let project: PlanProject;

beforeAll(async () => {
  project = await planProject();
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
    expect(await project.read(`/plans/${plan.plan_id}`)).toMatchObject({
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
        async (other) => (await project.makePlan({ version: 1, batch_size: 10, ...other })).plan_id,
      ),
    );
    expect(new Set([plan.plan_id, ...ids]).size).toBe(others.length + 1);
  });

  test("tells when a sample comes, and several steps in one call", async () => {
    const plan = await project.makePlan({ version: 2, seed: 3, batch_size: 7 });
    const { slices } = await project.read<{ slices: Slice[] }>(stepPath(plan, 1, "2-5"));
    expect(slices.map(({ step }) => step)).toEqual([2, 3, 4, 5]);
    for (const { step, columns, ordinals } of slices) {
      const path = `/plans/${plan.plan_id}/epochs/1/locate?sample_id=${columns.sample_id[0]}`;
      expect(await project.read(path)).toEqual({ ordinal: ordinals[0], position: step * 7, step });
    }
  });

  test("answers for good: a client that has an answer is told that it is still right", async () => {
    const plan = await project.makePlan({ version: 1, batch_size: 10 });
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
    const plan = await project.makePlan({ version: 1, batch_size: 10 });
    const answer = await project.send("GET", `/plans/${plan.plan_id}/epochs/0/${path}`);
    expect([answer.status, answer.json().code]).toEqual([status, code]);
  });

  test("says what changed when the reader began with other data", async () => {
    const [one, two] = [
      await project.makePlan({ version: 1, batch_size: 10 }),
      await project.makePlan({ version: 2, batch_size: 10 }),
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
    const plan = await project.makePlan({ version: 1, batch_size: 10 });
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
