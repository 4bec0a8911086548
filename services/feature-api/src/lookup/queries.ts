import type { RunOptions } from "@sluice/db";
import { sql } from "kysely";
import type { Stored } from "../values/codec.ts";
import type { Queryable } from "../views/queries.ts";

/** Where an entity's values stand. */
export interface EntityAddress {
  readonly viewId: string;
  readonly entityKey: string;
}

/** An entity's values in one view. */
export interface EntityRow {
  readonly feature_values: Readonly<Record<string, Stored>>;
  readonly event_time: string;
}

/**
 * The rows at `addresses`, each with its position there; those that do not exist are left out.
 *
 * LIMIT 1 keeps the planner from turning the lateral query into a join: with 5,000 keys it may think a hash join over
 * the whole table cheap, and its guess of how many keys an array holds is no better than that. So the plan is one
 * probe of the primary key for each address, whatever the statistics say.
 */
export function findRows(
  db: Queryable,
  projectId: string,
  addresses: readonly EntityAddress[],
  options: Pick<RunOptions, "signal" | "deadline"> = {},
): Promise<(EntityRow & { position: number })[]> {
  const viewIds = addresses.map(({ viewId }) => viewId);
  const entityKeys = addresses.map(({ entityKey }) => entityKey);
  const query = sql<EntityRow & { position: number }>`
    select wanted.position::int4 - 1 as position, found.feature_values, found.event_time
    from unnest(${viewIds}::int8[], ${entityKeys}::text[]) with ordinality as wanted (view_id, entity_key, position)
    cross join lateral (
      select stored.feature_values, stored.event_time
      from features.online_values as stored
      where stored.project_id = ${projectId}::bigint
        and stored.view_id = wanted.view_id
        and stored.entity_key = wanted.entity_key
      limit 1
    ) as found`;
  return db.run("features.find_rows", query, { ...options, idempotent: true });
}

export async function deleteRow(
  db: Queryable,
  projectId: string,
  address: EntityAddress,
): Promise<void> {
  const query = sql`
    delete from features.online_values
    where project_id = ${projectId}::bigint and view_id = ${address.viewId}::bigint
      and entity_key = ${address.entityKey}`;
  await db.run("features.delete_row", query, { idempotent: true });
}
