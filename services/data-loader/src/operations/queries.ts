import { createHash } from "node:crypto";
import { sql } from "kysely";
import type { Queryable } from "../data-loader.ts";

export type OperationKind = "seal" | "delete";

export interface OperationRow {
  readonly project_id: string;
  readonly operation_id: string;
  readonly dataset_id: string;
  readonly kind: OperationKind;
  readonly state: "pending" | "running" | "succeeded" | "failed";
  /** 0 to 1. */
  readonly progress: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly ended_at: string | null;
  readonly request: { readonly version: number };
  readonly result: Readonly<Record<string, unknown>> | null;
  /** A problem's members. */
  readonly error: Readonly<Record<string, unknown>> | null;
}

export type OperationKey = Pick<OperationRow, "project_id" | "operation_id">;

/** Work on a version that is to be done once. */
export interface NewOperation {
  readonly projectId: string;
  readonly datasetId: string;
  readonly kind: OperationKind;
  readonly version: number;
}

const COLUMNS = sql`
  operation.project_id, operation.operation_id, operation.dataset_id, operation.kind, operation.state,
  operation.progress, operation.created_at, operation.updated_at, operation.ended_at, operation.request,
  operation.result, operation.error`;

/** Sealing a version, or deleting it, is one operation however often it is asked for: its id follows from what it is. */
function operationId({ datasetId, kind, version }: NewOperation): string {
  const hash = createHash("sha256").update(`operation\0${kind}\0${datasetId}\0${version}`);
  const hex = hash.digest("hex");
  // A UUID of version 8: what it is made of is ours to say (RFC 9562).
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Begins an operation, or begins it again when it had failed. One that is open or has succeeded stays as it is. */
export async function upsertOperation(
  db: Queryable,
  operation: NewOperation,
): Promise<OperationRow> {
  const { projectId, datasetId, kind, version } = operation;
  const id = operationId(operation);
  const query = sql`
    insert into data.operations as operation (project_id, operation_id, dataset_id, kind, request)
    values (${projectId}::bigint, ${id}::uuid, ${datasetId}::bigint, ${kind}, ${JSON.stringify({ version })}::jsonb)
    on conflict (project_id, operation_id) do update
    set state = 'pending', progress = 0, updated_at = now(), ended_at = null, result = null, error = null
    where operation.state = 'failed'`;
  await db.run("data.upsert_operation", query, { idempotent: true });
  return (await findOperation(db, projectId, id))!;
}

export async function findOperation(
  db: Queryable,
  projectId: string,
  operationId: string,
): Promise<OperationRow | undefined> {
  const query = sql<OperationRow>`
    select ${COLUMNS} from data.operations as operation
    where operation.project_id = ${projectId}::bigint and operation.operation_id = ${operationId}::uuid`;
  const [row] = await db.run("data.find_operation", query, { idempotent: true });
  return row;
}

/** Open operations of which nobody was heard for `seconds`, the oldest first. */
export function listForsakenOperations(db: Queryable, seconds: number): Promise<OperationRow[]> {
  const query = sql<OperationRow>`
    select ${COLUMNS} from data.operations as operation
    where operation.state in ('pending', 'running')
      and operation.updated_at < now() - make_interval(secs => ${seconds}::double precision)
    order by operation.created_at
    limit 100`;
  return db.run("data.list_forsaken_operations", query, { idempotent: true });
}

/**
 * Takes an operation on: the compare-and-set by which one process alone works on it. One that is running is taken over
 * when nothing was heard of it for `seconds`.
 */
export async function claimOperation(
  db: Queryable,
  { project_id, operation_id }: OperationKey,
  seconds: number,
): Promise<boolean> {
  const query = sql`
    update data.operations set state = 'running', updated_at = now()
    where project_id = ${project_id}::bigint and operation_id = ${operation_id}::uuid
      and (state = 'pending'
        or state = 'running' and updated_at < now() - make_interval(secs => ${seconds}::double precision))
    returning 1`;
  return (await db.run("data.claim_operation", query)).length > 0;
}

/** Says that an operation is being worked on, and how far it is. */
export async function touchOperation(
  db: Queryable,
  { project_id, operation_id }: OperationKey,
  progress: number,
): Promise<void> {
  const query = sql`
    update data.operations set updated_at = now(), progress = greatest(progress, ${progress}::double precision)
    where project_id = ${project_id}::bigint and operation_id = ${operation_id}::uuid and state = 'running'`;
  await db.run("data.touch_operation", query, { idempotent: true });
}

/** Ends an operation with what came of it. */
export async function endOperation(
  db: Queryable,
  { project_id, operation_id }: OperationKey,
  { result, error }: { result: object | null; error: object | null },
): Promise<void> {
  const query = sql`
    update data.operations
    set state = case when ${error !== null}::boolean then 'failed' else 'succeeded' end,
      progress = case when ${error !== null}::boolean then progress else 1 end,
      result = ${result && JSON.stringify(result)}::jsonb, error = ${error && JSON.stringify(error)}::jsonb,
      updated_at = now(), ended_at = now()
    where project_id = ${project_id}::bigint and operation_id = ${operation_id}::uuid and state = 'running'`;
  await db.run("data.end_operation", query, { idempotent: true });
}
