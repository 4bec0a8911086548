/** How the text of a column is read. */
type Kind = "text" | "number";

/** Older names of a column, by its newest name. */
const FORMER_NAMES: Readonly<Record<string, string>> = {
  reserve_pool_size: "reserve_pool", // renamed in 1.24
};

/**
 * The console's SHOW commands that Sluice reads, and the columns it wants of each. Releases from 1.18 to 1.25
 * differ in columns; one that is not there is null, one that is not listed here is left out.
 */
export const VIEWS = {
  pools: {
    database: "text",
    user: "text",
    cl_active: "number",
    cl_waiting: "number",
    sv_active: "number",
    sv_idle: "number",
    sv_used: "number",
    sv_tested: "number",
    sv_login: "number",
    maxwait: "number",
    maxwait_us: "number",
    pool_mode: "text",
  },
  databases: {
    name: "text",
    host: "text",
    port: "number",
    database: "text",
    pool_size: "number",
    min_pool_size: "number",
    reserve_pool_size: "number",
    max_connections: "number",
    current_connections: "number",
    paused: "number",
    disabled: "number",
  },
  stats_totals: {
    database: "text",
    xact_count: "number",
    query_count: "number",
    bytes_received: "number",
    bytes_sent: "number",
    xact_time: "number",
    query_time: "number",
    wait_time: "number",
  },
  clients: {
    user: "text",
    database: "text",
    state: "text",
    addr: "text",
    port: "number",
    connect_time: "text",
    request_time: "text",
    wait: "number",
    wait_us: "number",
    ptr: "text",
    link: "text",
    application_name: "text",
  },
  servers: {
    user: "text",
    database: "text",
    state: "text",
    addr: "text",
    port: "number",
    connect_time: "text",
    request_time: "text",
    ptr: "text",
    link: "text",
    remote_pid: "number",
    application_name: "text",
  },
  lists: { list: "text", items: "number" },
  config: { key: "text", value: "text", default: "text", changeable: "text" },
  version: { version: "text" },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Kind>>>>;

export type ViewName = keyof typeof VIEWS;

/** One row of a SHOW command. */
export type ViewRow<V extends ViewName> = {
  readonly [C in keyof (typeof VIEWS)[V]]: (typeof VIEWS)[V][C] extends "number"
    ? number | null
    : string | null;
};

/** The columns of each view, worked out once: rows are read each second. */
const COLUMNS = Object.fromEntries(
  Object.entries(VIEWS).map(([view, columns]) => [view, Object.entries(columns)]),
) as Record<string, [column: string, kind: Kind][]> as Readonly<Record<ViewName, [string, Kind][]>>;

/** Reads a row of the console by column names. */
export function readViewRow<V extends ViewName>(
  view: V,
  raw: Readonly<Record<string, unknown>>,
): ViewRow<V> {
  const row: Record<string, string | number | null> = {};
  for (const [column, kind] of COLUMNS[view]) {
    const value = raw[column] ?? raw[FORMER_NAMES[column] ?? column] ?? null;
    row[column] = value === null ? null : readValue(value, kind);
  }
  return row as ViewRow<V>;
}

function readValue(value: unknown, kind: Kind): string | number | null {
  if (kind === "text") return String(value);
  const number = Number(value);
  return Number.isFinite(number) && value !== "" ? number : null;
}
