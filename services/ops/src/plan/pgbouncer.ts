import { type PgbouncerTarget, renderDatabases, renderPgbouncerIni } from "@sluice/pgbouncer";
import { type Profile, WORKLOADS } from "@sluice/workloads";
import { type Explanations, type PlannedLine, explainLines } from "./planned-line.ts";

/** What a plan assumes; the local stack renders the same file with its own. */
const TARGET: PgbouncerTarget = {
  version: { major: 1, minor: 24 },
  listen: { host: "127.0.0.1", port: 6432 },
  postgres: { host: "127.0.0.1", port: 5432 },
  userlistFile: "/etc/pgbouncer/userlist.txt",
  databasesFile: "/etc/pgbouncer/databases.ini",
  adminUser: "sluice_console",
  statsUser: "sluice_stats",
};

const RELOAD = "the former line, and RELOAD on the console";
const RESTART = "the former line, and a restart of PgBouncer";
const NONE = "None.";

const ALIAS = {
  reason:
    "The workload's share of the cores of one PgBouncer: the report's size at 32 cores, and never less than isolates it.",
  effect: "The workload has these server connections, and no other workload can take them.",
  risk: "Larger than the cores can serve, all of them get slower; smaller, callers wait at the gate.",
  way_back: RELOAD,
};

