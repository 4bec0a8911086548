import { uniqueProject } from "@sluice/testing";
import { beforeAll, describe, expect, test } from "vitest";
import { type TrainingProject, trainingProject } from "./training-project.ts";

let project: TrainingProject;

beforeAll(async () => {
  project = await trainingProject();
});

describe("creation", () => {
  test("what is left out has the documented default, and what is sent comes back unchanged", async () => {
    const body = `{"name": "big", "labels": {"team": "vision"}, "spec": {"seed": 9223372036854775807, "text": "ü"}}`;
    const { status, text, json } = await project.send("POST", "/jobs", body);
    expect(status).toBe(201);
    expect(text).toContain(`"seed":9223372036854775807`);
    expect(json()).toMatchObject({
      project: project.project,
      name: "big",
      queue: "default",
      priority: 50,
      status: "pending",
      attempt: 0,
      max_attempts: 1,
      world_size: 1,
      retry_policy: { initial_delay_seconds: 5, factor: 2, max_delay_seconds: 300, jitter: 0.2 },
      heartbeat_timeout_seconds: 15,
      labels: { team: "vision" },
    });
    expect((await project.send("GET", `/jobs/${json().id}`)).text).toBe(text);
  });

  test("the same idempotency key gives the same answer, also after the job went on, and makes one job", async () => {
    const own = await trainingProject();
    const options = { headers: { "idempotency-key": "first" } };
    const create = () => own.send("POST", "/jobs", { name: "once" }, options);
    const answers = await Promise.all(Array.from({ length: 8 }, create));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    await own.claim();
    expect((await create()).text).toBe(answers[0]!.text);
    expect((await own.send("GET", "/jobs")).json().items).toHaveLength(1);
    const other = await own.send("POST", "/jobs", { name: "twice" }, options);
    expect([other.status, other.json().code]).toEqual([422, "IDEMPOTENCY_KEY_REUSED"]);
  });

  test.each([
    [{}, "body/name"],
    [{ name: "x", world_size: 0 }, "body/world_size"],
    [{ name: "x", world_size: 2.5 }, "body/world_size"],
    [{ name: "x", priority: 101 }, "body/priority"],
    [{ name: "x", queue: "No Queue" }, "body/queue"],
    [{ name: "x", max_attempts: 0 }, "body/max_attempts"],
    [{ name: "x", retry_policy: { factor: 0 } }, "body/retry_policy/factor"],
    [{ name: "x", heartbeat_timeout_seconds: 0 }, "body/heartbeat_timeout_seconds"],
    [{ name: "x", labels: { team: 7 } }, "body/labels/team"],
    [{ name: "x\0" }, "body/name"],
    [{ name: "x", spec: { text: "\0" } }, "/body"],
    [{ name: "x", spec: [] }, "body/spec"],
  ])("%j is refused, and the answer names the field", async (body, path) => {
    const { status, json } = await project.send("POST", "/jobs", body);
    expect([status, json().code]).toEqual([422, "VALIDATION_FAILED"]);
    expect(json().errors.map((error) => error.path)).toContain(path);
  });

  test("an unknown field and a spec beyond 1 MiB are refused", async () => {
    const misspelt = await project.send("POST", "/jobs", { name: "x", worldsize: 2 });
    expect([misspelt.status, misspelt.json().code]).toEqual([422, "UNKNOWN_FIELD"]);
    const spec = { text: "x".repeat(1024 * 1024) };
    const giant = await project.send("POST", "/jobs", { name: "x", spec });
    expect([giant.status, giant.json().code]).toEqual([413, "PAYLOAD_TOO_LARGE"]);
  });
});

describe("lists", () => {
  test("show the newest first, page by page, by state, queue and labels", async () => {
    const own = await trainingProject();
    const names = ["a", "b", "c", "d", "e"];
    for (const [index, name] of names.entries())
      await own.createJob({
        name,
        queue: index % 2 === 0 ? "even" : "odd",
        labels: { index: String(index), kind: "test" },
      });
    const list = async (query: string): Promise<[unknown[], string | null]> => {
      const { items, next_cursor } = (await own.send("GET", `/jobs?${query}`)).json();
      return [items.map((job) => job["name"]), next_cursor];
    };
    const [first, cursor] = await list("limit=2");
    expect(first).toEqual(["e", "d"]);
    const [second, next] = await list(`limit=2&cursor=${cursor}`);
    expect(second).toEqual(["c", "b"]);
    expect(await list(`limit=2&cursor=${next}`)).toEqual([["a"], null]);
    expect(await list("queue=odd")).toEqual([["d", "b"], null]);
    expect(await list("label=kind:test&label=index:2")).toEqual([["c"], null]);
    expect(await list("label=kind:other")).toEqual([[], null]);
    await own.claim();
    expect(await list("status=running")).toEqual([["a"], null]);
  });

  test.each(["status=asleep", "limit=0", "limit=1001", "cursor=abc", "label=team", "queue=A"])(
    "?%s is refused",
    async (query) => {
      expect((await project.send("GET", `/jobs?${query}`)).status).toBe(422);
    },
  );
});

