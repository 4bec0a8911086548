import { sql } from "kysely";
import type { Queryable } from "../data-loader.ts";
import type { Definition } from "./definition.ts";

export interface PlanRow {
  readonly plan_id: string;
  readonly dataset_id: string;
  readonly definition: Definition;
}

/** Keeps a plan. One that is there already is the same: its name is the hash of its content. */
export async function insertPlan(
  db: Queryable,
  projectId: string,
  { plan_id, dataset_id, definition }: PlanRow,
): Promise<void> {
  const query = sql`
    insert into data.plans (project_id, plan_id, dataset_id, version, definition)
    values (${projectId}::bigint, ${plan_id}, ${dataset_id}::bigint, ${definition.version}::int,
      ${JSON.stringify(definition)}::jsonb)
    on conflict do nothing`;
  await db.run("data.insert_plan", query, { idempotent: true });
}

export async function findPlan(
  db: Queryable,
  projectId: string,
  planId: string,
): Promise<PlanRow | undefined> {
  const query = sql<PlanRow>`
    select plan_id, dataset_id, definition from data.plans
    where project_id = ${projectId}::bigint and plan_id = ${planId}`;
  const [row] = await db.run("data.find_plan", query, { idempotent: true });
  return row;
}

/** The version of a dataset whose content has this fingerprint. */
export async function findVersionByFingerprint(
  db: Queryable,
  datasetId: string,
  fingerprint: string,
): Promise<number | undefined> {
  const query = sql<{ version: number }>`
    select version from data.versions
    where dataset_id = ${datasetId}::bigint and fingerprint = ${fingerprint}
    order by version limit 1`;
  const [row] = await db.run("data.find_version_by_fingerprint", query, { idempotent: true });
  return row?.version;
}

/** Where samples with an id stand in some segments, which may hold rows that no version at hand has. */
export function findSample(
  db: Queryable,
  datasetId: string,
  sampleId: string,
  segments: readonly string[],
): Promise<{ segment_id: string; position: number }[]> {
  const query = sql<{ segment_id: string; position: number }>`
    select segment_id, position from data.sample_metadata
    where dataset_id = ${datasetId}::bigint and sample_id = ${sampleId}
      and segment_id = any(${segments}::bigint[])`;
  return db.run("data.find_sample", query, { idempotent: true });
}
