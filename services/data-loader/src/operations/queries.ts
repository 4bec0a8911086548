import { createHash } from "node:crypto";
import { sql } from "kysely";
import type { Queryable } from "../data-loader.ts";
import type { SampleFilter } from "../selections/sample-filter.ts";

export const OPERATION_KINDS = ["seal", "delete", "select"] as const;
export type OperationKind = (typeof OPERATION_KINDS)[number];

/** What is worked on: a version, that which a selection is made of, or without one the whole dataset. */
export interface OperationRequest {
  readonly version?: number;
  /** Of a selection. */
  readonly filter?: SampleFilter;
}

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
  readonly request: OperationRequest;
  readonly result: Readonly<Record<string, unknown>> | null;
  /** A problem's members. */
  readonly error: Readonly<Record<string, unknown>> | null;
}

export type OperationKey = Pick<OperationRow, "project_id" | "operation_id">;

/** Work that is to be done once. */
export interface NewOperation {
  readonly projectId: string;
  readonly datasetId: string;
  readonly kind: OperationKind;
  readonly request: OperationRequest;
}

const COLUMNS = sql`
  operation.project_id, operation.operation_id, operation.dataset_id, operation.kind, operation.state,
  operation.progress, operation.created_at, operation.updated_at, operation.ended_at, operation.request,
  operation.result, operation.error`;

/** The same work is one operation however often it is asked for: its id follows from what it is. */
function operationId({ datasetId, kind, request }: NewOperation): string {
  const { version, filter } = request;
  const work = JSON.stringify([kind, datasetId, version, filter]);
  const hex = createHash("sha256").update(`operation ${work}`).digest("hex");
  // A UUID of version 8: what it is made of is ours to say (RFC 9562).
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/**
 * Begins an operation, or begins it again when it had failed, or when the version that was selected has been deleted
 * since. Any other stays as it is.
 */
export async function upsertOperation(
  db: Queryable,
  operation: NewOperation,
): Promise<OperationRow> {
  const { projectId, datasetId, kind, request } = operation;
  const id = operationId(operation);
  const query = sql`
    insert into data.operations as operation (project_id, operation_id, dataset_id, kind, request)
    values (${projectId}::bigint, ${id}::uuid, ${datasetId}::bigint, ${kind}, ${JSON.stringify(request)}::jsonb)
    on conflict (project_id, operation_id) do update
    set state = 'pending', progress = 0, updated_at = now(), ended_at = null, result = null, error = null
    where operation.state = 'failed'
      or operation.kind = 'select' and operation.state = 'succeeded' and not exists (
        select from data.versions as selected
        where selected.dataset_id = operation.dataset_id and selected.state = 'sealed'
          and selected.version = (operation.result ->> 'version')::int
      )`;
  await db.run("data.upsert_operation", query, { idempotent: true });
  return (await findOperation(db, { project_id: projectId, operation_id: id }))!;
}

export async function findOperation(
  db: Queryable,
  { project_id, operation_id }: OperationKey,
): Promise<OperationRow | undefined> {
  const query = sql<OperationRow>`
    select ${COLUMNS} from data.operations as operation
    where operation.project_id = ${project_id}::bigint and operation.operation_id = ${operation_id}::uuid`;
  const [row] = await db.run("data.find_operation", query, { idempotent: true });
  return row;
}

/** After how many seconds without a word an operation is taken for one that nobody works on. */
export interface Patience {
  /** One that nobody has begun. */
  readonly pending: number;
  /** One whose worker says every now and then that it goes on. */
  readonly running: number;
}

/** Open operations that nobody works on, the oldest first. */
export function listForsakenOperations(
  db: Queryable,
  { pending, running }: Patience,
): Promise<OperationRow[]> {
  const query = sql<OperationRow>`
    select ${COLUMNS} from data.operations as operation
    where operation.state in ('pending', 'running')
      and operation.updated_at < now() - make_interval(secs => case operation.state
        when 'pending' then ${pending}::double precision else ${running}::double precision end)
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

/** Keeps a running operation from everybody else until the transaction ends. @returns false when it is not running */
export async function lockRunning(
  db: Queryable,
  { project_id, operation_id }: OperationKey,
): Promise<boolean> {
  const query = sql`
    select 1 from data.operations
    where project_id = ${project_id}::bigint and operation_id = ${operation_id}::uuid and state = 'running'
    for update`;
  return (await db.run("data.lock_running", query)).length > 0;
}

/** Gives an operation back that could not be ended, so that it need not be waited for. */
export async function releaseOperation(
  db: Queryable,
  { project_id, operation_id }: OperationKey,
): Promise<void> {
  const query = sql`
    update data.operations set state = 'pending', updated_at = now()
    where project_id = ${project_id}::bigint and operation_id = ${operation_id}::uuid and state = 'running'`;
  await db.run("data.release_operation", query, { idempotent: true });
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

/** Ends an operation with what came of it, unless that was done. */
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
