import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ImportProject, importProject } from "./import-project.ts";
import { openSuperuser, openTestDatabase } from "./open-database.ts";
import { until } from "./until.ts";

/** The members of answers that these tests look at. */
interface Columns {
  readonly columns: { readonly sample_id: readonly string[]; readonly label: readonly string[] };
  readonly next_cursor: string | null;
  readonly missing: readonly string[];
}
interface Version {
  readonly version: number;
  readonly state: string;
  readonly samples: number;
  readonly fingerprint: string;
  readonly base_version: number;
  readonly filter: object;
}

/** More than two blocks of bits. */
const ROWS = 20_000;
const LABELS = ["red", "green", null] as const;

let project: ImportProject;
/** Two parts: rows 0 to 14,999 and 15,000 to 19,999. */
let base: Version;

const idOf = (row: number, prefix = "s"): string => `${prefix}${String(row).padStart(6, "0")}`;
const secondOf = (row: number): string =>
  new Date(Date.UTC(2001, 0, 1) + row * 1_000).toISOString();
const labelOf = (row: number) => LABELS[(row * 7) % 3]!;

function linesOf(from: number, to: number, prefix = "s"): string {
  let lines = "";
  for (let row = from; row < to; row += 1) {
    const sample = {
      sample_id: idOf(row, prefix),
      label: labelOf(row),
      feature_hash: `h${row % 1_000}`,
      created_at: secondOf(row),
    };
    lines += `${JSON.stringify(sample)}\n`;
  }
  return lines;
}

beforeAll(async () => {
  project = await importProject();
  const path = await project.draft();
  await upload(path, "a", linesOf(0, 15_000));
  await upload(path, "b", linesOf(15_000, ROWS));
  base = await seal(path);
});

async function upload(path: string, part: string, lines: string): Promise<void> {
  const { status, text } = await project.upload(path, lines, { query: { part } });
  if (status !== 200) throw new Error(text);
}

const pathOf = (version: number): string => `/datasets/${project.dataset}/versions/${version}`;

async function seal(path: string): Promise<Version> {
  return answer(await project.send("POST", `${path}/seal`)) as Version;
}

async function select(filter: object, from = base.version): Promise<Version> {
  return answer(await project.send("POST", `${pathOf(from)}/select`, filter)) as Version;
}

function answer({ status, text }: { status: number; text: string }): unknown {
  if (status !== 200) throw new Error(`${status} ${text}`);
  return JSON.parse(text) as unknown;
}

const rows = (fits: (row: number) => boolean): number[] =>
  Array.from({ length: ROWS }, (_, row) => row).filter(fits);

/** Ids of a version, page by page. */
async function idsOf(version: number, query = ""): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor = ""; ;) {
    const path = `${pathOf(version)}/samples?limit=1000&columns=sample_id${query}${cursor}`;
    const page = answer(await project.send("GET", path)) as Columns;
    ids.push(...page.columns.sample_id);
    if (page.next_cursor === null) return ids;
    cursor = `&cursor=${page.next_cursor}`;
  }
}

const FILTERS: [string, object, (row: number) => boolean][] = [
  ["a label", { labels: ["red"] }, (row) => labelOf(row) === "red"],
  ["labels, or none", { labels: ["green", null] }, (row) => labelOf(row) !== "red"],
  [
    "times",
    { created_from: secondOf(8_190), created_to: secondOf(15_001) },
    (row) => row >= 8_190 && row < 15_001,
  ],
  ["hashes", { feature_hashes: ["h5", "h999", "nobody"] }, (row) => [5, 999].includes(row % 1_000)],
  [
    "ids",
    { sample_ids: [idOf(19_999), idOf(0), "nobody", "nul\0"] },
    (row) => [0, 19_999].includes(row),
  ],
  [
    "several members at once",
    { labels: ["red"], feature_hashes: ["h6"], created_from: secondOf(10_000) },
    (row) => labelOf(row) === "red" && row % 1_000 === 6 && row >= 10_000,
  ],
  ["nothing", { labels: ["blue"] }, () => false],
];

