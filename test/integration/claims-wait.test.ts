import { readStack } from "@sluice/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openEvents } from "./event-source.ts";
import type { ServiceInstance } from "./service-instance.ts";
import { startTrainingInstance } from "./training-instance.ts";
import { type TrainingProject, trainingProject } from "./training-project.ts";
import { until } from "./until.ts";

let other: ServiceInstance;

beforeAll(async () => {
  other = await startTrainingInstance();
});
afterAll(() => other[Symbol.asyncDispose]());

interface Waiting {
  readonly seconds?: number;
  readonly path?: string;
  readonly body?: object;
  readonly origin?: string;
  readonly signal?: AbortSignal;
}

/** A claim that waits on the other instance. */
function claim(project: TrainingProject, options: Waiting = {}) {
  const { seconds = 60, path = "/jobs:claim", body = {}, origin = other.url } = options;
  const { signal = new AbortController().signal } = options;
  return project.send("POST", `${path}?wait_seconds=${seconds}`, body, { origin, signal });
}

const waiting = (count: number, where = other): Promise<void> =>
  until(`${count} claims wait`, async () => (await where.metric("claim_waiters")) === count);

test.each(["/jobs:claim", "/v1/jobs:claim"])(
  "%s waits for a job that is created on another instance",
  async (path) => {
    const project = await trainingProject();
    const answer = claim(project, { path });
    await waiting(1);
    const { id } = await project.createJob();
    const { status, json } = await answer;
    expect([status, json().job.id, json().job.status]).toEqual([200, id, "running"]);
  },
);

test("nothing comes in the time: 204", async () => {
  const project = await trainingProject();
  expect((await claim(project, { seconds: 0.3 })).status).toBe(204);
  await waiting(0);
});

test.each(["-1", "60.5", "x"])("wait_seconds=%s is refused", async (seconds) => {
  const project = await trainingProject();
  const { status, json } = await project.send("POST", `/jobs:claim?wait_seconds=${seconds}`, {});
  expect([status, json().errors[0]?.path]).toEqual([422, "query/wait_seconds"]);
});

test("those who wait are served in order of arrival", async () => {
  const project = await trainingProject();
  const answers = [];
  for (let index = 0; index < 5; index++) {
    answers.push(claim(project, { body: { claimed_by: `trainer-${index}` } }));
    await waiting(index + 1);
  }
  const ids: string[] = [];
  for (let index = 0; index < 5; index++) ids.push((await project.createJob()).id);
  const jobs = (await Promise.all(answers)).map(({ json }) => json().job);
  expect(jobs.map(({ id, claimed_by }) => [id, claimed_by])).toEqual(
    ids.map((id, index) => [id, `trainer-${index}`]),
  );
});

test("a hundred that wait on two instances: each of 60 jobs goes to one of them", async () => {
  const project = await trainingProject();
  const leaver = new AbortController();
  const answers = Array.from({ length: 100 }, (_, index) =>
    claim(project, {
      signal: leaver.signal,
      ...(index % 2 === 0 ? {} : { origin: readStack().services["training-manager"]!.url }),
    }).then(
      ({ json }) => json().job.id,
      () => undefined,
    ),
  );
  await waiting(50);
  const created: string[] = [];
  for (let index = 0; index < 60; index++) created.push((await project.createJob()).id);
  await until("all are taken", async () => {
    const { items } = (await project.send("GET", "/jobs?status=pending")).json();
    return items.length === 0;
  });
  leaver.abort();
  const taken = (await Promise.all(answers)).filter((id) => id !== undefined);
  expect(taken.toSorted()).toEqual(created.toSorted());
  await waiting(0);
});

test("a claim whose client has left takes no job", async () => {
  const project = await trainingProject();
  const leaver = new AbortController();
  const left = claim(project, { signal: leaver.signal });
  await waiting(1);
  leaver.abort();
  await expect(left).rejects.toThrow();
  await waiting(0);
  const { id } = await project.createJob();
  const { status, json } = await claim(project, { seconds: 0 });
  expect([status, json().job.id, json().attempt]).toEqual([200, id, 1]);
});

test("a claim waits for its queues only", async () => {
  const project = await trainingProject();
  const answer = claim(project, { body: { queues: ["gpu", "tpu"] } });
  await waiting(1);
  await project.createJob({ queue: "cpu" });
  const { id } = await project.createJob({ queue: "tpu" });
  expect((await answer).json().job.id).toBe(id);
});

test("SIGTERM: claims that wait get 204, streams end, and the instance ends in order", async () => {
  const project = await trainingProject();
  const { id } = await project.createJob({ queue: "elsewhere" });
  const instance = await startTrainingInstance();
  const events = `${instance.url}/v1/projects/${project.project}/jobs/${id}/events`;
  const streams = await Promise.all(
    Array.from({ length: 20 }, () => openEvents(events, project.key)),
  );
  const claims = Array.from({ length: 20 }, () =>
    claim(project, { origin: instance.url, body: { queues: ["default"] } }),
  );
  await waiting(20, instance);
  await until("all follow", () => streams.every((stream) => stream.events.length === 1));
  // What does not end by itself is cut off after the time that requests may take, which is not 0.
  expect(await instance.terminate()).toBe(0);
  await Promise.all(streams.map(({ ended }) => ended));
  expect((await Promise.all(claims)).map(({ status }) => status)).toEqual(claims.map(() => 204));
});
