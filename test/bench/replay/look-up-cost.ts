import pg from "pg";
import type postgres from "postgres";
import { median } from "../table.ts";
import { hashOf } from "./hash-of.ts";
import type { SluiceRequests } from "./sluice-requests.ts";

const REPEATS = 20;
const MANY = 1_000;

/** Milliseconds, as medians. */
export interface LookUpCost {
  /** Blocks that PostgreSQL reads for one sample by its hash, and milliseconds in the server. */
  readonly one: { readonly blocks: number; readonly ms: number; readonly node: string };
  /** A thousand samples, as the platform asks for them. */
  readonly thousand: number;
}

/** Of the report's statement before its cure, and after; `url` is where the platform sends them. */
export async function sqlCost(
  superuser: postgres.Sql,
  {
    url,
    table,
    samples,
    together,
  }: { url: string; table: "before" | "cured"; samples: number; together: boolean },
): Promise<LookUpCost> {
  const columns = together ? "sample_id, label, created_at" : "*";
  const from = `select ${columns} from replay.samples_${table} where dataset_id = 1 and feature_hash`;
  const hashes = (): string[] =>
    Array.from({ length: MANY }, () => hashOf(Math.floor(Math.random() * samples)));
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const read = async (): Promise<void> => {
    if (together) await client.query(`${from} = any($1)`, [hashes()]);
    else for (const hash of hashes()) await client.query(`${from} = $1`, [hash]);
  };
  const thousand = await medianTime(read);
  await client.end();
  return { one: await explain(superuser, `${from} = '${hashOf(samples >> 1)}'`), thousand };
}

/** Of Sluice: over HTTP, and the statement behind it on the covered columns. */
export async function sluiceCost(
  superuser: postgres.Sql,
  { project, samples }: SluiceRequests,
): Promise<LookUpCost> {
  const thousand = await medianTime(async () => {
    const ids = Array.from({ length: MANY }, () => idOf(Math.floor(Math.random() * samples)));
    const body = { version: 1, sample_ids: ids, columns: ["sample_id", "label", "created_at"] };
    const { status, text } = await project.send("POST", `${project.dataset}/samples:lookup`, body);
    if (status !== 200) throw new Error(text);
  });
  const [row] = await superuser<{ feature_hash: string }[]>`
    select feature_hash from data.sample_metadata where dataset_id = ${project.datasetId} limit 1`;
  const statement = `select sample_id, label, created_at from data.sample_metadata
    where dataset_id = ${project.datasetId} and feature_hash = '${row!.feature_hash}'`;
  return { one: await explain(superuser, statement), thousand };
}

async function medianTime(work: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const since = performance.now();
    await work();
    times.push(performance.now() - since);
  }
  return median(times);
}

interface PlanNode {
  readonly "Node Type": string;
  readonly "Shared Hit Blocks": number;
  readonly "Shared Read Blocks": number;
}

async function explain(superuser: postgres.Sql, statement: string): Promise<LookUpCost["one"]> {
  const plans: { blocks: number; ms: number; node: string }[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const [row] = await superuser.unsafe<
      { "QUERY PLAN": [{ Plan: PlanNode; "Execution Time": number }] }[]
    >(`explain (analyze, buffers, format json) ${statement}`);
    const [{ Plan: plan, "Execution Time": ms }] = row!["QUERY PLAN"];
    const blocks = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"];
    plans.push({ blocks, ms, node: plan["Node Type"] });
  }
  const pick = (of: (plan: (typeof plans)[number]) => number): number => median(plans.map(of));
  return { blocks: pick(({ blocks }) => blocks), ms: pick(({ ms }) => ms), node: plans[0]!.node };
}

/** As `makeSealedVersion` names them. */
function idOf(sample: number): string {
  return `s${String(sample).padStart(9, "0")}`;
}
