import { readStack } from "@sluice/testing";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type EventSource, openEvents, type TransitionEvent } from "./event-source.ts";
import type { ServiceInstance } from "./service-instance.ts";
import { startTrainingInstance } from "./training-instance.ts";
import { type TrainingProject, trainingProject } from "./training-project.ts";
import { until } from "./until.ts";

let own: TrainingProject;
let other: ServiceInstance;

beforeAll(async () => {
  own = await trainingProject();
  other = await startTrainingInstance();
});
afterAll(() => other[Symbol.asyncDispose]());

interface Opening {
  readonly query?: string;
  readonly lastEventId?: string;
  readonly origin?: string;
  readonly project?: TrainingProject;
}

async function follow(id: string, options: Opening = {}): Promise<EventSource> {
  const { query = "", lastEventId, origin = other.url, project = own } = options;
  const url = `${origin}/v1/projects/${project.project}/jobs/${id}/events${query}`;
  const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
  const source = await openEvents(url, project.key, headers);
  onTestFinished(() => source.leave());
  return source;
}

/** A job that was created, claimed and ended by its trainer: three transitions. */
async function endedJob(status = "succeeded"): Promise<string> {
  const project = await trainingProject();
  const { id } = await project.createJob();
  const { fence } = await project.claim();
  const body = { ...fence, status, message: "loss 0.12" };
  expect((await project.send("PUT", `/jobs/${id}/status`, body)).status).toBe(200);
  own = project;
  return id;
}

/** So many requests at once may be overload; it is answered by repeating. */
async function untilTaken(send: () => Promise<{ readonly status: number }>): Promise<void> {
  await until("it is taken", async () => (await send()).status !== 503);
}

const path = (events: readonly TransitionEvent[]) =>
  events.map(({ sequence, from, to, reason }) => [sequence, from, to, reason]);

const THREE = [
  [1, null, "pending", "created"],
  [2, "pending", "running", "claimed"],
  [3, "running", "succeeded", "succeeded"],
];

test("the list has every transition, the oldest first, in pages", async () => {
  const id = await endedJob();
  const list = async (query: string) => {
    const { status, json } = await own.send("GET", `/jobs/${id}/events${query}`);
    expect(status).toBe(200);
    const { items, next_cursor } = json();
    return { items: items as unknown as TransitionEvent[], next_cursor };
  };
  const all = await list("");
  expect(path(all.items)).toEqual(THREE);
  expect(all.next_cursor).toBeNull();
  expect(all.items[2]).toEqual({
    sequence: 3,
    job_id: id,
    attempt: 1,
    from: "running",
    to: "succeeded",
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
    reason: "succeeded",
    message: "loss 0.12",
  });
  const first = await list("?limit=2");
  const second = await list(`?limit=2&cursor=${first.next_cursor}`);
  expect([...first.items, ...second.items]).toEqual(all.items);
  expect(second.next_cursor).toBeNull();
});

test("a stream of an ended job is its history and an end", async () => {
  const id = await endedJob();
  const source = await follow(id);
  await source.ended;
  expect(source.status).toBe(200);
  expect(source.headers.get("content-type")).toBe("text/event-stream");
  expect(source.headers.get("cache-control")).toBe("no-store");
  expect(path(source.events)).toEqual(THREE);
});

test("whoever comes back gets exactly what is missing, and 204 when nothing can follow", async () => {
  const id = await endedJob();
  for (const last of [0, 1, 2]) {
    for (const opening of [
      { lastEventId: String(last) },
      { query: `?last_event_id=${last}` },
      { query: "?last_event_id=0", lastEventId: String(last) },
    ]) {
      const source = await follow(id, opening);
      await source.ended;
      expect(path(source.events)).toEqual(THREE.slice(last));
    }
  }
  for (const lastEventId of ["3", "999999999"]) {
    const source = await follow(id, { lastEventId });
    await source.ended;
    expect([source.status, source.events]).toEqual([204, []]);
  }
});

test.each(["x", "-1", "1.5", "1e3", "9999999999"])(
  "a last event id of %s is refused",
  async (last) => {
    const { id } = await own.createJob();
    const fields = [
      [`/jobs/${id}/events?last_event_id=${last}`, {}, "query/last_event_id"],
      [`/jobs/${id}/events`, { "last-event-id": last }, "headers/last-event-id"],
    ] as const;
    for (const [url, headers, field] of fields) {
      const { status, json } = await own.send("GET", url, undefined, { headers });
      expect([status, json().code, json().errors[0]?.path]).toEqual([
        422,
        "VALIDATION_FAILED",
        field,
      ]);
    }
  },
);

