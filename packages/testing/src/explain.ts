import { type Database, parameterText } from "@sluice/db";
import type { ReservedSql, Sql } from "postgres";
import type { ScratchDatabase } from "./scratch-database.ts";

/** A node of an executed plan, as EXPLAIN (ANALYZE, FORMAT JSON) writes it. */
export interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  /** Mean over the loops. */
  readonly "Actual Rows"?: number;
  readonly "Actual Loops"?: number;
  /** Of an index-only scan: rows that were looked at in the table all the same. */
  readonly "Heap Fetches"?: number;
  readonly Plans?: readonly PlanNode[];
}

/** Whether a plan is made for the parameters, or for whatever they are, as the server does with statements used often. */
export type PlanKind = "custom" | "generic";

/**
 * All nodes of the plans by which the server carries out what `statements` runs. What a statement changes is undone; its
 * rows come as the driver of the superuser's connection reads them.
 * @param superuser connections to the scratch database
 */
export async function explain(
  { db }: Pick<ScratchDatabase, "db">,
  superuser: Sql,
  statements: (db: Pick<Database<unknown>, "run">) => Promise<unknown>,
  kind: PlanKind = "custom",
): Promise<PlanNode[]> {
  const nodes: PlanNode[] = [];
  await statements({
    run: async (_operation, query) => {
      const { sql, parameters } = query.compile(db.builder);
      await using session = await reserve(superuser);
      const { plan, rows } = await explainOne(session.sql, sql, parameters, kind);
      nodes.push(plan);
      return rows as never[];
    },
  });
  for (const node of nodes) nodes.push(...(node.Plans ?? []));
  return nodes;
}

async function reserve(superuser: Sql): Promise<AsyncDisposable & { readonly sql: ReservedSql }> {
  const sql = await superuser.reserve();
  return { sql, [Symbol.asyncDispose]: async () => sql.release() };
}

async function explainOne(
  session: ReservedSql,
  sql: string,
  parameters: readonly unknown[],
  kind: PlanKind,
): Promise<{ plan: PlanNode; rows: object[] }> {
  await session.unsafe(`prepare explained as ${sql}`);
  await session.unsafe("begin");
  try {
    await session.unsafe(`set local plan_cache_mode = force_${kind}_plan`);
    const values = parameters.length === 0 ? "" : `(${parameters.map(literal).join()})`;
    const [row] = await session.unsafe(`explain (analyze, format json) execute explained${values}`);
    const rows = await session.unsafe(`execute explained${values}`);
    return { plan: row?.["QUERY PLAN"][0].Plan as PlanNode, rows: [...rows] };
  } finally {
    await session.unsafe("rollback");
    await session.unsafe("deallocate explained");
  }
}

function literal(value: unknown): string {
  const text = parameterText(value);
  return text === null ? "null" : `'${text.replaceAll("'", "''")}'`;
}

/** The index, or else the kind of scan, and the number of rows of each node that reads the table. */
export function readsOf(nodes: readonly PlanNode[], table: string): [string, number][] {
  const isRead = (node: PlanNode): boolean =>
    node["Node Type"] === "Bitmap Index Scan"
      ? node["Index Name"]?.startsWith(`${table}_`) === true
      : node["Node Type"].endsWith("Scan") && node["Relation Name"] === table;
  return nodes
    .filter(isRead)
    .map((node) => [
      node["Index Name"] ?? node["Node Type"],
      (node["Actual Rows"] ?? 0) * (node["Actual Loops"] ?? 0),
    ]);
}