const EXPLANATIONS: Explanations = {
  ...Object.fromEntries(WORKLOADS.map((name) => [`sluice_${name}`, ALIAS])),
  listen_addr: {
    reason: "Change it to the address that services reach.",
    effect: "Who may connect at all.",
    risk: "On a public address only SCRAM and the firewall stand before it.",
    way_back: RESTART,
  },
  listen_port: {
    reason: "PgBouncer's own.",
    effect: "Where it listens.",
    risk: NONE,
    way_back: RESTART,
  },
  unix_socket_dir: {
    reason: "Everybody comes by TCP.",
    effect: "No socket in the file system.",
    risk: NONE,
    way_back: RESTART,
  },
  auth_type: {
    reason: "Secrets as PostgreSQL stores them.",
    effect: "PgBouncer knows no password, and passes the client's proof on.",
    risk: "Drivers older than 2018 cannot log in.",
    way_back: RELOAD,
    field_report: {
      value: "md5",
      why: "whoever reads a userlist with MD5 hashes can log in with them.",
    },
  },
  auth_file: {
    reason: "The same secrets as PostgreSQL's.",
    effect: "Who may log in.",
    risk: "A role whose password changes in PostgreSQL alone cannot log in.",
    way_back: RELOAD,
  },
  admin_users: {
    reason: "A user of its own, that exists in PgBouncer alone.",
    effect: "Who may SET, RELOAD and RECONNECT.",
    risk: "It can stop everything: its password belongs to the autoscaler and to operators.",
    way_back: RELOAD,
  },
  stats_users: {
    reason: "The gates ask at boot what their pooler can do.",
    effect: "Who may SHOW.",
    risk: NONE,
    way_back: RELOAD,
  },
  pool_mode: {
    reason:
      "Thousands of clients on a few dozen connections need it, and Sluice keeps no session state.",
    effect: "A server connection is lent for one transaction.",
    risk: "SET, LISTEN, session locks and temporary tables do not work: `sluice doctor` looks for them.",
    way_back: "session, a restart, and as many server connections as clients",
  },
  max_client_conn: {
    reason:
      "10,000 clients on 64 cores as in the report, in proportion; the budget fills 80 % of it at most.",
    effect: "Clients beyond it are refused at once.",
    risk: "Each needs a file: see LimitNOFILE.",
    way_back: RELOAD,
    field_report: {
      value: "10000",
      why: "this is the limit of each process, and there are two on that machine: 10,000 in all.",
    },
  },
  listen_backlog: {
    reason: "As long as the client limit.",
    effect: "A storm of new clients is queued by the kernel.",
    risk: "Cut to net.core.somaxconn.",
    way_back: RESTART,
  },
  max_prepared_statements: {
    reason: "As many as our services have, twice; needs PgBouncer 1.21.",
    effect: "Statements are parsed once for each server connection.",
    risk: "After a change of a table `cached plan must not change result type`: RECONNECT.",
    way_back: "0 and RELOAD; services find out at their next start",
  },
  query_wait_timeout: {
    reason: "Longer than any gate waits (180 s).",
    effect: "A full pool is reported by the gate, with its name.",
    risk: "A client without a gate waits that long.",
    way_back: RELOAD,
  },
  reserve_pool_timeout: {
    reason: "The report's 3 s.",
    effect: "When the oldest client has waited that long, the reserve is opened.",
    risk: NONE,
    way_back: RELOAD,
  },
  server_login_retry: {
    reason: "The pause after a failed login is most of the time of a recovery (15 s by default).",
    effect: "The first query succeeds a quarter of a second after PostgreSQL is back.",
    risk: "So often is a server tried that is down.",
    way_back: RELOAD,
  },
  server_connect_timeout: {
    reason: "Login in a network of one's own takes milliseconds.",
    effect: "A host that does not answer is given up.",
    risk: "Too short across regions.",
    way_back: RELOAD,
    field_report: { value: "15", why: "clients would wait 15 s for a host that is gone." },
  },
  server_idle_timeout: {
    reason: "The report's.",
    effect: "Connections that nobody needs are closed.",
    risk: "Shorter, and a burst has to open them again.",
    way_back: RELOAD,
  },
  server_lifetime: {
    reason: "The report's.",
    effect: "Memory that a backend has gathered is given back.",
    risk: NONE,
    way_back: RELOAD,
  },
  tcp_user_timeout: {
    reason: "As long as a connect may take.",
    effect: "A peer that vanished without a word is noticed.",
    risk: "A network that stalls longer loses its connections.",
    way_back: RELOAD,
  },
  tcp_keepalive: {
    reason: "Needed by the next three.",
    effect: "Idle links are probed.",
    risk: NONE,
    way_back: RELOAD,
  },
  tcp_keepidle: {
    reason: "As above.",
    effect: "First probe after so many seconds.",
    risk: NONE,
    way_back: RELOAD,
  },
  tcp_keepintvl: { reason: "As above.", effect: "Then so often.", risk: NONE, way_back: RELOAD },
  tcp_keepcnt: {
    reason: "As above.",
    effect: "Given up after so many.",
    risk: NONE,
    way_back: RELOAD,
  },
  ignore_startup_parameters: {
    reason: "JDBC and psycopg send it; it has been PostgreSQL's default since 12.",
    effect: "They can connect.",
    risk: "Never add statement_timeout here: it would be dropped without a word.",
    way_back: RELOAD,
  },
  application_name_add_host: {
    reason: "PostgreSQL sees PgBouncer's address only.",
    effect: "The client's address in pg_stat_activity.",
    risk: NONE,
    way_back: RELOAD,
  },
  log_connections: {
    reason: "Thousands of clients come and go.",
    effect: "The log has what failed.",
    risk: "No record of who came.",
    way_back: RELOAD,
    field_report: {
      value: "1",
      why: "a deploy of 50 jobs × 20 workers writes a thousand lines; SHOW STATS counts.",
    },
  },
  log_disconnections: {
    reason: "As log_connections.",
    effect: "As log_connections.",
    risk: "As log_connections.",
    way_back: RELOAD,
    field_report: { value: "1", why: "as log_connections." },
  },
  log_pooler_errors: {
    reason: "The report's.",
    effect: "What PgBouncer refuses is logged.",
    risk: NONE,
    way_back: RELOAD,
  },
  log_stats: {
    reason: "Metrics have it.",
    effect: "No line a minute.",
    risk: NONE,
    way_back: RELOAD,
  },
  default_pool_size: {
    reason: "Every alias has its own pool_size, and there is no `*` entry.",
    effect: "Not set: it applies to nobody.",
    risk: NONE,
    way_back: RELOAD,
    field_report: {
      value: "25",
      why: "one number for all modules lets the largest starve the others.",
    },
  },
  query_timeout: {
    reason: "statement_timeout stands on each role.",
    effect: "Not set: PostgreSQL ends the statement and keeps the connection.",
    risk: "A role without its time-out is unbounded: `sluice doctor` looks for it.",
    way_back: RELOAD,
    field_report: {
      value: "300",
      why: "it cuts the connection, and the statement goes on in the server.",
    },
  },
};

/** Settings of the report that a plan leaves out on purpose. */
const LEFT_OUT = ["default_pool_size", "query_timeout"];

/** Each line of pgbouncer.ini and databases.ini, explained, and what is left out. */
export function planPgbouncer(profile: Profile): PlannedLine[] {
  const text = Object.values(renderPgbouncer(profile)).join("\n");
  const settings = [...text.matchAll(/^([a-z_]+) =(.*)$/gm)].map(([, name = "", value = ""]) => [
    name,
    value.trim(),
  ]);
  const absent = LEFT_OUT.map((name) => [name, "not set"]);
  return explainLines(Object.fromEntries([...settings, ...absent]), EXPLANATIONS);
}

/** The files themselves, as packages/pgbouncer renders them for every installation. */
export function renderPgbouncer(profile: Profile): Record<string, string> {
  return {
    [TARGET.databasesFile]: renderDatabases(profile, TARGET),
    "/etc/pgbouncer/pgbouncer.ini": renderPgbouncerIni(profile, TARGET),
  };
}
