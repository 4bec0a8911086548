import { PassThrough } from "node:stream";
import { readStack } from "@sluice/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { followedEvents } from "./followed-events.ts";
import { type ImportProject, importProject } from "./import-project.ts";
import { openSuperuser } from "./open-database.ts";
import { type ServiceInstance, startDataLoader } from "./service-instance.ts";
import { until } from "./until.ts";

interface PartStatus {
  readonly state: "uploading" | "done" | "failed";
  readonly rows: number;
  readonly bytes: number;
  readonly rows_committed: number;
  readonly sha256: string | null;
  readonly updated_at: string;
  readonly error: {
    readonly code: string;
    readonly detail: string;
    readonly errors?: readonly { readonly line: number; readonly column: string }[];
  } | null;
}

let project: ImportProject;
/** Uploads go to the stack's own instance, and are followed at this one. */
let other: ServiceInstance;

beforeAll(async () => {
  [project, other] = await Promise.all([importProject(), startDataLoader()]);
}, 60_000);

afterAll(() => other[Symbol.asyncDispose]());

function follow(version: string, part: string, signal?: AbortSignal) {
  const url = `${other.url}/v1/projects/${project.project}${version}/parts/${part}`;
  return followedEvents<PartStatus>(url, project.key, signal && { signal });
}

const read = async (version: string, part: string) => {
  const path = `${version}/parts/${part}`;
  const { status, text } = await project.send("GET", path, undefined, { origin: other.url });
  return { status, body: JSON.parse(text) as PartStatus & { readonly code: string } };
};

const isKnown = async (version: string, part: string) => (await read(version, part)).status === 200;

const lines = (prefix: string, count: number): string =>
  Array.from({ length: count }, (_, row) => `{"sample_id":"${prefix}${row}"}\n`).join("");

/** An upload whose bytes the test sends bit by bit. */
async function beginUpload(part: string) {
  const version = await project.draft();
  const body = new PassThrough();
  const leaver = new AbortController();
  const options = { query: { part }, signal: leaver.signal };
  const answered = project.upload(version, body, options);
  answered.catch(() => undefined);
  body.on("error", () => undefined);
  return { version, body, answered, leave: () => leaver.abort() };
}

test("a part is followed at another instance while it comes, and the stream ends with it", async () => {
  const { version, body, answered } = await beginUpload("p");
  const first = lines("a-", 7_000);
  body.write(first);
  await until("it is known", () => isKnown(version, "p"));
  const seen: PartStatus[] = [];
  for await (const status of follow(version, "p")) {
    seen.push(status);
    // 5,000 rows are a batch; the others wait for more.
    if (status.rows_committed === 5_000 && status.rows === 7_000) body.end(lines("b-", 3));
  }
  expect((await answered).status).toBe(200);
  expect(seen).toContainEqual(
    expect.objectContaining({ state: "uploading", bytes: first.length, sha256: null }),
  );
  const { sha256 } = (await answered).json();
  const end = { state: "done", rows: 7_003, rows_committed: 7_003, sha256, error: null };
  expect(seen.at(-1)).toMatchObject(end);
  for (const of of ["rows", "bytes", "rows_committed"] as const) {
    const values = seen.map((status) => status[of]);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
  }
  expect(new Set(seen.map(({ updated_at }) => updated_at)).size).toBe(seen.length);
  expect((await read(version, "p")).body).toEqual(seen.at(-1));
  expect(await Array.fromAsync(follow(version, "p"))).toEqual(seen.slice(-1));
  const headers = { accept: "text/event-stream", "last-event-id": seen.at(-1)!.updated_at };
  const again = await project.send("GET", `${version}/parts/p`, undefined, { headers });
  expect(again.status).toBe(204);
});

