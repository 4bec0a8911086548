import { readStack } from "@sluice/testing";
import { beforeAll, describe, expect, test } from "vitest";
import { followedEvents } from "./followed-events.ts";
import { type ImportProject, importProject } from "./import-project.ts";
import { openSuperuser } from "./open-database.ts";
import { startDataLoader } from "./service-instance.ts";
import { until } from "./until.ts";

interface Operation {
  readonly id: string;
  readonly state: string;
  readonly progress: number;
  readonly result: { readonly version?: number } | null;
  readonly updated_at: string;
}

let project: ImportProject;

beforeAll(async () => {
  project = await importProject();
});

async function sealedVersion(rows: number, prefix: string): Promise<string> {
  const path = await project.draft();
  const lines = Array.from({ length: rows }, (_, row) => `{"sample_id":"${prefix}${row}"}\n`);
  expect((await project.upload(path, lines.join(""))).status).toBe(200);
  expect((await project.send("POST", `${path}/seal`)).status).toBe(200);
  return path;
}

const events = (url: string, headers: Readonly<Record<string, string>> = {}) =>
  followedEvents<Operation>(url, project.key, { headers });

const urlOf = (location: string): string => readStack().services["data-loader"]!.url + location;

describe("an operation", () => {
  test("is followed as it goes on, and its stream ends with it", async () => {
    const path = await sealedVersion(40_000, "follow-");
    const location = (await project.send("DELETE", path)).headers.get("location")!;
    const seen = await Array.fromAsync(events(urlOf(location)));
    expect(seen.at(-1)).toMatchObject({ state: "succeeded", progress: 1 });
    const steps = seen.map(({ progress }) => progress);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(new Set(seen.map(({ updated_at }) => updated_at)).size).toBe(seen.length);
    const again = await Array.fromAsync(events(urlOf(location)));
    expect(again).toEqual(seen.slice(-1));
    const last = { "last-event-id": seen.at(-1)!.updated_at };
    const headers = { accept: "text/event-stream", ...last };
    expect((await project.send("GET", location, undefined, { headers })).status).toBe(204);
    const asJson = await project.send("GET", location);
    expect(JSON.parse(asJson.text)).toEqual(seen.at(-1));
  });

  test("shows each step of its progress while it is held up", async () => {
    await using superuser = openSuperuser();
    const path = await sealedVersion(10, "steps-");
    const location = (await project.send("DELETE", path)).headers.get("location")!;
    const id = location.split("/").at(-1)!;
    const ended = async () => (await project.send("GET", location)).json().state === "succeeded";
    await until("it has ended", ended);
    const set = (state: string, progress: number) => superuser`
      update data.operations set state = ${state}, progress = ${progress}, updated_at = clock_timestamp(),
        ended_at = case when ${state} = 'succeeded' then now() end
      where operation_id = ${id}`;
    await set("running", 0.25);
    const seen: number[] = [];
    for await (const { progress } of events(urlOf(location))) {
      seen.push(progress);
      if (progress === 0.25) await set("running", 0.5);
      if (progress === 0.5) await set("succeeded", 1);
    }
    expect(seen).toEqual([0.25, 0.5, 1]);
  });

  test("is left by a stream whose instance stops", async () => {
    await using superuser = openSuperuser();
    const path = await sealedVersion(10, "drain-");
    const location = (await project.send("DELETE", path)).headers.get("location")!;
    const ended = async () => (await project.send("GET", location)).json().state === "succeeded";
    await until("it has ended", ended);
    const id = location.split("/").at(-1)!;
    await superuser`
      update data.operations set state = 'running', ended_at = null, updated_at = now() + interval '1 hour'
      where operation_id = ${id}`;
    const other = await startDataLoader();
    const stream = events(other.url + location);
    expect((await stream.next()).value).toMatchObject({ state: "running" });
    expect(await other.terminate()).toBe(0);
    expect((await stream.next()).done).toBe(true);
    await superuser`update data.operations set state = 'succeeded', ended_at = now() where operation_id = ${id}`;
  });

  test("that nobody works on is taken up, whether it was begun or not", async () => {
    await using superuser = openSuperuser();
    const paths = [await sealedVersion(10, "left-"), await sealedVersion(10, "begun-")];
    const versions = paths.map((path) => Number(path.split("/").at(-1)));
    // As an instance leaves them that is killed after its commit, or in the middle.
    const [dataset] = await superuser<{ project_id: string; dataset_id: string }[]>`
      select project_id, dataset_id from data.datasets join auth.projects using (project_id)
      where projects.name = ${project.project}`;
    const { project_id, dataset_id } = dataset!;
    await superuser`
      update data.versions set state = 'deleting'
      where dataset_id = ${dataset_id} and version = any(${versions})`;
    for (const [index, version] of versions.entries())
      await superuser`
        insert into data.operations (project_id, operation_id, dataset_id, kind, state, updated_at, request)
        values (${project_id}, gen_random_uuid(), ${dataset_id}, 'delete', ${["pending", "running"][index]!},
          now() - interval '61 s', ${superuser.json({ version })})`;
    const stateOf = async (path: string) => (await project.send("GET", path)).json().state;
    const states = () => Promise.all(paths.map(stateOf));
    await until("both are deleted", async () =>
      (await states()).every((state) => state === "deleted"),
    );
    expect(await states()).toEqual(["deleted", "deleted"]);
  });
});

describe("a dataset that is deleted", () => {
  test("is gone at once, gives its name free, and its rows go with all its versions", async () => {
    const own = await importProject();
    const path = await own.draft();
    await own.upload(path, '{"sample_id":"a","label":"x"}\n{"sample_id":"b"}\n');
    const { version } = (await own.send("POST", `${path}/seal`)).json();
    const selected = await own.send("POST", `${path}/select`, { labels: ["x"] });
    expect(selected.status).toBe(200);
    const next = await own.draft(version);
    await own.upload(next, '{"sample_id":"c"}\n');
    const made = await own.send("POST", "/plans", { dataset: own.dataset, batch_size: 1 });
    const { plan_id: plan } = JSON.parse(made.text) as { plan_id: string };
    const deleted = await own.send("DELETE", `/datasets/${own.dataset}`);
    expect(deleted.status).toBe(202);
    const gone = await own.send("GET", `/datasets/${own.dataset}`);
    expect([gone.status, gone.json().code]).toEqual([404, "DATASET_NOT_FOUND"]);
    expect((await own.send("GET", "/datasets")).json().items).toEqual([]);
    expect((await own.send("PUT", `/datasets/${own.dataset}`, {})).status).toBe(201);
    const fresh = await own.send("POST", `/datasets/${own.dataset}/versions`, {});
    expect(fresh.json().version).toBe(1);
    const location = deleted.headers.get("location")!;
    const ended = async () => (await own.send("GET", location)).json().state === "succeeded";
    await until("it has ended", ended);
    const step = await own.send("GET", `/plans/${plan}/epochs/0/steps/0`);
    expect([step.status, step.json().code]).toEqual([410, "VERSION_DELETED"]);
    await using superuser = openSuperuser();
    const [row] = await superuser`
      select count(*)::int as count from data.sample_metadata
      join data.datasets using (dataset_id) join auth.projects using (project_id)
      where projects.name = ${own.project}`;
    expect(row!["count"]).toBe(0);
  });
});