describe("attempts", () => {
  test("a job goes from pending over running to succeeded, and says so when the report is repeated", async () => {
    const own = await trainingProject();
    const { id } = await own.createJob({ world_size: 2 });
    const claimed = (await own.send("POST", "/jobs:claim", { claimed_by: "node-1" })).json();
    expect(claimed).toMatchObject({
      attempt: 1,
      job: { id, status: "running", claimed_by: "node-1" },
    });
    expect(claimed["heartbeat_interval_seconds"]).toBe(5);
    for (const body of [{}, undefined, ""])
      expect((await own.send("POST", "/jobs:claim", body)).status).toBe(204);
    const { token } = claimed;
    const report = (status: string, message?: string) =>
      own.send("PUT", `/jobs/${id}/status`, { attempt: 1, token, status, message });
    expect((await report("running")).json()).toMatchObject({ status: "running" });
    expect((await report("succeeded", "loss 0.1")).json()).toMatchObject({
      status: "succeeded",
      reason: "succeeded",
      message: "loss 0.1",
    });
    expect((await report("succeeded", "loss 0.1")).status).toBe(200);
    const late = await report("failed");
    expect([late.status, late.json()]).toMatchObject([
      409,
      { code: "INVALID_STATE_TRANSITION", current: "succeeded", requested: "failed" },
    ]);
    expect((await own.send("POST", `/jobs/${id}/cancel`)).json()).toMatchObject({
      code: "INVALID_STATE_TRANSITION",
      current: "succeeded",
    });
  });

  test("a wrong token or attempt is stale, and changes nothing", async () => {
    const own = await trainingProject();
    await own.createJob();
    const { id, fence } = await own.claim();
    for (const wrong of [{ token: "guess" }, { attempt: 2 }]) {
      const body = { ...fence, ...wrong, status: "failed" };
      const { status, json } = await own.send("PUT", `/jobs/${id}/status`, body);
      expect([status, json()]).toMatchObject([409, { code: "STALE_ATTEMPT", current_attempt: 1 }]);
    }
    expect((await own.send("GET", `/jobs/${id}`)).json().status).toBe("running");
  });

  test("a failure with attempts left makes the job retrying, and is answered alike when it is repeated", async () => {
    const own = await trainingProject();
    await own.createJob({ max_attempts: 2, retry_policy: { initial_delay_seconds: 3_600 } });
    const { id, fence } = await own.claim();
    for (let time = 0; time < 2; time += 1) {
      const { status, json } = await own.send("PUT", `/jobs/${id}/status`, {
        ...fence,
        status: "failed",
      });
      expect([status, json()]).toMatchObject([
        200,
        { status: "retrying", reason: "failed", attempt: 1 },
      ]);
    }
    const late = await own.send("PUT", `/jobs/${id}/status`, { ...fence, status: "succeeded" });
    expect(late.json().code).toBe("STALE_ATTEMPT");
    expect((await own.send("POST", `/jobs/${id}/cancel`)).json().status).toBe("cancelled");
  });

  test("a running job is cancelling until its trainer has stopped", async () => {
    const own = await trainingProject();
    await own.createJob();
    const { id, fence } = await own.claim();
    for (let time = 0; time < 2; time += 1)
      expect((await own.send("POST", `/jobs/${id}/cancel`)).json().status).toBe("cancelling");
    const report = (status: string) => own.send("PUT", `/jobs/${id}/status`, { ...fence, status });
    expect((await report("succeeded")).json()).toMatchObject({
      code: "INVALID_STATE_TRANSITION",
      current: "cancelling",
    });
    expect((await report("cancelled")).json().status).toBe("cancelled");
  });

  test("an ended job is tried again as a new one", async () => {
    const own = await trainingProject();
    const { id } = await own.createJob({ priority: 7, spec: { lr: 0.5 } });
    expect((await own.send("POST", `/jobs/${id}/retry`)).json().code).toBe(
      "INVALID_STATE_TRANSITION",
    );
    await own.send("POST", `/jobs/${id}/cancel`);
    const { status, json } = await own.send("POST", `/jobs/${id}/retry`);
    expect([status, json()]).toMatchObject([
      201,
      { status: "pending", retry_of: id, priority: 7, spec: { lr: 0.5 } },
    ]);
  });

  test("a checkpoint can be asked of a running job only", async () => {
    const own = await trainingProject();
    const { id } = await own.createJob();
    expect((await own.send("POST", `/jobs/${id}/checkpoint`)).json()).toMatchObject({
      current: "pending",
    });
    await own.claim();
    expect(
      (await own.send("POST", `/jobs/${id}/checkpoint`)).json()["checkpoint_requested_at"],
    ).not.toBeNull();
  });
});

describe("rights", () => {
  test("a job of another project is not there, and each route wants its scope", async () => {
    const own = await trainingProject();
    const { id } = await own.createJob();
    const other = await trainingProject();
    for (const [method, path] of [
      ["GET", `/jobs/${id}`],
      ["POST", `/jobs/${id}/cancel`],
      ["POST", `/jobs/${id}/retry`],
      ["GET", "/jobs/no-job"],
    ] as const) {
      const { status, json } = await other.send(method, path);
      expect([path, status, json().code]).toEqual([path, 404, "JOB_NOT_FOUND"]);
    }
    const stranger = await own.send("GET", "/jobs", undefined, { key: other.key });
    expect([stranger.status, stranger.json().code]).toEqual([404, "PROJECT_NOT_FOUND"]);
    const reader = await uniqueProject(["jobs:read"]);
    const claim = await own.send("POST", "/jobs:claim", {}, { key: reader.key });
    expect([claim.status, claim.json()["scope"]]).toEqual([403, "jobs:claim"]);
  });

  test("a key of a project claims in its project alone, also on the tenant's route", async () => {
    const own = await trainingProject();
    await (await trainingProject()).createJob();
    expect((await own.send("POST", "/v1/jobs:claim", {})).status).toBe(204);
    const { id } = await own.createJob();
    expect((await own.send("POST", "/v1/jobs:claim", {})).json().job).toMatchObject({
      id,
      project: own.project,
    });
  });
});