test.each(["application/json", "text/event-stream"])(
  "a job of somebody else is not there: %s",
  async (accept) => {
    const stranger = await trainingProject();
    const { id } = await own.createJob();
    for (const job of [id, "0193a1b2-0000-7000-8000-000000000000", "nonsense"]) {
      const { status, json } = await stranger.send("GET", `/jobs/${job}/events`, undefined, {
        headers: { accept },
      });
      expect([status, json().code]).toEqual([404, "JOB_NOT_FOUND"]);
    }
  },
);

test("what happens on one instance is told by the other, as it happens", async () => {
  const project = await trainingProject();
  const { id } = await project.createJob();
  const source = await follow(id, { project });
  await until("history", () => source.events.length === 1);
  const { fence } = await project.claim();
  await until("the claim", () => source.events.length === 2);
  await project.send("POST", `/jobs/${id}/cancel`);
  await until("the request to cancel", () => source.events.length === 3);
  await project.send("PUT", `/jobs/${id}/status`, { ...fence, status: "cancelled" });
  await source.ended;
  expect(path(source.events)).toEqual([
    [1, null, "pending", "created"],
    [2, "pending", "running", "claimed"],
    [3, "running", "cancelling", "cancel_requested"],
    [4, "cancelling", "cancelled", "cancelled"],
  ]);
});

test("20 writers at once: every stream has every transition once and in order", async () => {
  const project = await trainingProject();
  const jobs: { readonly id: string }[] = [];
  for (let index = 0; index < 40; index++) jobs.push(await project.createJob());
  const origins = [other.url, readStack().services["training-manager"]!.url];
  const sources = await Promise.all(
    jobs.flatMap(({ id }) => origins.map((origin) => follow(id, { project, origin }))),
  );
  let index = 0;
  const writer = async (): Promise<void> => {
    for (let job = index++; job < jobs.length; job = index++) {
      const origin = origins[job % 2]!;
      const claimed = (await project.send("POST", "/jobs:claim", {}, { origin })).json();
      const { id } = claimed.job;
      const { attempt, token } = claimed;
      const end = { attempt, token, status: "cancelled" };
      // The order of these two is open, so that some jobs go by way of cancelling.
      await Promise.all([
        untilTaken(() =>
          project.send("POST", `/jobs/${id}/cancel`, undefined, { origin: origins[0]! }),
        ),
        untilTaken(() => project.send("PUT", `/jobs/${id}/status`, end, { origin: origins[1]! })),
      ]);
    }
  };
  await Promise.all(Array.from({ length: 20 }, writer));
  await Promise.all(sources.map(({ ended }) => ended));
  for (const [position, source] of sources.entries()) {
    const { id } = jobs[Math.floor(position / 2)]!;
    const { items } = (await project.send("GET", `/jobs/${id}/events`)).json();
    expect(source.events).toEqual(items);
    expect(source.events.map(({ sequence }) => sequence)).toEqual(items.map((_, at) => at + 1));
  }
});

test("whoever leaves leaves nothing behind", async () => {
  const project = await trainingProject();
  const { id } = await project.createJob();
  await until("nobody follows", async () => (await other.metric("event_streams")) === 0);
  const sources = await Promise.all(Array.from({ length: 20 }, () => follow(id, { project })));
  await until("all follow", () => sources.every(({ events }) => events.length === 1));
  expect(await other.metric("event_streams")).toBe(20);
  for (const source of sources) source.leave();
  await until("nobody follows", async () => (await other.metric("event_streams")) === 0);
  expect(await other.metric("http_requests_in_flight")).toBe(0);
});

test("HEAD follows nothing", async () => {
  const { id } = await own.createJob();
  const headers = { accept: "text/event-stream" };
  const { status } = await own.send("HEAD", `/jobs/${id}/events`, undefined, {
    headers,
    origin: other.url,
  });
  expect(status).toBe(200);
  await until("nobody follows", async () => (await other.metric("event_streams")) === 0);
});
