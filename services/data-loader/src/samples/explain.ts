import type { Queryable } from "../data-loader.ts";
import type { ScratchData } from "../scratch-data.ts";

/** A node of an executed plan, as EXPLAIN shows it. */
export interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Actual Loops": number;
  readonly "Actual Rows": number;
  readonly "Heap Fetches"?: number;
  readonly Plans?: readonly PlanNode[];
}

/** Whether a plan is made for the parameters, or for whatever they are, as the server does with statements used often. */
type PlanKind = "custom" | "generic";

/** For tests: the plans of all statements that `run` sends, executed with the parameters that they have there. */
export async function explain(
  { superuser, db }: Pick<ScratchData, "superuser" | "db">,
  run: (db: Queryable) => Promise<unknown>,
  kind: PlanKind = "custom",
): Promise<PlanNode[]> {
  const nodes: PlanNode[] = [];
  const explaining: Queryable = {
    run: async (operation, query) => {
      const { sql, parameters } = query.compile(db.builder);
      const [row] = await superuser.begin(async (tx) => {
        await tx.unsafe(`set local plan_cache_mode = force_${kind}_plan`);
        await tx.unsafe(`prepare explained as ${sql}`);
        const plan = await tx.unsafe(
          `explain (analyze, format json) execute explained (${parameters.map(literal).join()})`,
        );
        await tx.unsafe("deallocate explained");
        return plan;
      });
      const pending = [row?.["QUERY PLAN"][0].Plan as PlanNode];
      for (const node of pending) {
        nodes.push(node);
        pending.push(...(node.Plans ?? []));
      }
      return db.run(operation, query);
    },
  };
  await run(explaining);
  return nodes;
}

function literal(value: unknown): string {
  if (value === null) return "null";
  const text = Array.isArray(value)
    ? `{${value.map(element).join()}}`
    : `${value as string | number}`;
  return `'${text.replaceAll("'", "''")}'`;
}

function element(value: string | number | null): string {
  return value === null ? "NULL" : JSON.stringify(String(value));
}
