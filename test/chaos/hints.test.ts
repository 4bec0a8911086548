import { readStack } from "@sluice/testing";
import { expect, test } from "vitest";
import { openEvents } from "../integration/event-source.ts";
import { startTrainingInstance } from "../integration/training-instance.ts";
import { trainingProject } from "../integration/training-project.ts";
import { until } from "../integration/until.ts";
import { killServer } from "./faults/kill.ts";
import { serviceMetric } from "./service-metrics.ts";

test("Redis stopped: a waiting claim gets a job of another instance, and a stream tells of it", async () => {
  await using other = await startTrainingInstance();
  const project = await trainingProject();
  const { redis } = readStack();
  process.kill(redis.pid, "SIGSTOP");
  try {
    const answer = project.send(
      "POST",
      "/jobs:claim?wait_seconds=60",
      { queues: ["default"] },
      { origin: other.url },
    );
    await until("the claim waits", async () => (await other.metric("claim_waiters")) === 1);
    const { id } = await project.createJob({ queue: "elsewhere" });
    const events = `${other.url}/v1/projects/${project.project}/jobs/${id}/events`;
    const stream = await openEvents(events, project.key);
    const created = await project.createJob();
    expect((await answer).json().job.id).toBe(created.id);
    await project.send("POST", `/jobs/${id}/cancel`);
    await stream.ended;
    expect(stream.events.map(({ to }) => to)).toEqual(["pending", "cancelled"]);
    await until(
      "what was not published is known",
      async () => (await serviceMetric("training-manager", "job_hints_unpublished_total")) > 0,
    );
  } finally {
    process.kill(redis.pid, "SIGCONT");
  }
});

test("Redis killed: instances hear each other again once it is back", async () => {
  await using other = await startTrainingInstance();
  const { pid } = readStack().redis;
  process.kill(pid, "SIGKILL");
  await until("it is missed", async () => (await other.metric("job_hints_heard")) === 0);
  await until("Redis has a new process", () => readStack().redis.pid !== pid, 30_000);
  await until("it is heard again", async () => (await other.metric("job_hints_heard")) === 1);
  const project = await trainingProject();
  const answer = project.send("POST", "/jobs:claim?wait_seconds=60", {}, { origin: other.url });
  await until("the claim waits", async () => (await other.metric("claim_waiters")) === 1);
  const { id } = await project.createJob();
  expect((await answer).json().job.id).toBe(id);
});

test.each(["postgres", "pgbouncer"] as const)(
  "%s killed: streams stay and miss nothing",
  async (server) => {
    const project = await trainingProject();
    const { id } = await project.createJob();
    const { url } = readStack().services["training-manager"]!;
    const events = `${url}/v1/projects/${project.project}/jobs/${id}/events`;
    const streams = await Promise.all(
      Array.from({ length: 10 }, () => openEvents(events, project.key)),
    );
    await until("all follow", () => streams.every((stream) => stream.events.length === 1));
    await killServer(server);
    await until(
      "the service is back",
      async () => (await project.send("POST", `/jobs/${id}/cancel`)).status === 200,
      30_000,
    );
    await Promise.all(streams.map(({ ended }) => ended));
    for (const stream of streams) {
      expect(stream.events.map(({ to }) => to)).toEqual(["pending", "cancelled"]);
    }
  },
);
