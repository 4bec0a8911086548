/** What pg_stat_statements has counted of one statement of one role since its statistics were reset. */
export interface StatementCounters {
  readonly query_id: string;
  readonly role: string;
  readonly statement: string;
  readonly calls: number;
  readonly total_ms: number;
}

/** A statement over a week. */
export interface StatementWeek {
  readonly query_id: string;
  readonly role: string;
  readonly statement: string;
  readonly calls: number;
  readonly total_ms: number;
  readonly mean_ms: number;
  /** Of the week before; null when the statement did not run then. */
  readonly mean_ms_before: number | null;
}
