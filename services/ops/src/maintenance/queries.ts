import type { Queryable } from "@sluice/auth";
import type { KeysetPage } from "@sluice/http";
import { sql } from "kysely";
import type { MaintenanceReport } from "./report.ts";
import type { StatementCounters } from "./statement-counters.ts";

const READ = { idempotent: true };

/** Statements beyond are rare ones that take no time. */
const STATEMENTS = 1_000;
const TEXT_LENGTH = 500;

/** The statements that took most time since their statistics were reset. @throws where pg_stat_statements is missing */
export function readStatementCounters(db: Queryable): Promise<StatementCounters[]> {
  const query = sql<StatementCounters>`
    select query_id::text as query_id, coalesce(role, '') as role, left(min(statement), ${TEXT_LENGTH}) as statement,
      sum(calls)::float8 as calls, sum(total_ms)::float8 as total_ms
    from monitoring.read_statements() where query_id is not null
    group by query_id, role order by sum(total_ms) desc limit ${STATEMENTS}`;
  return db.run("maintenance.statement_counters", query, READ);
}

export interface UnusedIndex {
  readonly index: string;
  readonly table: string;
  readonly size_bytes: number;
}

/** Smaller ones are not worth a line. */
const LEAST_BYTES = 1024 * 1024;

export function readUnusedIndexes(db: Queryable): Promise<UnusedIndex[]> {
  const query = sql<UnusedIndex>`
    select format('%I.%I', schema_name, index_name) as index, format('%I.%I', schema_name, table_name) as table,
      size_bytes::float8 as size_bytes
    from monitoring.index_usage where is_unused and size_bytes >= ${LEAST_BYTES}
    order by size_bytes desc limit 100`;
  return db.run("maintenance.unused_indexes", query, READ);
}

export interface DuplicateIndex {
  readonly table: string;
  /** The one to keep first. */
  readonly indexes: string[];
}

export function readDuplicateIndexes(db: Queryable): Promise<DuplicateIndex[]> {
  const query = sql<DuplicateIndex>`
    select format('%I.%I', n.nspname, t.relname) as table,
      json_agg(format('%I.%I', n.nspname, c.relname) order by i.indisprimary desc, i.indisunique desc, i.indexrelid) as indexes
    from pg_catalog.pg_index i
    join pg_catalog.pg_class c on c.oid = i.indexrelid and c.relkind = 'i'
    join pg_catalog.pg_class t on t.oid = i.indrelid
    join pg_catalog.pg_namespace n on n.oid = t.relnamespace
    where i.indisvalid and n.nspname !~ '^pg_'
    group by n.nspname, t.relname, i.indrelid, c.relam, i.indnkeyatts, i.indkey::text, i.indclass::text,
      i.indcollation::text, i.indoption::text, pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid)
    having count(*) > 1
    order by 1 limit 100`;
  return db.run("maintenance.duplicate_indexes", query, READ);
}

export interface BloatedTable {
  readonly table: string;
  readonly size_bytes: number;
  readonly dead_ratio: number | null;
  readonly estimated_bloat_ratio: number | null;
}

/** A fifth of dead rows is where autovacuum begins; so much bloat is more than it leaves behind. */
const DEAD_RATIO = 0.2;
const BLOAT_RATIO = 0.4;
const TABLE_BYTES = 8 * 1024 * 1024;

export function readBloatedTables(db: Queryable): Promise<BloatedTable[]> {
  const query = sql<BloatedTable>`
    select format('%I.%I', schema_name, table_name) as table, size_bytes::float8 as size_bytes, dead_ratio,
      estimated_bloat_ratio
    from monitoring.table_health
    where size_bytes >= ${TABLE_BYTES} and (dead_ratio > ${DEAD_RATIO} or estimated_bloat_ratio > ${BLOAT_RATIO})
    order by size_bytes desc limit 100`;
  return db.run("maintenance.bloated_tables", query, READ);
}

export interface EarlierSnapshot {
  readonly report_id: string;
  readonly created_at: string;
  readonly snapshot: readonly StatementCounters[];
}

/** The newest that is a week old, six days being enough; else the oldest there is. */
export async function readEarlierSnapshot(db: Queryable): Promise<EarlierSnapshot | undefined> {
  const query = sql<EarlierSnapshot>`
    select report_id::text as report_id, created_at, snapshot from (
      (select report_id, created_at, snapshot, 1 as choice from monitoring.maintenance_reports
        where created_at <= now() - interval '6 days' order by created_at desc limit 1)
      union all
      (select report_id, created_at, snapshot, 2 from monitoring.maintenance_reports order by created_at limit 1)
    ) as earlier order by choice limit 1`;
  const [row] = await db.run("maintenance.earlier_snapshot", query, READ);
  return row;
}

export interface NewReport {
  readonly comparedWith: string | null;
  readonly report: MaintenanceReport;
  readonly markdown: string;
  readonly snapshot: readonly StatementCounters[];
}

/** Stores a report, and forgets those that are older than a year. */
export async function insertReport(db: Queryable, made: NewReport): Promise<string> {
  const query = sql<{ report_id: string }>`
    with old as (
      delete from monitoring.maintenance_reports where created_at < now() - interval '1 year'
    )
    insert into monitoring.maintenance_reports (compared_with, report, markdown, snapshot)
    values (${made.comparedWith}::bigint, ${JSON.stringify(made.report)}::jsonb, ${made.markdown},
      ${JSON.stringify(made.snapshot)}::jsonb)
    returning report_id::text as report_id`;
  const [row] = await db.run("maintenance.insert_report", query);
  return row!.report_id;
}

/** A stored report without what it was made of. */
export interface ReportRow {
  readonly report_id: string;
  readonly created_at: string;
  readonly compared_with: string | null;
  readonly report: MaintenanceReport;
}

/** The newest first. `after` is the id of the last one of the page before. */
export function listReportPage(db: Queryable, { after, rows }: KeysetPage): Promise<ReportRow[]> {
  const query = sql<ReportRow>`
    select report_id::text as report_id, created_at, compared_with::text as compared_with, report
    from monitoring.maintenance_reports
    where ${after === "" ? sql`true` : sql`report_id < ${after}::bigint`}
    order by maintenance_reports.report_id desc limit ${rows}`;
  return db.run("maintenance.list_reports", query, READ);
}

export async function findReport(
  db: Queryable,
  reportId: string,
): Promise<(ReportRow & { readonly markdown: string }) | undefined> {
  const query = sql<ReportRow & { readonly markdown: string }>`
    select report_id::text as report_id, created_at, compared_with::text as compared_with, report, markdown
    from monitoring.maintenance_reports where report_id = ${reportId}::bigint`;
  const [row] = await db.run("maintenance.find_report", query, READ);
  return row;
}
