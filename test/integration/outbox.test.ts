import { readStack } from "@sluice/testing";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { openSuperuser } from "./open-database.ts";
import { type Claim, type TrainingProject, trainingProject } from "./training-project.ts";
import { until } from "./until.ts";

const RETRY = {
  max_attempts: 3,
  retry_policy: { initial_delay_seconds: 0.5, factor: 1, max_delay_seconds: 1, jitter: 0 },
};

async function fail(own: TrainingProject, { id, fence }: Claim): Promise<void> {
  const { status } = await own.send("PUT", `/jobs/${id}/status`, { ...fence, status: "failed" });
  expect(status).toBe(200);
}

async function jobOf(own: TrainingProject, id: string) {
  return (await own.send("GET", `/jobs/${id}`)).json();
}

/** Rows of the outbox that belong to the job. */
async function rowsOf(id: string): Promise<number> {
  await using superuser = openSuperuser();
  const [row] = await superuser<{ rows: number }[]>`
    select count(*)::int4 as rows from training.outbox where job_id = ${id}`;
  return row!.rows;
}

test("a failed job is pending again after its pause, until its attempts are used up", async () => {
  const own = await trainingProject();
  const { id } = await own.createJob(RETRY);
  for (const attempt of [1, 2, 3]) {
    const claim = await own.claim();
    expect(claim.fence.attempt).toBe(attempt);
    await fail(own, claim);
    const failed = await jobOf(own, id);
    if (attempt === 3) {
      expect(failed).toMatchObject({ status: "failed", attempt: 3, retry_at: null });
      break;
    }
    expect(failed["retry_at"] !== null || failed.status === "pending").toBe(true);
    await until("it is pending", async () => (await jobOf(own, id)).status === "pending", 30_000);
    const pending = await jobOf(own, id);
    expect(pending).toMatchObject({ reason: "retry_due", attempt });
    expect(String(pending["updated_at"]) >= String(failed["retry_at"])).toBe(true);
  }
  await until("nothing is left to do", async () => (await rowsOf(id)) === 0);
});

test("a job that is cancelled while it waits stays cancelled", async () => {
  const own = await trainingProject();
  const { id } = await own.createJob({ ...RETRY });
  await fail(own, await own.claim());
  expect((await own.send("POST", `/jobs/${id}/cancel`)).json().status).toBe("cancelled");
  await until("its retry was looked at", async () => (await rowsOf(id)) === 0, 30_000);
  expect(await jobOf(own, id)).toMatchObject({ status: "cancelled", attempt: 1 });
});

test("what waits long is not in Redis, and nothing that is done stays there", async () => {
  const own = await trainingProject();
  await own.createJob({
    ...RETRY,
    retry_policy: { initial_delay_seconds: 3_600, max_delay_seconds: 3_600, jitter: 0 },
  });
  const late = await own.claim();
  await fail(own, late);
  await own.createJob(RETRY);
  const soon = await own.claim();
  await fail(own, soon);
  await until("the soon one", async () => (await jobOf(own, soon.id)).status === "pending", 30_000);
  expect(await rowsOf(late.id)).toBe(1);
  await using superuser = openSuperuser();
  const rows = await superuser<{ outbox_id: string; relayed_at: Date | null }[]>`
    select outbox_id, relayed_at from training.outbox where job_id = ${late.id}`;
  expect(rows[0]!.relayed_at).toBeNull();
  const redis = new Redis(readStack().redis.url);
  try {
    const exists = () => redis.keys(`sluice:training-*:${rows[0]!.outbox_id}`);
    expect(await exists()).toEqual([]);
    await until(
      "no failed set",
      async () => (await redis.exists("sluice:training-retry:failed")) === 0,
    );
    expect(await redis.exists("sluice:training-retry:completed")).toBe(0);
  } finally {
    redis.disconnect();
  }
});
