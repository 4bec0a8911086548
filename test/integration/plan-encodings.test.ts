import { createHash } from "node:crypto";
import { readStack } from "@sluice/testing";
import { RecordBatchReader } from "apache-arrow";
import { beforeAll, expect, test } from "vitest";
import { dataProject } from "./data-project.ts";
import { openSuperuser } from "./open-database.ts";
import { type Plan, type PlanProject, planProject, type Slice, stepPath } from "./plan-project.ts";

let project: PlanProject;

beforeAll(async () => {
  project = await planProject();
});

interface End {
  readonly count: number;
  readonly sha256: string;
}

test.each(["identity", "gzip", "zstd"])("a step comes as rows too (%s)", async (coding) => {
  const plan = await project.makePlan({ version: 2, seed: 9, batch_size: 40, tail: "pad_masked" });
  const path = stepPath(plan, 1, "0-2", 1, 2);
  const { slices } = await project.read<{ slices: Slice[] }>(path);
  const rowsOf = ({ step, ordinals, columns, mask }: Slice) =>
    ordinals.map((ordinal, index) => ({
      step,
      ordinal,
      mask: mask![index],
      sample_id: columns.sample_id[index],
    }));
  const expected = slices.flatMap(rowsOf);
  const headers = { accept: "application/x-ndjson", "accept-encoding": coding };
  const answer = await project.send("GET", path, undefined, { headers });
  expect(answer.headers.get("content-type")).toBe("application/x-ndjson");
  expect(answer.headers.get("content-encoding")).toBe(coding === "identity" ? null : coding);
  const lines = answer.text.trimEnd().split("\n");
  const { _end: end } = JSON.parse(lines.pop()!) as { _end: End };
  const sha256 = createHash("sha256")
    .update(`${lines.join("\n")}\n`)
    .digest("hex");
  expect(end).toEqual({
    count: 60,
    sha256,
    plan_id: plan.plan_id,
    epoch: 1,
    rank: 1,
    world_size: 2,
  });
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject(expected);
});

test("a step comes as an Arrow stream, a batch each", async () => {
  const plan = await project.makePlan({ version: 2, seed: 9, batch_size: 40 });
  const path = stepPath(plan, 1, "1-2");
  const { slices } = await project.read<{ slices: Slice[] }>(path);
  const { url } = readStack().services["data-loader"]!;
  const accept = "application/vnd.apache.arrow.stream";
  const headers = { authorization: `Bearer ${project.key}`, accept };
  const response = await fetch(`${url}/v1/projects/${project.project}${path}`, { headers });
  expect(response.headers.get("content-type")).toBe(accept);
  const batches = [...RecordBatchReader.from(await response.bytes())];
  expect(batches.map(({ numRows }) => numRows)).toEqual([...slices.map(({ count }) => count), 0]);
  for (const [index, { step, ordinals, columns }] of slices.entries()) {
    const column = (name: string): unknown[] => [...(batches[index]!.getChild(name) ?? [])];
    expect(column("step")).toEqual(ordinals.map(() => BigInt(step)));
    expect(column("ordinal")).toEqual(ordinals.map(BigInt));
    expect(column("sample_id")).toEqual(columns.sample_id);
  }
  const end = JSON.parse(batches.at(-1)!.metadata.get("_end")!) as object;
  expect(end).toMatchObject({ plan_id: plan.plan_id, epoch: 1 });
});

test("an answer is as large as its columns may be, and no larger", async () => {
  const own = await dataProject();
  await own.makeVersion({ version: 1, prefix: "s", segments: [60] });
  await using superuser = openSuperuser();
  // 60 mebibytes of attributes; as stored they take a few kilobytes each.
  await superuser`
    update data.sample_metadata set attributes = jsonb_build_object('text', repeat('x', 1048000))
    where dataset_id = ${own.datasetId}`;
  const plan = async (batch: number): Promise<Plan> => {
    const columns = ["sample_id", "attributes"];
    const members = { dataset: "samples", batch_size: batch, columns };
    return JSON.parse((await own.send("POST", "/plans", members)).text) as Plan;
  };
  const refused = await own.send("GET", stepPath(await plan(40), 0, 0));
  expect([refused.status, refused.json().code]).toEqual([422, "TOO_MANY_ROWS"]);
  expect((await own.send("GET", stepPath(await plan(20), 0, 0))).status).toBe(200);
  const sample_ids = Array.from({ length: 40 }, (_, n) => `s${String(n).padStart(9, "0")}`);
  const lookUp = (ids: readonly string[], columns: readonly string[]) =>
    own.send("POST", "/datasets/samples/samples:lookup", { version: 1, sample_ids: ids, columns });
  expect((await lookUp(sample_ids, ["attributes"])).json().code).toBe("TOO_MANY_ROWS");
  expect((await lookUp(sample_ids, ["sample_id", "uri"])).status).toBe(200);
  expect((await lookUp(sample_ids.slice(0, 10), ["attributes"])).status).toBe(200);
  // Pages are shorter, and none is lost.
  const found: unknown[] = [];
  for (let cursor = ""; ;) {
    const path = `/datasets/samples/versions/1/samples?limit=100&columns=sample_id,attributes${cursor}`;
    const { text } = await own.send("GET", path);
    expect(text.length).toBeLessThan(33 * 1024 * 1024);
    const page = JSON.parse(text) as { columns: Slice["columns"]; next_cursor: string | null };
    found.push(...page.columns.sample_id);
    if (page.next_cursor === null) break;
    cursor = `&cursor=${page.next_cursor}`;
  }
  expect(found).toEqual(Array.from({ length: 60 }, (_, n) => `s${String(n).padStart(9, "0")}`));
});
