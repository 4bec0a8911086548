import { sql } from "kysely";
import type { Mode } from "./decision.ts";
import type { Queryable } from "./queries.ts";

/** The autoscaler as people see it. */
export interface AutoscalerRow {
  readonly mode: Mode;
  readonly mode_set_at: string;
  readonly mode_set_by: string | null;
  /** The instance that acts; null while none does. */
  readonly leader: string | null;
  readonly leader_until: string | null;
  readonly term: string;
}

const COLUMNS = sql`
  mode, mode_set_at, mode_set_by, term,
  case when leader_until > now() then leader end as leader,
  case when leader_until > now() then leader_until end as leader_until`;

export async function findAutoscaler(db: Queryable): Promise<AutoscalerRow> {
  const query = sql<AutoscalerRow>`select ${COLUMNS} from ops.autoscaler where autoscaler_id = 1`;
  const [row] = await db.run("ops.find_autoscaler", query, { idempotent: true });
  return row!;
}

export async function setMode(db: Queryable, mode: Mode, actor: string): Promise<AutoscalerRow> {
  const query = sql<AutoscalerRow>`
    update ops.autoscaler set mode = ${mode}, mode_set_at = now(), mode_set_by = ${actor}
    where autoscaler_id = 1
    returning ${COLUMNS}`;
  const [row] = await db.run("ops.set_mode", query, { idempotent: true });
  return row!;
}
