import { expect, test } from "vitest";
import { type TrainingProject, trainingProject } from "./training-project.ts";
import { until } from "./until.ts";
import { expectedSignature, type Received, startReceiver } from "./webhook-receiver.ts";

const SECRET = "a secret of the tests";
const ALL = ["pending", "running", "retrying", "cancelling", "succeeded", "failed", "cancelled"];

async function hook(own: TrainingProject, url: string, events = ALL): Promise<void> {
  const { status, text } = await own.send("PUT", "/webhooks/w", { url, events, secret: SECRET });
  expect({ status, text }).toMatchObject({ status: 201 });
}

async function run(own: TrainingProject, status: "succeeded" | "failed"): Promise<string> {
  await own.createJob();
  const { id, fence } = await own.claim();
  const report = { ...fence, status, message: "2^63-1 = 9223372036854775807" };
  expect((await own.send("PUT", `/jobs/${id}/status`, report)).status).toBe(200);
  return id;
}

const statesOf = (received: readonly Received[]) => received.map(({ event }) => event["to"]);

test("a receiver gets each event of its webhook, signed and with what happened", async () => {
  const own = await trainingProject();
  const receiver = await startReceiver();
  await hook(own, receiver.url);
  const id = await run(own, "succeeded");
  await until("three events", () => receiver.distinct(id).length === 3, 30_000);
  expect(statesOf(receiver.distinct(id))).toEqual(["pending", "running", "succeeded"]);
  const history = receiver.distinct(id);
  for (const { headers, event } of history) {
    expect(headers["content-type"]).toBe("application/json");
    expect(headers["x-sluice-event"]).toBe(event["event"]);
    expect(headers["x-sluice-delivery"]).toBe(event["delivery_id"]);
  }
  for (const received of history) {
    expect(received.headers["x-sluice-signature"]).toBe(expectedSignature(SECRET, received));
  }
  expect(history[2]!.event).toEqual({
    event: "succeeded",
    job_id: id,
    project: own.project,
    sequence: 3,
    attempt: 1,
    from: "running",
    to: "succeeded",
    reason: "succeeded",
    message: "2^63-1 = 9223372036854775807",
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as unknown,
    webhook: "w",
    delivery_id: expect.any(String) as unknown,
  });
  // Everything that was to be told is told, and nothing of it twice.
  const another = await run(own, "failed");
  await until("the next job's", () => receiver.distinct(another).length === 3, 30_000);
  expect(receiver.received).toHaveLength(6);
});

test("only the events that were asked for are told", async () => {
  const own = await trainingProject();
  const receiver = await startReceiver();
  await hook(own, receiver.url, ["failed"]);
  await run(own, "succeeded");
  const failed = await run(own, "failed");
  await until("the failure", () => receiver.received.length > 0, 30_000);
  expect(receiver.received.map(({ event }) => [event["job_id"], event["event"]])).toEqual([
    [failed, "failed"],
  ]);
});

test("a delivery that is answered 500 or redirected comes again, the same and signed anew", async () => {
  const own = await trainingProject();
  const receiver = await startReceiver((n) => [500, 302][n] ?? 200);
  await hook(own, receiver.url, ["pending"]);
  await own.createJob();
  await until("the third try", () => receiver.received.length === 3, 30_000);
  const [first, second, third] = receiver.received as [Received, Received, Received];
  expect([second.text, third.text]).toEqual([first.text, first.text]);
  expect(third.headers["x-sluice-delivery"]).toBe(first.headers["x-sluice-delivery"]);
  expect(third.headers["x-sluice-signature"]).toBe(expectedSignature(SECRET, third));
  const { items } = (await own.send("GET", "/dead-letters")).json();
  expect(items).toEqual([]);
});

test("what is refused to the end is a dead letter, which can be tried again or dropped", async () => {
  const own = await trainingProject();
  let status = 410;
  const receiver = await startReceiver(() => status);
  await hook(own, receiver.url, ["pending"]);
  const [kept, dropped] = [await own.createJob(), await own.createJob()];
  const letters = async () => (await own.send("GET", "/dead-letters")).json().items;
  await until("both are given up", async () => (await letters()).length === 2, 60_000);
  expect(receiver.received).toHaveLength(16);
  const letterOf = async (job: string) => (await letters()).find(({ job_id }) => job_id === job)!;
  const letter = await letterOf(kept.id);
  expect(letter).toEqual({
    id: expect.any(String) as unknown,
    kind: "webhook",
    job_id: kept.id,
    error: "The receiver answered 410.",
    created_at: expect.any(String) as unknown,
    failed_at: expect.any(String) as unknown,
    payload: expect.objectContaining({ webhook: "w", event: "pending" }) as unknown,
  });
  const page = (await own.send("GET", "/dead-letters?limit=1")).json();
  const rest = (await own.send("GET", `/dead-letters?limit=1&cursor=${page.next_cursor}`)).json();
  expect(new Set([...page.items, ...rest.items].map(({ job_id }) => job_id))).toEqual(
    new Set([kept.id, dropped.id]),
  );
  expect(rest.next_cursor).toBeNull();

  status = 204;
  const retried = await own.send("POST", `/dead-letters/${letter.id}/retry`);
  expect({ status: retried.status, body: retried.json() }).toEqual({ status: 200, body: letter });
  await until("it comes", () => receiver.received.length === 17, 30_000);
  expect(receiver.received[16]!.event["delivery_id"]).toBe(letter.id);
  const gone = await letterOf(dropped.id);
  expect((await own.send("DELETE", `/dead-letters/${gone.id}`)).status).toBe(204);
  expect(await letters()).toEqual([]);
  for (const [method, path] of [
    ["DELETE", `/dead-letters/${gone.id}`],
    ["POST", `/dead-letters/${gone.id}/retry`],
    ["POST", "/dead-letters/no-uuid/retry"],
  ] as const) {
    const { status: refused, json } = await own.send(method, path);
    expect([refused, json().code]).toEqual([404, "DEAD_LETTER_NOT_FOUND"]);
  }
});

