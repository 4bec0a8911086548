import { beforeAll, expect, test } from "vitest";
import { type Claim, type TrainingProject, trainingProject } from "./training-project.ts";
import { until } from "./until.ts";

let project: TrainingProject;

beforeAll(async () => {
  project = await trainingProject();
});

async function running(members: object = {}): Promise<Claim> {
  await project.createJob({ world_size: 4, ...members });
  return project.claim();
}

function beat({ id, fence }: Claim, body: object | string) {
  const text = typeof body === "string" ? body : JSON.stringify({ ...fence, ...body });
  return project.send("POST", `/jobs/${id}/heartbeats`, text);
}

interface Rank {
  readonly rank: number;
  readonly attempt: number;
  readonly step: number | null;
  readonly progress: number | null;
  readonly message: string | null;
  readonly status: string;
  readonly started_at: string;
  readonly beat_at: string | null;
  readonly stepped_at: string | null;
}

async function ranks({ id }: Pick<Claim, "id">, query = ""): Promise<Rank[]> {
  const { status, json } = await project.send("GET", `/jobs/${id}/ranks${query}`);
  expect(status).toBe(200);
  return json().items as unknown as Rank[];
}

test("a rank's heartbeat is kept, and answered with what to do and until when", async () => {
  const claim = await running({ heartbeat_timeout_seconds: 30 });
  const answer = await beat(claim, { rank: 1, step: 10, progress: 0.25, message: "loss 0.5" });
  expect(answer.status).toBe(200);
  const { lease_expires_at, ...rest } = answer.json();
  expect(rest).toEqual({ directive: "continue", interval_seconds: 10 });
  const [first, second] = await ranks(claim);
  expect(first).toMatchObject({ rank: 0, step: null, beat_at: null, status: "waiting" });
  expect(second).toMatchObject({
    rank: 1,
    attempt: 1,
    step: 10,
    progress: 0.25,
    message: "loss 0.5",
    status: "alive",
  });
  expect(second!.stepped_at).toBe(second!.beat_at);
  // Both by the database's clock; the lease counts from when the statement began.
  const lease = Date.parse(lease_expires_at) - Date.parse(second!.beat_at!);
  expect(lease).toBeGreaterThan(0);
  expect(lease).toBeLessThanOrEqual(30_000);
  const job = (await project.send("GET", `/jobs/${claim.id}`)).json();
  expect(job).toMatchObject({ step: 10, progress: 0.25 });
});

test("many ranks beat in one call; of a rank named twice the last counts", async () => {
  const claim = await running();
  const beats = [
    { rank: 3, step: 1 },
    { rank: 0, step: 5 },
    { rank: 3, step: 9 },
  ];
  expect((await beat(claim, { beats })).status).toBe(200);
  expect((await ranks(claim)).map(({ step }) => step)).toEqual([5, null, null, 9]);
});

test("ten thousand ranks beat in one call", async () => {
  const claim = await running({ world_size: 10_000 });
  const beats = Array.from({ length: 10_000 }, (_, rank) => ({ rank, step: rank }));
  const answer = await beat(claim, { beats });
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
  let cursor: string | null = "";
  const steps: (number | null)[] = [];
  while (cursor !== null) {
    const page: string = cursor === "" ? "" : `&cursor=${cursor}`;
    const listed = await project.send("GET", `/jobs/${claim.id}/ranks?limit=1000${page}`);
    const { items, next_cursor } = listed.json();
    steps.push(...(items as unknown as Rank[]).map(({ step }) => step));
    cursor = next_cursor;
  }
  expect(steps).toEqual(beats.map(({ step }) => step));
  const more = [...beats, { rank: 0, step: 0 }];
  const refused = await beat(claim, { beats: more });
  expect([refused.status, refused.json().code]).toEqual([422, "TOO_MANY_ROWS"]);
});

test("steps go to 2^63 - 1 and back again, and come out as they went in", async () => {
  const claim = await running();
  const { attempt, token } = claim.fence;
  const step = "9223372036854775807";
  const body = (text: string): string =>
    `{"attempt": ${attempt}, "token": "${token}", "rank": 0, "step": ${text}}`;
  expect((await beat(claim, body(step))).status).toBe(200);
  expect((await project.send("GET", `/jobs/${claim.id}/ranks`)).text).toContain(`"step":${step}`);
  expect((await project.send("GET", `/jobs/${claim.id}`)).text).toContain(`"step":${step}`);
  // A trainer that went back to a checkpoint within its attempt.
  expect((await beat(claim, body("7"))).status).toBe(200);
  expect((await ranks(claim))[0]!.step).toBe(7);
  for (const bad of ["9223372036854775808", "-1", "1.5", '"7"', "true", "1e400"]) {
    const refused = await beat(claim, body(bad));
    expect([bad, refused.status, refused.json().errors[0]!.path]).toEqual([bad, 422, "/step"]);
  }
});

