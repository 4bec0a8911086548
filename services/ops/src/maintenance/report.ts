import type { Queryable } from "@sluice/auth";
import { compareWeeks, type StatementChanges } from "./compare-weeks.ts";
import { renderMarkdown } from "./markdown.ts";
import {
  type BloatedTable,
  type DuplicateIndex,
  insertReport,
  readBloatedTables,
  readDuplicateIndexes,
  readEarlierSnapshot,
  readStatementCounters,
  readUnusedIndexes,
  type UnusedIndex,
} from "./queries.ts";

/** What a week has come to. */
export interface MaintenanceReport {
  /** When the counters were read that the statements are compared with; null in the first report. */
  readonly since: string | null;
  readonly statements: StatementChanges;
  readonly unused_indexes: UnusedIndex[];
  readonly duplicate_indexes: DuplicateIndex[];
  readonly bloated_tables: BloatedTable[];
}

export interface MadeReport {
  readonly report_id: string;
  readonly report: MaintenanceReport;
  readonly markdown: string;
}

/** Reads the statistics, compares them with the week before, and stores the report. Two at once make two reports. */
export async function makeReport(db: Queryable): Promise<MadeReport> {
  const snapshot = await readStatementCounters(db);
  const earlier = await readEarlierSnapshot(db);
  const report: MaintenanceReport = {
    since: earlier?.created_at ?? null,
    statements: compareWeeks(earlier?.snapshot, snapshot),
    unused_indexes: await readUnusedIndexes(db),
    duplicate_indexes: await readDuplicateIndexes(db),
    bloated_tables: await readBloatedTables(db),
  };
  const markdown = renderMarkdown(report);
  const comparedWith = earlier?.report_id ?? null;
  const report_id = await insertReport(db, { comparedWith, report, markdown, snapshot });
  return { report_id, report, markdown };
}
