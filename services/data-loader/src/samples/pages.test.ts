import { explain, makeSealedVersion, vacuumSamples } from "@sluice/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openScratchData, type ScratchData } from "../scratch-data.ts";
import type { Layout } from "../versions/layout.ts";
import { readLayout } from "../versions/layouts.ts";
import { createdRange } from "./created-range.ts";
import type { PageQuery } from "./page-queries.ts";
import { cursorOf, ordinalOf, readPage, readPages } from "./pages.ts";

const ROWS = 300_000;
const SEGMENTS = 30;

let scratch: ScratchData;
let layout: Layout;

beforeAll(async () => {
  scratch = await openScratchData();
  // A second version before it, so that nothing depends on being the only one.
  await makeSealedVersion(scratch.superuser, scratch.datasetId, {
    version: 1,
    prefix: "a",
    segments: [1_000],
  });
  const segments = Array.from({ length: SEGMENTS }, () => ROWS / SEGMENTS);
  await makeSealedVersion(scratch.superuser, scratch.datasetId, {
    version: 2,
    prefix: "b",
    segments,
  });
  await vacuumSamples(scratch.superuser);
  layout = await readLayout(scratch.db, scratch.datasetId, 2);
}, 120_000);

afterAll(() => scratch.stop());

function query(members: Partial<PageQuery> = {}): PageQuery {
  const { datasetId } = scratch;
  const created = { from: null, to: null };
  return { datasetId, version: 2, columns: ["sample_id"], created, limit: 1_000, ...members };
}

const second = (seconds: number): string =>
  new Date(Date.UTC(2001, 0, 1) + seconds * 1_000).toISOString();

/** The ordinals in all pages, in their order. */
async function ordinalsFrom(first: number, asked: PageQuery): Promise<number[]> {
  const ordinals: number[] = [];
  for await (const { count, columns } of readPages(scratch.db, layout, asked, first)) {
    const ids = JSON.parse(columns[0]!.text) as string[];
    expect(ids).toHaveLength(count);
    expect(count).toBeLessThanOrEqual(asked.limit);
    for (const id of ids) ordinals.push(Number(id.slice(1)));
  }
  return ordinals;
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

test("pages have every sample once, in order, over the borders of segments", async () => {
  const first = ROWS - 25_500;
  expect(await ordinalsFrom(first, query({ limit: 700 }))).toEqual(range(first, ROWS));
});

test.each([
  [0, 10],
  [9_990, 10_010],
  [150_000, 150_001],
  [123_456, 127_890],
  [299_000, 400_000],
  [400_000, 500_000],
])(
  "samples created from second %i to before %i are found wherever they stand",
  async (from, to) => {
    const created = createdRange(second(from), second(to));
    expect(await ordinalsFrom(0, query({ created }))).toEqual(range(from, Math.min(to, ROWS)));
  },
);

test("a time may be bounded on one side", async () => {
  const before = query({ created: createdRange(undefined, second(1_234)) });
  expect(await ordinalsFrom(0, before)).toEqual(range(0, 1_234));
  const from = query({ created: createdRange(second(ROWS - 10), undefined) });
  expect(await ordinalsFrom(0, from)).toEqual(range(ROWS - 10, ROWS));
});

test.each(["custom", "generic"] as const)(
  "a page reads its rows by the primary key, as deep as it may be (%s plan)",
  async (kind) => {
    for (const first of [0, ROWS - 15_000]) {
      const nodes = await explain(
        scratch,
        scratch.superuser,
        (db) => readPage(db, layout, query(), first),
        kind,
      );
      const scans = nodes.filter((node) => node["Relation Name"] === "sample_metadata");
      expect(scans).toMatchObject([
        {
          "Node Type": "Index Scan",
          "Index Name": "sample_metadata_pkey",
          "Actual Loops": 1,
          "Actual Rows": 1_000,
        },
      ]);
    }
  },
);

test.each(["custom", "generic"] as const)(
  "a narrow time far off is found by the index on time (%s plan)",
  async (kind) => {
    const created = createdRange(second(250_000), second(250_100));
    const nodes = await explain(
      scratch,
      scratch.superuser,
      (db) => readPage(db, layout, query({ created }), 0),
      kind,
    );
    const scans = nodes.filter((node) => node["Relation Name"] === "sample_metadata");
    // Two statements: the second is the one that finds them.
    expect(scans.map((node) => node["Node Type"]).toSorted()).toEqual([
      "Bitmap Heap Scan",
      "Index Scan",
    ]);
    const indexes = nodes.flatMap((node) => node["Index Name"] ?? []);
    expect(indexes).toContain("sample_metadata_created_at_idx");
  },
);

test("a cursor leads on in its own list, and is refused by any other", () => {
  const asked = query();
  const cursor = cursorOf(asked, 4_321)!;
  expect(ordinalOf(asked, cursor)).toBe(4_321);
  expect(ordinalOf(query({ limit: 5, columns: ["uri"] }), cursor)).toBe(4_321);
  expect(cursorOf(asked, null)).toBeNull();
  for (const other of [
    query({ version: 1 }),
    query({ datasetId: "999" }),
    query({ created: createdRange(second(1), undefined) }),
  ])
    expect(() => ordinalOf(other, cursor)).toThrow("not from this list");
  expect(() => ordinalOf(asked, `${cursor}A`)).toThrow("not from this list");
});
