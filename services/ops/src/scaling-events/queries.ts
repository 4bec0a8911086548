import type { Database } from "@sluice/db";
import type { KeysetPage } from "@sluice/http";
import { sql } from "kysely";
import type { Decision, Outcome, Reason } from "../autoscaler/decision.ts";

/** A decision of the autoscaler and what became of it. */
export interface ScalingEvent {
  readonly id: string;
  readonly at: string;
  readonly last_at: string;
  readonly finished_at: string | null;
  readonly repeats: number;
  readonly alias: string;
  readonly action: Decision["action"];
  readonly reason: Reason;
  readonly outcome: Outcome;
  readonly size_before: number;
  readonly size_asked: number;
  readonly size_read_back: number | null;
  readonly servers_after: number | null;
  readonly actor: string;
  readonly term: string;
  readonly detail: string;
  readonly seen: Record<string, unknown> | null;
}

/** The newest first, of one alias or of all; each from an index. */
export function listEventsPage(
  db: Pick<Database<unknown>, "run">,
  { alias, after, rows }: KeysetPage & { alias: string | undefined },
): Promise<ScalingEvent[]> {
  const before = after === "" ? sql`true` : sql`event_id < ${after}::bigint`;
  const query = sql<ScalingEvent>`
    select event_id as id, at, last_at, finished_at, repeats, alias, action, reason, outcome, size_before, size_asked,
      size_read_back, servers_after, actor, term, detail, seen
    from ops.scaling_events
    where ${before} and ${alias === undefined ? sql`true` : sql`alias = ${alias}`}
    order by event_id desc limit ${rows}::int`;
  return db.run("ops.list_scaling_events", query, { idempotent: true });
}