test("what a heartbeat leaves out or sends as null stays as it was told", async () => {
  const claim = await running();
  await beat(claim, { rank: 0, step: 3, progress: 0.5, message: "warm" });
  const [before] = await ranks(claim);
  await beat(claim, { rank: 0, step: null, progress: null, message: null });
  const [after] = await ranks(claim);
  expect(after).toEqual({ ...before, beat_at: after!.beat_at });
  expect(after!.beat_at! > before!.beat_at!).toBe(true);
});

test("cancelling is told with every heartbeat, a checkpoint once to each rank and each request", async () => {
  const claim = await running({ world_size: 2 });
  const directive = async (rank: number): Promise<string> => {
    return (await beat(claim, { rank })).json().directive;
  };
  expect(await directive(0)).toBe("continue");
  await project.send("POST", `/jobs/${claim.id}/checkpoint`);
  expect([await directive(0), await directive(0)]).toEqual(["checkpoint", "continue"]);
  await project.send("POST", `/jobs/${claim.id}/checkpoint`);
  expect([await directive(0), await directive(0)]).toEqual(["checkpoint", "continue"]);
  expect([await directive(1), await directive(1)]).toEqual(["checkpoint", "continue"]);
  await project.send("POST", `/jobs/${claim.id}/checkpoint`);
  await project.send("POST", `/jobs/${claim.id}/cancel`);
  expect([await directive(0), await directive(1), await directive(0)]).toEqual(
    Array(3).fill("cancel"),
  );
  await project.send("PUT", `/jobs/${claim.id}/status`, { ...claim.fence, status: "cancelled" });
  const refused = await beat(claim, { rank: 0 });
  expect(refused.status).toBe(409);
  expect(refused.json()).toMatchObject({
    code: "INVALID_STATE_TRANSITION",
    current: "cancelled",
    requested: "running",
  });
});

test("of ten thousand writes of a superseded attempt none is accepted", async () => {
  const worldSize = 100;
  const claim = await running({
    world_size: worldSize,
    max_attempts: 2,
    retry_policy: { initial_delay_seconds: 0 },
  });
  const beats = (step: number): object => ({
    beats: Array.from({ length: worldSize }, (_, rank) => ({ rank, step, message: `at ${step}` })),
  });
  expect((await beat(claim, beats(5))).status).toBe(200);
  await project.send("POST", `/jobs/${claim.id}/checkpoint`);
  await project.send("PUT", `/jobs/${claim.id}/status`, { ...claim.fence, status: "failed" });
  const early = await beat(claim, beats(6));
  expect([early.status, early.json().code]).toEqual([409, "STALE_ATTEMPT"]);

  let next: Claim | undefined;
  await until(
    "the next attempt begins",
    async () => (next = await tryClaim()) !== undefined,
    60_000,
  );
  const stale = Array.from({ length: 100 }, () => beat(claim, beats(1_000)));
  const good = Array.from({ length: 10 }, (_, step) => beat(next!, beats(step)));
  for (const answer of await Promise.all(stale)) {
    expect(answer.status).toBe(409);
    expect(answer.json()).toMatchObject({ code: "STALE_ATTEMPT", current_attempt: 2 });
  }
  for (const answer of await Promise.all(good)) {
    expect(answer.status).toBe(200);
    // The checkpoint was asked of the attempt before.
    expect(answer.json().directive).toBe("continue");
  }
  const now = await ranks(claim);
  expect(now).toHaveLength(worldSize);
  for (const { attempt, step } of now) {
    expect(attempt).toBe(2);
    expect(step).toBeLessThan(10);
  }
  const before = await ranks(claim, "?attempt=1");
  expect(before.map(({ rank }) => rank)).toEqual(now.map(({ rank }) => rank));
  for (const { attempt, step, message, status } of before) {
    expect({ attempt, step, message, status }).toEqual({
      attempt: 1,
      step: 5,
      message: "at 5",
      status: "alive",
    });
  }
  const forged = { ...next!, fence: { attempt: 2, token: claim.fence.token } };
  expect((await beat(forged, { rank: 0 })).json()).toMatchObject({ code: "STALE_ATTEMPT" });
});

