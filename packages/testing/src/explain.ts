import type { Database } from "@sluice/db";
import type { Sql } from "postgres";
import type { ScratchDatabase } from "./scratch-database.ts";

/** A node of a plan, as EXPLAIN (FORMAT JSON) writes it. */
export interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  /** Mean over the loops. */
  readonly "Actual Rows"?: number;
  readonly "Actual Loops"?: number;
  readonly Plans?: readonly PlanNode[];
}

/**
 * All nodes of the plan by which the server carries `statement` out. What it changes is undone, and it gets no rows.
 * @param superuser a single connection to the scratch database
 */
export async function explain(
  { db }: Pick<ScratchDatabase, "db">,
  superuser: Sql,
  statement: (db: Pick<Database<unknown>, "run">) => Promise<unknown>,
): Promise<PlanNode[]> {
  const nodes: PlanNode[] = [];
  await statement({
    run: async (_operation, query) => {
      const { sql, parameters } = query.compile(db.builder);
      await superuser.unsafe("begin");
      const [row] = await superuser.unsafe(
        `explain (analyze, format json) ${sql}`,
        parameters as string[],
      );
      await superuser.unsafe("rollback");
      nodes.push(row?.["QUERY PLAN"][0].Plan as PlanNode);
      return [];
    },
  });
  for (const node of nodes) nodes.push(...(node.Plans ?? []));
  return nodes;
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
