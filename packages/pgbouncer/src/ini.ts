import { DATABASE, type Profile, WORKLOADS } from "@sluice/workloads";
import { isAtLeast, type PgbouncerVersion } from "./version.ts";

/** Where one PgBouncer runs and what it leads to: everything that is not a figure of the profile. */
export interface PgbouncerTarget {
  readonly version: PgbouncerVersion;
  readonly listen: { readonly host: string; readonly port: number };
  readonly postgres: { readonly host: string; readonly port: number };
  readonly userlistFile: string;
  /** What `renderDatabases` gives. A file of its own, so that pool sizes change without touching anything else. */
  readonly databasesFile: string;
  /** May change things on the console (SET, RELOAD, RECONNECT, …). */
  readonly adminUser: string;
  /** May only look (SHOW), beside the workloads' roles: each gate asks at boot what its pooler can do. */
  readonly statsUser: string;
}

/** A comment and the settings that it explains; a value of undefined leaves the setting out. */
type Section = readonly [
  comment: string,
  settings: Readonly<Record<string, string | number | undefined>>,
];

/**
 * The text of `pgbouncer.ini` for one process: transaction mode, every figure from the profile. The aliases stand in
 * `databasesFile`, which it includes.
 * @throws Error when a gate would wait for as long as PgBouncer does: the time-outs have to nest.
 */
export function renderPgbouncerIni(profile: Profile, target: PgbouncerTarget): string {
  assertNesting(profile);
  const sections = [...connections(profile, target), ...limits(profile, target), ...habits()].map(
    renderSection,
  );
  const include = `%include ${target.databasesFile}`;
  return [head(profile), "", include, "", "[pgbouncer]", ...sections].join("\n");
}

/** The text of `databasesFile`: one alias for each workload. */
export function renderDatabases(
  profile: Profile,
  target: Pick<PgbouncerTarget, "version" | "postgres">,
): string {
  return [head(profile), "", "[databases]", ...aliases(profile, target), ""].join("\n");
}

function head({ name }: Profile): string {
  return `; Generated from infra/workloads.yaml, profile "${name}": edit that, not this.`;
}

function assertNesting(profile: Profile): void {
  const limit = profile.pgbouncer.query_wait_timeout_ms;
  for (const workload of WORKLOADS) {
    const { acquire_timeout_ms } = profile.workloads[workload];
    if (acquire_timeout_ms < limit) continue;
    throw new Error(
      `Profile "${profile.name}": acquire_timeout_ms of ${workload} (${acquire_timeout_ms}) must be less than ` +
        `query_wait_timeout_ms (${limit}), or a full pool looks like a dead database.`,
    );
  }
}

function aliases(
  profile: Profile,
  { version, postgres }: Pick<PgbouncerTarget, "version" | "postgres">,
): string[] {
  // 1.24 renamed the database's option (pgbouncer#1232).
  const reserve = isAtLeast(version, { major: 1, minor: 24 })
    ? "reserve_pool_size"
    : "reserve_pool";
  return WORKLOADS.map((workload) => {
    const { alias, pool_size, reserve_pool_size } = profile.workloads[workload];
    const server = `host=${postgres.host} port=${postgres.port} dbname=${DATABASE}`;
    return `${alias} = ${server} pool_size=${pool_size} ${reserve}=${reserve_pool_size}`;
  });
}

function connections(profile: Profile, target: PgbouncerTarget): Section[] {
  const roles = WORKLOADS.map((workload) => profile.workloads[workload].role);
  return [
    [
      "TCP only.",
      { listen_addr: target.listen.host, listen_port: target.listen.port, unix_socket_dir: "" },
    ],
    [
      "The userlist holds SCRAM secrets, equal to PostgreSQL's: what a client proves here is what logs in there.",
      {
        auth_type: "scram-sha-256",
        auth_file: target.userlistFile,
        admin_users: target.adminUser,
      },
    ],
    [
      "May look at the console, not touch it: the workloads' roles ask at boot what this PgBouncer can do.",
      { stats_users: [target.statsUser, ...roles].join(", ") },
    ],
  ];
}

function limits({ pgbouncer }: Profile, { version }: PgbouncerTarget): Section[] {
  const prepares = isAtLeast(version, { major: 1, minor: 21 });
  return [
    [
      "The backlog is as long as the client limit: a storm of new clients is queued, not retried by the kernel after 1 s.",
      {
        pool_mode: "transaction",
        max_client_conn: pgbouncer.max_client_conn,
        listen_backlog: pgbouncer.max_client_conn,
        max_prepared_statements: prepares ? pgbouncer.max_prepared_statements : undefined,
      },
    ],
    [
      "Longer than any gate waits: a full pool is reported by the gate.",
      {
        query_wait_timeout: seconds(pgbouncer.query_wait_timeout_ms),
        reserve_pool_timeout: seconds(pgbouncer.reserve_pool_timeout_ms),
      },
    ],
    [
      "The pause after a failed login to PostgreSQL is most of the recovery time (the default is 15 s).",
      {
        server_login_retry: seconds(pgbouncer.server_login_retry_ms),
        server_connect_timeout: seconds(pgbouncer.server_connect_timeout_ms),
        server_idle_timeout: seconds(pgbouncer.server_idle_timeout_ms),
        server_lifetime: seconds(pgbouncer.server_lifetime_ms),
      },
    ],
    [
      "A peer that acknowledges nothing (milliseconds) for as long as a connect may take is gone; idle links are probed that often.",
      {
        tcp_user_timeout: pgbouncer.server_connect_timeout_ms,
        tcp_keepalive: 1,
        tcp_keepidle: seconds(pgbouncer.server_connect_timeout_ms, Math.ceil),
        tcp_keepintvl: seconds(pgbouncer.server_connect_timeout_ms, Math.ceil),
        tcp_keepcnt: 3,
      },
    ],
  ];
}

function habits(): Section[] {
  return [
    [
      "JDBC and psycopg send extra_float_digits at startup; it has been PostgreSQL's default since version 12.",
      { ignore_startup_parameters: "extra_float_digits" },
    ],
    [
      "PostgreSQL sees PgBouncer's address only: the client's goes into application_name.",
      { application_name_add_host: 1 },
    ],
    [
      "Thousands of clients come and go; what fails is logged, what works is counted (SHOW STATS).",
      { log_connections: 0, log_disconnections: 0, log_pooler_errors: 1, log_stats: 0 },
    ],
  ];
}

function renderSection([comment, settings]: Section): string {
  const lines = Object.entries(settings).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key} = ${value}`.trimEnd()],
  );
  return [`; ${comment}`, ...lines, ""].join("\n");
}

/** PgBouncer counts time in seconds, and takes fractions (1.18 shows server_login_retry = 0.25 as it was set). */
function seconds(ms: number, round: (value: number) => number = (value) => value): number {
  return round(ms / 1000);
}
