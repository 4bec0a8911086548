import { explain, makeSealedVersion, type PlanNode, vacuumSamples } from "@sluice/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openScratchData, type ScratchData } from "../scratch-data.ts";
import { DEFAULT_COLUMNS } from "./columns.ts";
import { lookUp, type LookUp } from "./look-up.ts";

const ROWS = 300_000;

let scratch: ScratchData;

beforeAll(async () => {
  scratch = await openScratchData();
  const segments = Array.from({ length: 30 }, () => ROWS / 30);
  await makeSealedVersion(scratch.superuser, scratch.datasetId, {
    version: 1,
    prefix: "a",
    segments,
  });
  // The same ids and hashes once more, in other segments.
  await makeSealedVersion(scratch.superuser, scratch.datasetId, {
    version: 2,
    prefix: "a",
    segments: [500, 500],
  });
  await vacuumSamples(scratch.superuser);
}, 120_000);

afterAll(() => scratch.stop());

const idOf = (ordinal: number): string => `a${String(ordinal).padStart(9, "0")}`;

function request(keys: readonly string[], members: Partial<LookUp> = {}): LookUp {
  const { datasetId } = scratch;
  return {
    datasetId,
    version: 1,
    keyColumn: "sample_id",
    keys,
    columns: DEFAULT_COLUMNS,
    ...members,
  };
}

const spread = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => idOf((index * 7_919) % ROWS));

function scansOfSamples(nodes: readonly PlanNode[]): PlanNode[] {
  return nodes.filter((node) => node["Relation Name"] === "sample_metadata");
}

test.each([1, 100, 10_000])("%i ids are looked up in the index alone", async (count) => {
  const nodes = await explain(scratch, scratch.superuser, (db) =>
    lookUp(db, request(spread(count))),
  );
  expect(nodes.map((node) => node["Node Type"])).not.toContain("Hash Join");
  expect(scansOfSamples(nodes)).toMatchObject([
    {
      "Node Type": "Index Only Scan",
      "Index Name": "sample_metadata_sample_id_idx",
      "Actual Loops": count,
      "Heap Fetches": 0,
    },
  ]);
});

test("hashes are looked up in the index alone", async () => {
  const hashes = await scratch.superuser<{ feature_hash: string }[]>`
    select distinct feature_hash from data.sample_metadata limit 1000`;
  const keys = hashes.map(({ feature_hash }) => feature_hash);
  const nodes = await explain(scratch, scratch.superuser, (db) =>
    lookUp(db, request(keys, { keyColumn: "feature_hash" })),
  );
  expect(scansOfSamples(nodes)).toMatchObject([
    {
      "Node Type": "Index Only Scan",
      "Index Name": "sample_metadata_feature_hash_idx",
      "Actual Loops": 1_000,
      "Heap Fetches": 0,
    },
  ]);
});

test("columns beyond the index are read from the table, by the index", async () => {
  const columns = ["sample_id", "uri", "attributes"] as const;
  const nodes = await explain(scratch, scratch.superuser, (db) =>
    lookUp(db, request(spread(100), { columns })),
  );
  expect(scansOfSamples(nodes)).toMatchObject([
    {
      "Node Type": "Index Scan",
      "Index Name": "sample_metadata_sample_id_idx",
      "Actual Loops": 100,
    },
  ]);
});

test.each([
  { columns: DEFAULT_COLUMNS, scan: "Index Only Scan" },
  { columns: ["uri"] as const, scan: "Index Scan" },
])("a plan for whatever parameters there are has the same $scan", async ({ columns, scan }) => {
  const nodes = await explain(
    scratch,
    scratch.superuser,
    (db) => lookUp(db, request(spread(100), { columns })),
    "generic",
  );
  expect(scansOfSamples(nodes)).toMatchObject([
    { "Node Type": scan, "Index Name": "sample_metadata_sample_id_idx", "Actual Loops": 100 },
  ]);
});

test("rows come in the order of the request, as often as it asks, and what is not there is missing", async () => {
  const keys = [idOf(7), "nobody", idOf(3), idOf(7), "nobody", "nul\0", "half \ud800", ""];
  const { members, count, columns, beside } = await lookUp(scratch.db, request(keys));
  expect(members).toEqual({ version: 1, missing: ["nobody", "nul\0", "half \ud800", ""] });
  expect(count).toBe(3);
  expect(JSON.parse(beside[0]!.text)).toEqual([0, 2, 3]);
  expect(columns.map(({ name, text }) => [name, JSON.parse(text)])).toEqual([
    ["sample_id", [idOf(7), idOf(3), idOf(7)]],
    ["feature_hash", expect.arrayContaining([expect.stringMatching(/^[0-9a-f]{32}$/)])],
    ["label", ["label 2", null, "label 2"]],
    ["created_at", [7, 3, 7].map((second) => `2001-01-01T00:00:0${second}.000000Z`)],
  ]);
});

test("all samples of a hash come in order of their ids, those of other versions not", async () => {
  const [row] = await scratch.superuser<{ hash: string }[]>`select md5('4') as hash`;
  const keys = [row!.hash, "nothing", row!.hash];
  const byHash = { keyColumn: "feature_hash", columns: ["sample_id"] } as const;
  const { columns, beside, members } = await lookUp(scratch.db, request(keys, byHash));
  expect(JSON.parse(columns[0]!.text)).toEqual([idOf(8), idOf(9), idOf(8), idOf(9)]);
  expect(JSON.parse(beside[0]!.text)).toEqual([0, 0, 2, 2]);
  expect(members).toMatchObject({ missing: ["nothing"] });
});

test("a version holds its own segments alone, and of them no row beyond their size", async () => {
  const { superuser, datasetId } = scratch;
  const [segment] = await superuser<{ segment_id: string }[]>`
    select segment_id from data.version_segments
    where dataset_id = ${datasetId} and version = 2 and first_ordinal = 500`;
  await superuser`
    insert into data.sample_metadata (dataset_id, segment_id, position, created_at, sample_id, feature_hash)
    values (${datasetId}, ${segment!.segment_id}, 500, now(), 'beyond', 'beyond')`;
  const keys = [idOf(499), idOf(500), idOf(999), idOf(1_000), "beyond"];
  const { members, count } = await lookUp(scratch.db, request(keys, { version: 2 }));
  expect(members).toEqual({ version: 2, missing: [idOf(1_000), "beyond"] });
  expect(count).toBe(3);
});

test("too many ids, too many rows of a hash, and versions that cannot be read are refused", async () => {
  const { superuser, datasetId } = scratch;
  await superuser`
    insert into data.versions (dataset_id, version, state) values (${datasetId}, 3, 'draft'), (${datasetId}, 4, 'deleted')`;
  const codeOf = (members: Partial<LookUp>): Promise<unknown> =>
    lookUp(scratch.db, request([idOf(0)], members)).catch(({ code }: { code: unknown }) => code);
  expect(await codeOf({ keys: spread(10_001) })).toBe("TOO_MANY_ROWS");
  expect(await codeOf({ version: 3 })).toBe("VERSION_NOT_SEALED");
  expect(await codeOf({ version: 4 })).toBe("VERSION_DELETED");
  expect(await codeOf({ version: 5 })).toBe("VERSION_NOT_FOUND");
  await superuser`update data.sample_metadata set feature_hash = 'all' where position < 4000 and segment_id <= 30`;
  expect(await codeOf({ keys: ["all"], keyColumn: "feature_hash" })).toBe("TOO_MANY_ROWS");
});
