import { beforeAll, expect, test } from "vitest";
import { serviceMetric } from "../chaos/service-metrics.ts";
import { type Claim, type Job, type TrainingProject, trainingProject } from "./training-project.ts";
import { until } from "./until.ts";

let project: TrainingProject;

beforeAll(async () => {
  project = await trainingProject();
});

async function running(members: object = {}): Promise<Claim> {
  await project.createJob({ world_size: 2, heartbeat_timeout_seconds: 1, ...members });
  return project.claim();
}

const beat = ({ id, fence }: Claim, ranks: readonly number[]) =>
  project.send("POST", `/jobs/${id}/heartbeats`, {
    ...fence,
    beats: ranks.map((rank) => ({ rank })),
  });

const read = async ({ id }: Pick<Claim, "id">): Promise<Job> =>
  (await project.send("GET", `/jobs/${id}`)).json();

test("a rank that falls silent costs its job the attempt, while those that beat go on", async () => {
  const [lost, alive] = [await running({ max_attempts: 2 }), await running()];
  const abandoned = await running();
  await beat(lost, [0, 1]);
  const lostBefore = await serviceMetric("training-manager", "jobs_lost_total");
  const codes = new Set<string>();
  await until(
    "rank 1 and the abandoned claim are found",
    async () => {
      expect((await beat(alive, [0, 1])).status).toBe(200);
      const answer = await beat(lost, [0]);
      codes.add(answer.status === 200 ? "taken" : answer.json().code);
      const jobs = await Promise.all([lost, abandoned].map(read));
      return jobs.every(({ reason }) => reason !== "claimed");
    },
    30_000,
  );
  expect(await read(lost)).toMatchObject({
    reason: "lost",
    message: expect.stringMatching(/^rank 1 sent no heartbeat for \d+ s$/) as unknown,
  });
  expect(await read(abandoned)).toMatchObject({
    status: "failed",
    reason: "lost",
    message: expect.stringContaining("since the claim") as unknown,
  });
  expect((await read(alive)).status).toBe("running");
  const late = await beat(lost, [0]);
  expect([late.status, late.json().code]).toEqual([409, "STALE_ATTEMPT"]);
  for (const code of codes) expect(["taken", "STALE_ATTEMPT"]).toContain(code);
  expect(await serviceMetric("training-manager", "jobs_lost_total")).toBeGreaterThanOrEqual(
    lostBefore + 2,
  );
  await project.send("PUT", `/jobs/${alive.id}/status`, { ...alive.fence, status: "succeeded" });
});

test("a job that is being cancelled and whose trainer falls silent is cancelled", async () => {
  const claim = await running();
  await beat(claim, [0, 1]);
  await project.send("POST", `/jobs/${claim.id}/cancel`);
  await until("it is cancelled", async () => (await read(claim)).status === "cancelled", 30_000);
  expect((await read(claim)).reason).toBe("lost");
});
