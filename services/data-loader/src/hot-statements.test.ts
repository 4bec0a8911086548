import {
  explain,
  makeSealedVersion,
  type PlanKind,
  type PlanNode,
  vacuumSamples,
} from "@sluice/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Queryable } from "./data-loader.ts";
import { findDataset, listDatasets } from "./datasets/queries.ts";
import { findPart, listParts } from "./imports/queries.ts";
import { findPartStatus, touchUpload } from "./imports/upload-queries.ts";
import {
  claimOperation,
  findOperation,
  listForsakenOperations,
  touchOperation,
  upsertOperation,
} from "./operations/queries.ts";
import { define } from "./plans/definition.ts";
import { Plan } from "./plans/plan.ts";
import { findPlan, findSample, findVersionByFingerprint } from "./plans/queries.ts";
import { readSteps } from "./plans/step-slices.ts";
import { DEFAULT_COLUMNS } from "./samples/columns.ts";
import { lookUp } from "./samples/look-up.ts";
import { openScratchData, type ScratchData } from "./scratch-data.ts";
import { choosePositions } from "./selections/queries.ts";
import { selectSamples } from "./selections/select-samples.ts";
import type { Layout } from "./versions/layout.ts";
import { readLayout } from "./versions/layouts.ts";
import { findLatestVersion, findVersion, listSegments, listVersions } from "./versions/queries.ts";

const ROWS = 150_000;
const SEGMENTS = 15;
const KINDS: readonly PlanKind[] = ["custom", "generic"];

let scratch: ScratchData;
let projectId: string;
let layouts: Record<number, Layout>;

beforeAll(async () => {
  scratch = await openScratchData("import");
  const { superuser, db, datasetId } = scratch;
  const segments = Array.from({ length: SEGMENTS }, () => ROWS / SEGMENTS);
  await makeSealedVersion(superuser, datasetId, { version: 1, prefix: "a", segments });
  await superuser`update data.datasets set versions = 1`;
  const [project] = await superuser<{ project_id: string }[]>`select project_id from auth.projects`;
  projectId = project!.project_id;
  const request = { version: 1, filter: { labels: ["label 1"] } };
  const key = await upsertOperation(db, { projectId, datasetId, kind: "select", request });
  await claimOperation(db, key, 60);
  await selectSamples(db, key, () => undefined);
  await fill(scratch);
  await vacuumSamples(superuser);
  await superuser`vacuum analyze`;
  layouts = {
    1: await readLayout(db, datasetId, 1),
    2: await readLayout(db, datasetId, 2),
  };
}, 120_000);

afterAll(() => scratch.stop());

/** So many datasets, versions, plans and operations that no index is left out for being as long as its table. */
async function fill({ superuser }: ScratchData): Promise<void> {
  await superuser`
    insert into data.datasets (project_id, name) select ${projectId}, 'd' || n from generate_series(1, 3000) as n`;
  await superuser`
    insert into data.versions (dataset_id, version, state, samples, fingerprint)
    select dataset_id, 1 + n, 'sealed', 1, 'f' || dataset_id || n from data.datasets cross join generate_series(1, 5) as n
    where name <> 'scratch'`;
  await superuser`
    insert into data.plans (project_id, plan_id, dataset_id, version, definition)
    select ${projectId}, 'p' || dataset_id || '-' || version, dataset_id, version, '{}' from data.versions`;
  await superuser`
    insert into data.segments (dataset_id, source_segment_id)
    select dataset_id, min(segment_id) from data.segments group by dataset_id`;
  await superuser`
    insert into data.selected_blocks (dataset_id, segment_id, block, bits)
    select dataset_id, segment_id, n, decode(repeat('00', 1024), 'hex')
    from data.segments cross join generate_series(1, 3000) as n where state = 'loading'`;
  await superuser`
    insert into data.uploads (dataset_id, version, part, segment_id)
    select dataset_id, version, 'main', 0 from data.versions`;
  await superuser`
    insert into data.operations (project_id, operation_id, dataset_id, kind, state, request, ended_at)
    select ${projectId}, gen_random_uuid(), dataset_id, 'seal', 'succeeded', '{}', now() from data.datasets`;
}

const addressOf = (version: number) => ({ datasetId: scratch.datasetId, version });

const readsOfTable = (nodes: readonly PlanNode[], table: string): PlanNode[] =>
  nodes.filter((node) => node["Relation Name"] === table);

function planOf(version: number, members: { shuffle: "full" | "block"; batch_size: number }): Plan {
  const { samples } = layouts[version]!;
  const request = {
    dataset: "scratch",
    seed: "7",
    block_size: members.shuffle === "block" ? 1_000 : null,
    tail: "short" as const,
    columns: DEFAULT_COLUMNS,
    ...members,
  };
  const definition = define(request, { version, fingerprint: "f", samples: String(samples) });
  return new Plan("plan", scratch.datasetId, definition);
}

function readStep(db: Queryable, plan: Plan, step: number): Promise<unknown> {
  const of = () => Promise.resolve(layouts[plan.definition.version]!);
  const request = {
    epoch: 3,
    firstStep: step,
    lastStep: step,
    isRange: false,
    rank: 0,
    worldSize: 1,
  };
  return readSteps(db, { of } as never, plan, request);
}

