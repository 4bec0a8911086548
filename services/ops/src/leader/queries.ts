import type { Database } from "@sluice/db";
import { sql } from "kysely";
import type { Mode } from "../autoscaler/decision.ts";

export type Queryable = Pick<Database<unknown>, "run">;

export interface LeaseRow {
  readonly is_leader: boolean;
  /** Of the lease; int8 as text. */
  readonly term: string;
  readonly mode: Mode;
}

/**
 * Takes or renews the lease, if it is free, run out or the caller's own: a compare-and-set on one row. A lease that
 * changes hands, or that had run out, begins a new term.
 */
export async function takeLease(db: Queryable, holder: string, leaseMs: number): Promise<LeaseRow> {
  const isFree = sql`(leader = ${holder} or leader_until < now())`;
  const continues = sql`(leader = ${holder} and leader_until >= now())`;
  const query = sql<LeaseRow>`
    update ops.autoscaler set
      term = case when ${continues} or not ${isFree} then term else term + 1 end,
      leader_until = case when ${isFree} then now() + ${leaseMs}::float8 * interval '1 ms' else leader_until end,
      leader = case when ${isFree} then ${holder} else leader end
    where autoscaler_id = 1
    returning leader = ${holder} as is_leader, term, mode`;
  const [row] = await db.run("ops.take_lease", query, { idempotent: true });
  if (row === undefined)
    throw new Error("ops.autoscaler has lost its row; migration 0007 makes it");
  return row;
}

/** Lets the next instance begin at once. */
export async function giveUpLease(db: Queryable, holder: string, term: string): Promise<void> {
  const query = sql`
    update ops.autoscaler set leader = null, leader_until = '-infinity'
    where autoscaler_id = 1 and leader = ${holder} and term = ${term}::bigint`;
  await db.run("ops.give_up_lease", query, { idempotent: true });
}