async function tryClaim(): Promise<Claim | undefined> {
  const { status, json } = await project.send("POST", "/jobs:claim", {});
  if (status === 204) return undefined;
  const { job, attempt, token } = json();
  return { id: job.id, fence: { attempt, token } };
}

test("ranks are paged, of the last attempt or the one that is named", async () => {
  const pending = await project.createJob();
  expect(await ranks(pending)).toEqual([]);
  await project.send("POST", `/jobs/${pending.id}/cancel`);
  const claim = await running({ world_size: 3 });
  const first = (await project.send("GET", `/jobs/${claim.id}/ranks?limit=2`)).json();
  expect((first.items as unknown as Rank[]).map(({ rank }) => rank)).toEqual([0, 1]);
  expect((await ranks(claim, `?cursor=${first.next_cursor}`)).map(({ rank }) => rank)).toEqual([2]);
  // The same pages when the attempt has ended in between.
  await project.send("PUT", `/jobs/${claim.id}/status`, { ...claim.fence, status: "succeeded" });
  expect((await ranks(claim, `?cursor=${first.next_cursor}`)).map(({ rank }) => rank)).toEqual([2]);
  const unknown = await project.send("GET", `/jobs/${claim.id}/ranks?attempt=2`);
  expect([unknown.status, unknown.json().code]).toEqual([404, "NOT_FOUND"]);
  const other = await project.send("GET", `/jobs/${crypto.randomUUID()}/ranks`);
  expect([other.status, other.json().code]).toEqual([404, "JOB_NOT_FOUND"]);
});

test("a call that names a rank which the job does not have changes nothing", async () => {
  const claim = await running({ world_size: 2 });
  const single = await beat(claim, { rank: 2 });
  expect(single.status).toBe(422);
  expect(single.json().code).toBe("VALIDATION_FAILED");
  expect(single.json().detail).toMatch(/\b2 is not a rank of .* world size is 2/);
  const beats = [
    { rank: 0, step: 1 },
    { rank: 5, step: 1 },
  ];
  expect((await beat(claim, { beats })).status).toBe(422);
  expect((await ranks(claim)).map(({ status }) => status)).toEqual(["waiting", "waiting"]);
});

test.each([
  ["a misspelt field", { rank: 0, steps: 1 }, "UNKNOWN_FIELD"],
  ["a misspelt field of one of the beats", { beats: [{ rank: 0, stepp: 1 }] }, "UNKNOWN_FIELD"],
  ["both forms", { rank: 0, beats: [{ rank: 0 }] }, "VALIDATION_FAILED"],
  ["what a rank tells beside beats", { step: 1, beats: [{ rank: 0 }] }, "VALIDATION_FAILED"],
  ["neither form", {}, "VALIDATION_FAILED"],
  ["no beats", { beats: [] }, "VALIDATION_FAILED"],
  ["a beat without a rank", { beats: [{ step: 1 }] }, "VALIDATION_FAILED"],
  ["a negative rank", { rank: -1 }, "VALIDATION_FAILED"],
  ["progress over 1", { rank: 0, progress: 1.5 }, "VALIDATION_FAILED"],
  ["a text that PostgreSQL cannot hold", { rank: 0, message: "\0" }, "VALIDATION_FAILED"],
  ["a token that PostgreSQL cannot hold", { rank: 0, token: "\0" }, "VALIDATION_FAILED"],
  ["an attempt beyond any", { rank: 0, attempt: 2 ** 31 }, "VALIDATION_FAILED"],
  ["no attempt", { rank: 0, attempt: undefined }, "VALIDATION_FAILED"],
])("%s is refused with 422", async (_what, body, code) => {
  const claim = await running();
  const answer = await beat(claim, body);
  expect([answer.status, answer.json().code]).toEqual([422, code]);
});

test("heartbeats need the scope to claim, and the project's own job", async () => {
  const claim = await running();
  const other = await trainingProject();
  const path = `/v1/projects/${project.project}/jobs/${claim.id}/heartbeats`;
  const foreign = await other.send("POST", path, { ...claim.fence, rank: 0 });
  expect([foreign.status, foreign.json().code]).toEqual([404, "PROJECT_NOT_FOUND"]);
  const own = await other.send("POST", `/jobs/${claim.id}/heartbeats`, { ...claim.fence, rank: 0 });
  expect([own.status, own.json().code]).toEqual([404, "JOB_NOT_FOUND"]);
  expect((await ranks(claim))[0]!.status).toBe("waiting");
});
