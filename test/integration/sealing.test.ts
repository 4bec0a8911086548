import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ImportProject, importProject } from "./import-project.ts";
import { openSuperuser, openTestDatabase } from "./open-database.ts";
import { sql } from "kysely";
import { until } from "./until.ts";

let project: ImportProject;
let superuser: ReturnType<typeof openSuperuser>;

beforeAll(async () => {
  project = await importProject();
  superuser = openSuperuser();
});

afterAll(() => superuser[Symbol.asyncDispose]());

const lines = (ids: readonly string[]): string =>
  ids.map((sample_id) => `${JSON.stringify({ sample_id, label: "x", created_at: 0 })}\n`).join("");

async function upload(path: string, part: string, ids: readonly string[]): Promise<void> {
  const { status, text } = await project.upload(path, lines(ids), { query: { part } });
  if (status !== 200) throw new Error(text);
}

async function seal(path: string): Promise<{ version: number; fingerprint: string }> {
  const { status, text, json } = await project.send("POST", `${path}/seal`);
  if (status !== 200) throw new Error(text);
  return json();
}

/** Ids of a sealed version in the order of its ordinals. */
async function idsOf(version: number): Promise<string[]> {
  const rows = await superuser`
    select sample.sample_id, placed.first_ordinal + sample.position as ordinal
    from data.version_segments as placed
    join data.sample_metadata as sample using (dataset_id, segment_id)
    join data.datasets using (dataset_id) join auth.projects using (project_id)
    where projects.name = ${project.project} and placed.version = ${version}
    order by ordinal`;
  expect(rows.map((row) => Number(row["ordinal"]))).toEqual(rows.map((_, index) => index));
  return rows.map((row) => row["sample_id"] as string);
}

async function countRows(): Promise<number> {
  const [row] = await superuser`
    select count(*)::int as count from data.sample_metadata
    join data.datasets using (dataset_id) join auth.projects using (project_id)
    where projects.name = ${project.project}`;
  return row!["count"] as number;
}