describe.each(KINDS)("with a %s plan", (kind) => {
  const explained = (run: (db: Queryable) => Promise<unknown>): Promise<PlanNode[]> =>
    explain(scratch, scratch.superuser, run, kind);

  test.each([1, 2])("a shuffled step of version %i is one descent a sample", async (version) => {
    const plan = planOf(version, { shuffle: "full", batch_size: 256 });
    const nodes = await explained((db) => readStep(db, plan, plan.steps.count - 2));
    const [scan, ...others] = readsOfTable(nodes, "sample_metadata");
    expect(others).toEqual([]);
    expect(scan).toMatchObject({
      "Node Type": "Index Scan",
      "Index Name": "sample_metadata_pkey",
    });
    // Two that happen to be neighbours are read at once.
    expect(scan!["Actual Loops"]).toBeGreaterThan(250);
    expect(scan!["Actual Loops"]! * scan!["Actual Rows"]!).toBeCloseTo(256, 0);
  });

  test("a step that is shuffled by blocks reads ranges", async () => {
    const plan = planOf(1, { shuffle: "block", batch_size: 1_000 });
    const nodes = await explained((db) => readStep(db, plan, 77));
    expect(readsOfTable(nodes, "sample_metadata")).toMatchObject([
      { "Node Type": "Index Scan", "Index Name": "sample_metadata_pkey" },
    ]);
  });

  test("a look-up in a selection reads the index alone, and a block for each sample that is there", async () => {
    const keys = Array.from({ length: 300 }, (_, n) => `a${String(n * 499).padStart(9, "0")}`);
    const nodes = await explained((db) =>
      lookUp(db, { ...addressOf(2), keyColumn: "sample_id", keys, columns: DEFAULT_COLUMNS }),
    );
    expect(readsOfTable(nodes, "sample_metadata")).toMatchObject([
      {
        "Node Type": "Index Only Scan",
        "Index Name": "sample_metadata_sample_id_idx",
        "Actual Loops": 300,
        "Heap Fetches": 0,
      },
    ]);
    expect(readsOfTable(nodes, "selected_blocks")).toMatchObject([
      { "Node Type": "Index Scan", "Index Name": "selected_blocks_pkey", "Actual Loops": 300 },
    ]);
  });

  test("what a selection chooses from is read along the primary key, and lists are hashed", async () => {
    const [first] = layouts[1]!.segmentIds;
    const sample_ids = Array.from({ length: 5_000 }, (_, n) => `a${String(n).padStart(9, "0")}`);
    const nodes = await explained((db) =>
      choosePositions(db, scratch.datasetId, first!, { first: 0, last: 4_999 }, { sample_ids }),
    );
    const scans = readsOfTable(nodes, "sample_metadata") as (PlanNode & { Filter?: string })[];
    expect(scans).toMatchObject([
      { "Actual Rows": 5_000, Filter: expect.stringContaining("hashed SubPlan") },
    ]);
    const indexes = nodes.flatMap((node) => node["Index Name"] ?? []);
    expect(indexes).toEqual(["sample_metadata_pkey"]);
  });

  test("finding a sample's place is one probe of the index, which has the place", async () => {
    const { datasetId } = scratch;
    const nodes = await explained((db) =>
      findSample(db, datasetId, "a000077777", layouts[2]!.segmentIds),
    );
    expect(readsOfTable(nodes, "sample_metadata")).toMatchObject([
      {
        "Node Type": "Index Only Scan",
        "Index Name": "sample_metadata_sample_id_idx",
        "Heap Fetches": 0,
      },
    ]);
  });

  const page = { after: "", rows: 101 };
  const operation = () => ({
    project_id: projectId,
    operation_id: "00000000-0000-8000-8000-000000000000",
  });
  const uploadKey = { datasetId: "1", segmentId: "1", version: 1, part: "main" };
  const STATEMENTS: Readonly<Record<string, (db: Queryable) => Promise<unknown>>> = {
    "finding a dataset": (db) => findDataset(db, projectId, "scratch"),
    "listing datasets": (db) => listDatasets(db, projectId, { ...page, after: "d2" }),
    "finding a version": (db) => findVersion(db, scratch.datasetId, 1),
    "finding the newest version": (db) => findLatestVersion(db, scratch.datasetId),
    "finding a version by its content": (db) =>
      findVersionByFingerprint(db, scratch.datasetId, "f"),
    "listing versions": (db) => listVersions(db, scratch.datasetId, page),
    "listing segments": (db) => listSegments(db, scratch.datasetId, 1),
    "finding a plan": (db) => findPlan(db, projectId, "p1"),
    "finding a part": (db) => findPart(db, scratch.datasetId, 1, "main"),
    "listing parts": (db) => listParts(db, scratch.datasetId, 1, page),
    "telling how far a part is": (db) =>
      findPartStatus(db, { datasetId: scratch.datasetId, version: 1, part: "main" }),
    "saying how far an upload is": (db) =>
      touchUpload(db, uploadKey, { rows: 2, bytes: 2, rowsCommitted: 1 }),
    "finding an operation": (db) => findOperation(db, operation()),
    "claiming an operation": (db) => claimOperation(db, operation(), 60),
    "touching an operation": (db) => touchOperation(db, operation(), 0.5),
    "listing open operations": (db) => listForsakenOperations(db, { pending: 5, running: 60 }),
  };

  test.each(Object.entries(STATEMENTS))("%s looks at an index", async (_what, run) => {
    const nodes = await explained(run);
    // A table of one page is read as it is.
    const large = new Set([
      "datasets",
      "versions",
      "plans",
      "operations",
      "sample_metadata",
      "uploads",
    ]);
    const scans = nodes.filter((node) => large.has(node["Relation Name"] ?? ""));
    const kinds = scans.map((node) => node["Node Type"]).filter((type) => type.endsWith("Scan"));
    expect(kinds).not.toContain("Seq Scan");
    const rows = scans.map((node) => (node["Actual Rows"] ?? 0) * (node["Actual Loops"] ?? 0));
    expect(Math.max(0, ...rows)).toBeLessThanOrEqual(101);
  });
});