test("a dead letter is nobody else's", async () => {
  const [own, other] = [await trainingProject(), await trainingProject()];
  await hook(own, (await startReceiver(() => 400)).url, ["pending"]);
  await own.createJob();
  const letters = async () => (await own.send("GET", "/dead-letters")).json().items;
  await until("it is given up", async () => (await letters()).length === 1, 60_000);
  const [{ id } = { id: "" }] = await letters();
  expect((await other.send("GET", "/dead-letters")).json().items).toEqual([]);
  expect((await other.send("POST", `/dead-letters/${id}/retry`)).status).toBe(404);
  expect((await other.send("DELETE", `/dead-letters/${id}`)).status).toBe(404);
  expect(await letters()).toHaveLength(1);
});

test("what a deleted webhook was to be told is dropped without a call", async () => {
  const own = await trainingProject();
  const deleted = Promise.withResolvers<number>();
  const receiver = await startReceiver(() => deleted.promise);
  await hook(own, receiver.url, ["pending"]);
  await own.createJob();
  await until("it was tried", () => receiver.received.length > 0, 30_000);
  expect((await own.send("DELETE", "/webhooks/w")).status).toBe(204);
  deleted.resolve(500);
  // Another webhook's delivery that begins later ends, and the deleted one's has not become a dead letter.
  const later = await startReceiver((n) => (n < 7 ? 500 : 200));
  await own.send("PUT", "/webhooks/later", { url: later.url, events: ["pending"], secret: SECRET });
  await own.createJob();
  await until("the other's last try", () => later.received.length === 8, 60_000);
  expect(receiver.received).toHaveLength(1);
  expect((await own.send("GET", "/dead-letters")).json().items).toEqual([]);
});

test("webhooks are made, replaced, listed and read without their secret", async () => {
  const own = await trainingProject();
  const body = { url: "https://hooks.example.com/a", events: ["failed", "hung"], secret: SECRET };
  const made = await own.send("PUT", "/webhooks/a", body);
  expect([made.status, made.json()]).toEqual([
    201,
    {
      name: "a",
      url: body.url,
      events: body.events,
      created_at: expect.any(String) as unknown,
      updated_at: expect.any(String) as unknown,
    },
  ]);
  const replaced = await own.send("PUT", "/webhooks/a", { ...body, events: ["failed"] });
  expect([replaced.status, replaced.json()["events" as never]]).toEqual([200, ["failed"]]);
  await own.send("PUT", "/webhooks/b", body);
  const list = await own.send("GET", "/webhooks");
  expect(list.json().items.map((each) => each["name"])).toEqual(["a", "b"]);
  const one = await own.send("GET", "/webhooks/b");
  expect(one.status).toBe(200);
  expect(made.text + replaced.text + list.text + one.text).not.toContain(SECRET);
  for (const method of ["GET", "DELETE"]) {
    const { status, json } = await own.send(method, "/webhooks/none");
    expect([status, json().code]).toEqual([404, "WEBHOOK_NOT_FOUND"]);
  }
});

test.each([
  ["another protocol", { url: "ftp://example.com" }, "body/url"],
  ["no host", { url: "https://" }, "body/url"],
  ["credentials", { url: "https://user:pass@example.com/" }, "body/url"],
  ["a long URL", { url: `https://example.com/${"x".repeat(2_000)}` }, "body/url"],
  ["a URL that is not escaped", { url: "https://example.com/ü" }, "body/url"],
  ["no events", { events: [] }, "body/events"],
  ["the same event twice", { events: ["failed", "failed"] }, "body/events"],
  ["an unknown event", { events: ["exploded"] }, "body/events/0"],
  ["a short secret", { secret: "x".repeat(15) }, "body/secret"],
  ["a long secret", { secret: "x".repeat(201) }, "body/secret"],
  ["a secret that no text can hold", { secret: `${SECRET}\u0000` }, "body/secret"],
])("a webhook with %s is refused", async (_what, member, path) => {
  const own = await trainingProject();
  const body = { url: "https://example.com/", events: ["failed"], secret: SECRET, ...member };
  const { status, json } = await own.send("PUT", "/webhooks/w", body);
  const paths = json().errors.map((each) => each.path.replace(/^\//, ""));
  expect([status, paths]).toEqual([422, [path]]);
  expect((await own.send("GET", "/webhooks")).json().items).toEqual([]);
});