describe("sealing", () => {
  test("orders the parts by id, whatever came first, and says so again", async () => {
    const path = await project.draft();
    await upload(path, "b", ["o3", "o4"]);
    await upload(path, "a", ["o1", "o2"]);
    const sealed = await seal(path);
    expect(sealed).toMatchObject({ state: "sealed", samples: 4 });
    expect(await idsOf(sealed.version)).toEqual(["o1", "o2", "o3", "o4"]);
    expect(await seal(path)).toEqual(sealed);
  });

  test("the same content has the same fingerprint, other content another", async () => {
    const versions: string[] = [];
    for (const ids of [
      ["p1", "p2"],
      ["p1", "p2"],
      ["p2", "p1"],
    ]) {
      const path = await project.draft();
      await upload(path, "main", ids);
      versions.push((await seal(path)).fingerprint);
    }
    expect(versions[0]).toBe(versions[1]);
    expect(versions[2]).not.toBe(versions[0]);
    expect(versions[0]).toMatch(/^[0-9a-f]{64}$/);
  });

  test("an empty version can be sealed", async () => {
    expect(await seal(await project.draft())).toMatchObject({ samples: 0 });
  });

  test("ids that occur twice are named, and the version stays a draft", async () => {
    const base = await project.draft();
    await upload(base, "main", ["d1", "d2"]);
    const { version } = await seal(base);
    const path = await project.draft(version);
    await upload(path, "x", ["d2", "d3", "d4", "d4"]);
    await upload(path, "y", ["d3", "d5"]);
    const refused = await project.send("POST", `${path}/seal`);
    expect([refused.status, refused.json().code]).toEqual([409, "DUPLICATE_SAMPLES"]);
    const examples = refused
      .json()
      .examples.toSorted((a, b) => (a.sample_id < b.sample_id ? -1 : 1));
    expect(examples).toEqual(["d2", "d3", "d4"].map((sample_id) => ({ sample_id, count: 2 })));
    expect((await project.send("GET", path)).json().state).toBe("draft");
    await project.send("DELETE", `${path}/parts/x`);
    expect(await idsOf((await seal(path)).version)).toEqual(["d1", "d2", "d3", "d5"]);
  });

  test("a version on a base shares its rows and copies none", async () => {
    const base = await project.draft();
    await upload(base, "main", ["s1", "s2", "s3"]);
    const { version } = await seal(base);
    const before = await countRows();
    const path = await project.draft(version);
    await upload(path, "main", ["s4"]);
    expect(await idsOf((await seal(path)).version)).toEqual(["s1", "s2", "s3", "s4"]);
    expect(await countRows()).toBe(before + 1);
  });

  test("many at once seal it once", async () => {
    const path = await project.draft();
    await upload(path, "main", ["m1"]);
    const answers = await Promise.all([1, 2, 3, 4].map(() => seal(path)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  test("the database itself keeps a sealed version from the role that imports", async () => {
    const path = await project.draft();
    await upload(path, "main", ["k1"]);
    const { fingerprint } = await seal(path);
    const db = await openTestDatabase("import");
    const mine = sql`(select dataset_id, version from data.versions where fingerprint = ${fingerprint} limit 1)`;
    const statements = [
      sql`update data.versions set samples = 2 where (dataset_id, version) in ${mine}`,
      sql`update data.versions set state = 'draft' where (dataset_id, version) in ${mine}`,
      sql`delete from data.version_segments where (dataset_id, version) in ${mine}`,
      sql`insert into data.version_segments (dataset_id, version, first_ordinal, segment_id, rows)
        select dataset_id, version, 1, segment_id, 1 from data.version_segments where (dataset_id, version) in ${mine}`,
      sql`update data.segments set state = 'purging' where (dataset_id, segment_id) in (
        select dataset_id, segment_id from data.version_segments where (dataset_id, version) in ${mine})`,
    ];
    try {
      for (const statement of statements)
        await expect(db.run("test.forge", statement)).rejects.toMatchObject({ code: "SL001" });
      const rewrite = sql`update data.sample_metadata set label = 'y' where sample_id = 'k1'`;
      await expect(db.run("test.forge", rewrite)).rejects.toMatchObject({ code: "42501" });
    } finally {
      await db.close();
    }
  });
});

describe("deleting", () => {
  const remove = async (path: string) => {
    const { status, text, headers } = await project.send("DELETE", path);
    if (status !== 202) throw new Error(text);
    const location = headers.get("location")!;
    await until("the operation has ended", async () => {
      const operation = (await project.send("GET", location)).json();
      return operation.state === "succeeded";
    });
    return (await project.send("GET", location)).json();
  };

  test("a version is gone at once, its rows when no other version has them", async () => {
    const base = await project.draft();
    await upload(base, "main", ["x1", "x2"]);
    const { version } = await seal(base);
    const path = await project.draft(version);
    await upload(path, "main", ["x3"]);
    await seal(path);
    const before = await countRows();
    expect(await remove(base)).toMatchObject({ kind: "delete", progress: 1 });
    expect(await countRows()).toBe(before);
    expect((await project.send("GET", base)).json().state).toBe("deleted");
    await remove(path);
    expect(await countRows()).toBe(before - 3);
    const sealing = await project.send("POST", `${path}/seal`);
    expect([sealing.status, sealing.json().code]).toEqual([410, "VERSION_DELETED"]);
    const uploading = await project.upload(path, lines(["x4"]));
    expect([uploading.status, uploading.json().code]).toEqual([410, "VERSION_DELETED"]);
  });

  test("a draft can be deleted, and asking again names the same operation", async () => {
    const path = await project.draft();
    await upload(path, "main", ["y1"]);
    const before = await countRows();
    const first = await project.send("DELETE", path);
    const again = await project.send("DELETE", path);
    expect(again.headers.get("location")).toBe(first.headers.get("location"));
    await until(
      "it is deleted",
      async () => (await project.send("GET", path)).json().state === "deleted",
    );
    expect(await countRows()).toBe(before - 1);
  });

  test("a draft on a deleted base cannot be sealed", async () => {
    const base = await project.draft();
    await upload(base, "main", ["z1"]);
    const { version } = await seal(base);
    const path = await project.draft(version);
    await remove(base);
    const { status, json } = await project.send("POST", `${path}/seal`);
    expect([status, json().code]).toEqual([410, "VERSION_DELETED"]);
  });

  test("an unknown operation, or one of another project, is not found", async () => {
    const path = await project.draft();
    const location = (await project.send("DELETE", path)).headers.get("location")!;
    const other = await importProject();
    const stranger = await other.send("GET", location.replace(project.project, other.project));
    expect([stranger.status, stranger.json().code]).toEqual([404, "OPERATION_NOT_FOUND"]);
    expect((await project.send("GET", "/operations/nonsense")).status).toBe(404);
  });
});