test("a part that fails is followed to the problem that its client gets, and may be tried again", async () => {
  const { version, body, answered } = await beginUpload("p");
  body.write(lines("f-", 10));
  await until("it is known", () => isKnown(version, "p"));
  const seen = Array.fromAsync(follow(version, "p"));
  body.end(String.raw`{"sample_id":"x","odd\u0000":"half \ud800"}`);
  const { status, text } = await answered;
  expect(status).toBe(422);
  const last = (await seen).at(-1)!;
  expect(last).toMatchObject({ state: "failed", rows_committed: 0, sha256: null });
  expect(last.error).toEqual(JSON.parse(text));
  expect(last.error!.errors).toMatchObject([{ line: 11, column: "odd\0" }]);
  const { status: repeated } = await project.upload(version, lines("f-", 10), {
    query: { part: "p" },
  });
  expect(repeated).toBe(200);
  expect((await read(version, "p")).body).toMatchObject({ state: "done", rows: 10 });
  expect((await project.send("DELETE", `${version}/parts/p`)).status).toBe(204);
  expect((await read(version, "p")).body).toMatchObject({ status: 404, code: "PART_NOT_FOUND" });
});

test("a part whose client hangs up has failed", async () => {
  const { version, body, leave } = await beginUpload("p");
  body.write(lines("h-", 10));
  await until("it is known", () => isKnown(version, "p"));
  const seen = Array.fromAsync(follow(version, "p"));
  leave();
  const error = expect.objectContaining({ code: "CLIENT_CLOSED_REQUEST" }) as unknown;
  expect((await seen).at(-1)).toMatchObject({ state: "failed", error });
});

test("a part has failed when nothing is heard of its upload any more, as after its instance was killed", async () => {
  const { version, body, leave } = await beginUpload("p");
  body.write(lines("k-", 10));
  await until("it is known", () => isKnown(version, "p"));
  await using superuser = openSuperuser();
  // Every 15 seconds the upload is heard of, were there one.
  await superuser`
    update data.uploads set part = 'silent', updated_at = now() - interval '61 s'
    where part = 'p' and dataset_id in (
      select dataset_id from data.datasets join auth.projects using (project_id) where projects.name = ${project.project}
    )`;
  const [last, ...more] = await Array.fromAsync(follow(version, "silent"));
  expect(more).toEqual([]);
  expect(last).toMatchObject({ state: "failed", error: { code: "DATABASE_UNAVAILABLE" } });
  leave();
});

test("what is not there cannot be followed, and neither can somebody else's", async () => {
  const version = await project.draft();
  await project.upload(version, lines("n-", 1), { query: { part: "p" } });
  const stranger = await importProject();
  const headers = { accept: "text/event-stream" };
  const { url } = readStack().services["data-loader"]!;
  const code = async (path: string, key = project.key) => {
    const options = { headers, key, origin: url };
    const { status, text } = await project.send("GET", path, undefined, options);
    return [status, (JSON.parse(text) as { code: string }).code];
  };
  expect(await code(`${version}/parts/q`)).toEqual([404, "PART_NOT_FOUND"]);
  expect(await code("/datasets/samples/versions/99/parts/p")).toEqual([404, "VERSION_NOT_FOUND"]);
  expect(await code(`${version}/parts/p`, stranger.key)).toEqual([404, "PROJECT_NOT_FOUND"]);
});

test("whoever leaves leaves nothing behind, and streams end when their instance stops", async () => {
  const { version, body, leave } = await beginUpload("p");
  body.write(lines("l-", 10));
  await until("it is known", () => isKnown(version, "p"));
  const leaver = new AbortController();
  const streams = Array.from({ length: 20 }, () => follow(version, "p", leaver.signal));
  for (const stream of streams) expect((await stream.next()).value?.state).toBe("uploading");
  expect(await other.metric("http_requests_in_flight")).toBe(20);
  const left = Promise.allSettled(streams.map((stream) => Array.fromAsync(stream)));
  leaver.abort();
  await left;
  const inFlight = () => other.metric("http_requests_in_flight");
  await until("nobody follows", async () => (await inFlight()) === 0);
  const rest = Array.fromAsync(follow(version, "p"));
  await until("it is followed", async () => (await inFlight()) === 1);
  expect(await other.terminate()).toBe(0);
  expect((await rest).at(-1)).toMatchObject({ state: "uploading" });
  leave();
});