describe("a selection", () => {
  test.each(FILTERS)("by %s holds those samples, in their order", async (_what, filter, fits) => {
    const version = await select(filter);
    const expected = rows(fits);
    expect(version).toMatchObject({
      state: "sealed",
      base_version: base.version,
      samples: expected.length,
    });
    expect(await idsOf(version.version)).toEqual(expected.map((row) => idOf(row)));
  });

  test("copies no sample, and is the same version for the same filter", async () => {
    await using superuser = openSuperuser();
    const count = async (): Promise<unknown> => {
      const [row] = await superuser`
        select count(*)::int as count from data.sample_metadata
        join data.datasets using (dataset_id) join auth.projects using (project_id)
        where projects.name = ${project.project}`;
      return row!["count"];
    };
    const before = await count();
    const first = await select({ labels: ["red", "green"] });
    expect(await count()).toBe(before);
    expect(await select({ labels: ["green", "red", "green"] })).toEqual(first);
    expect(first.filter).toEqual({ labels: ["green", "red"] });
    const all = await select({ created_from: secondOf(0) });
    expect(all.fingerprint).not.toBe(first.fingerprint);
    expect(all.fingerprint).not.toBe(base.fingerprint);
  });

  test("that many ask for at once is made once", async () => {
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => select({ feature_hashes: ["h77"] })),
    );
    expect(new Set(answers.map(({ version }) => version)).size).toBe(1);
  });

  test("of a selection holds what both filters choose", async () => {
    const red = await select({ labels: ["red"] });
    const both = await select({ created_to: secondOf(9_000) }, red.version);
    const expected = rows((row) => labelOf(row) === "red" && row < 9_000);
    expect(await idsOf(both.version)).toEqual(expected.map((row) => idOf(row)));
    // However it came about, the content is the same.
    const atOnce = await select({ labels: ["red"], created_to: secondOf(9_000) });
    expect(atOnce.fingerprint).toBe(both.fingerprint);
  });

  test("is looked up in, read by time and streamed as any version is", async () => {
    const { version } = await select({ labels: ["red"] });
    const [yes, no] = [
      rows((row) => labelOf(row) === "red"),
      rows((row) => labelOf(row) !== "red"),
    ];
    const ids = [no[0]!, yes[0]!, yes.at(-1)!, no.at(-1)!].map((row) => idOf(row));
    const lookUp = `/datasets/${project.dataset}/samples:lookup`;
    const found = answer(
      await project.send("POST", lookUp, { version, sample_ids: ids, columns: ["sample_id"] }),
    ) as Columns;
    expect(found.columns.sample_id).toEqual([ids[1], ids[2]]);
    expect(found.missing).toEqual([ids[0], ids[3]]);
    const late = yes.filter((row) => row >= 19_990);
    const times = `&created_from=${secondOf(19_990)}`;
    expect(await idsOf(version, times)).toEqual(late.map((row) => idOf(row)));
    const { text } = await project.send("GET", `${pathOf(version)}/samples?columns=sample_id`);
    expect(text.split("\n").filter((line) => line.includes('"sample_id"'))).toHaveLength(
      yes.length,
    );
  });

  test.each([
    ["full", 1],
    ["block", 3],
    ["none", 7],
  ])("has plans as any version has (%s)", async (shuffle, world) => {
    const { version, samples, fingerprint } = await select({ labels: ["red"] });
    const body = { dataset: project.dataset, version, shuffle, block_size: 50, batch_size: 997 };
    const plan = answer(
      await project.send("POST", "/plans", { ...body, columns: ["sample_id", "label"] }),
    ) as { plan_id: string; steps: number; fingerprint: string };
    expect(plan.fingerprint).toBe(fingerprint);
    const delivered: string[] = [];
    for (let step = 0; step < plan.steps; step += 1)
      for (let rank = 0; rank < world; rank += 1) {
        const path = `/plans/${plan.plan_id}/epochs/1/steps/${step}?rank=${rank}&world_size=${world}`;
        const { columns } = answer(await project.send("GET", path)) as Columns;
        expect(new Set(columns.label)).toEqual(new Set(["red"]));
        delivered.push(...columns.sample_id);
      }
    expect(delivered).toHaveLength(samples);
    expect(delivered.toSorted()).toEqual(
      rows((row) => labelOf(row) === "red").map((row) => idOf(row)),
    );
    const where = `/plans/${plan.plan_id}/epochs/1/locate?sample_id=`;
    const place = answer(
      await project.send("GET", where + delivered[world === 1 ? 1_000 : 0]!),
    ) as { step: number };
    expect(place.step).toBe(world === 1 ? 1 : 0);
    const other = rows((row) => labelOf(row) !== "red")[0]!;
    expect((await project.send("GET", where + idOf(other))).status).toBe(404);
  });

  test("can be added to: what it leaves out may come again", async () => {
    const red = await select({ labels: ["red"] });
    const [left] = rows((row) => labelOf(row) !== "red");
    const [kept] = rows((row) => labelOf(row) === "red");
    const path = await project.draft(red.version);
    await upload(path, "same", linesOf(kept!, kept! + 1));
    const refused = await project.send("POST", `${path}/seal`);
    expect([refused.status, refused.json().code]).toEqual([409, "DUPLICATE_SAMPLES"]);
    await project.send("DELETE", `${path}/parts/same`);
    await upload(path, "again", linesOf(left!, left! + 1));
    const more = await seal(path);
    expect(more.samples).toBe(red.samples + 1);
    expect((await idsOf(more.version)).at(-1)).toBe(idOf(left!));
  });

  test("outlives the version that it was made of, and its rows go with it", async () => {
    const own = await importProject();
    const draft = await own.draft();
    await own.upload(draft, linesOf(0, 9_000, "o"));
    const { version } = (await own.send("POST", `${draft}/seal`)).json();
    const made = await own.send("POST", `${draft}/select`, { labels: ["red"] });
    const selection = answer(made) as Version;
    await using superuser = openSuperuser();
    const stored = async (): Promise<number[]> => {
      const [row] = await superuser`
        select (select count(*) from data.sample_metadata where dataset_id = d.dataset_id)::int as rows,
          (select count(*) from data.selected_blocks where dataset_id = d.dataset_id)::int as blocks,
          (select count(*) from data.segments where dataset_id = d.dataset_id)::int as segments
        from data.datasets as d join auth.projects using (project_id) where projects.name = ${own.project}`;
      return [row!["rows"], row!["blocks"], row!["segments"]] as number[];
    };
    const remove = async (number: number) => {
      const path = `/datasets/${own.dataset}/versions/${number}`;
      const location = (await own.send("DELETE", path)).headers.get("location")!;
      const ended = async () => (await own.send("GET", location)).json().state === "succeeded";
      await until("it is deleted", ended);
    };
    expect(await stored()).toEqual([9_000, 2, 2]);
    await remove(version);
    expect(await stored()).toEqual([9_000, 2, 2]);
    const path = `/datasets/${own.dataset}/versions/${selection.version}/samples?limit=1`;
    expect((await own.send("GET", path)).status).toBe(200);
    const gone = await own.send("POST", `${draft}/select`, { labels: ["green"] });
    expect([gone.status, gone.json().code]).toEqual([410, "VERSION_DELETED"]);
    await remove(selection.version);
    expect(await stored()).toEqual([0, 0, 0]);
  });

  test("that was deleted is made anew when it is asked for again", async () => {
    const first = await select({ feature_hashes: ["h123"] });
    await project.send("DELETE", pathOf(first.version));
    const second = await select({ feature_hashes: ["h123"] });
    expect(second.version).toBeGreaterThan(first.version);
    expect(second.fingerprint).toBe(first.fingerprint);
  });

  test.each([
    [{}, 422, "VALIDATION_FAILED"],
    [{ labels: [] }, 422, "VALIDATION_FAILED"],
    [{ created_from: "yesterday" }, 422, "VALIDATION_FAILED"],
    [{ label: ["red"] }, 422, "UNKNOWN_FIELD"],
    [{ sample_ids: Array.from({ length: 10_001 }, String) }, 422, "TOO_MANY_ROWS"],
  ])("by a filter that is none is refused (%#)", async (filter, status, code) => {
    const refused = await project.send("POST", `${pathOf(base.version)}/select`, filter);
    expect([refused.status, refused.json().code]).toEqual([status, code]);
  });

  test("needs a sealed version", async () => {
    const path = await project.draft();
    const refused = await project.send("POST", `${path}/select`, { labels: ["red"] });
    expect([refused.status, refused.json().code]).toEqual([409, "VERSION_NOT_SEALED"]);
  });
});

describe("the database itself", () => {
  let db: Awaited<ReturnType<typeof openTestDatabase>>;
  beforeAll(async () => {
    db = await openTestDatabase("import");
  });
  afterAll(() => db.close());

  test("keeps a selection, and what it is of, from the role that imports", async () => {
    const { fingerprint } = await select({ labels: ["red"] });
    const mine = sql`(
      select place.dataset_id, place.segment_id from data.version_segments as place
      join data.versions using (dataset_id, version) where versions.fingerprint = ${fingerprint})`;
    const insert = sql`
      insert into data.selected_blocks (dataset_id, segment_id, block, bits)
      select dataset_id, segment_id, 99, decode(repeat('ff', 1024), 'hex') from ${mine} as mine`;
    const resource = sql`
      update data.segments set source_segment_id = null where (dataset_id, segment_id) in ${mine}`;
    const purge = sql`
      update data.segments set state = 'purging' where (dataset_id, segment_id) in (
        select dataset_id, source_segment_id from data.segments where (dataset_id, segment_id) in ${mine})`;
    for (const statement of [insert, resource, purge])
      await expect(db.run("test.forge", statement)).rejects.toMatchObject({ code: "SL001" });
    for (const statement of [
      sql`update data.selected_blocks set bits = bits where (dataset_id, segment_id) in ${mine}`,
      sql`delete from data.selected_blocks where (dataset_id, segment_id) in ${mine}`,
    ])
      await expect(db.run("test.forge", statement)).rejects.toMatchObject({ code: "42501" });
  });
});
