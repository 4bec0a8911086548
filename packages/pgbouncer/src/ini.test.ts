import { loadWorkloads, type Profile, selectProfile } from "@sluice/workloads";
import { expect, test } from "vitest";
import { type PgbouncerTarget, renderDatabases, renderPgbouncerIni } from "./ini.ts";

const local = selectProfile(loadWorkloads(), "local");
const target: PgbouncerTarget = {
  version: { major: 1, minor: 18 },
  listen: { host: "127.0.0.1", port: 7111 },
  postgres: { host: "127.0.0.1", port: 7110 },
  userlistFile: "/state/pgbouncer/userlist.txt",
  databasesFile: "/state/pgbouncer/databases.ini",
  adminUser: "sluice_console",
  statsUser: "sluice_stats",
};

/** A profile with round figures of its own, so that the exact text below does not depend on workloads.yaml. */
function figures(): Profile {
  const workload = (name: string, pool_size: number) => ({
    ...local.workloads.feature,
    role: `sluice_${name}`,
    alias: `sluice_${name}`,
    acquire_timeout_ms: 10_000,
    pool_size,
    reserve_pool_size: 1,
  });
  return {
    ...local,
    name: "exact",
    pgbouncer: {
      processes: 1,
      max_client_conn: 500,
      query_wait_timeout_ms: 240_000,
      server_login_retry_ms: 250,
      reserve_pool_timeout_ms: 3_000,
      server_idle_timeout_ms: 600_000,
      server_lifetime_ms: 3_600_000,
      server_connect_timeout_ms: 5_000,
      max_prepared_statements: 200,
    },
    workloads: {
      feature: workload("feature", 6),
      training: workload("training", 5),
      sample: workload("sample", 4),
      import: workload("import", 3),
      admin: workload("admin", 2),
      monitor: workload("monitor", 1),
    },
  };
}

test("pgbouncer.ini, to the letter", () => {
  expect(renderPgbouncerIni(figures(), target)).toMatchInlineSnapshot(`
    "; Generated from infra/workloads.yaml, profile "exact": edit that, not this.

    %include /state/pgbouncer/databases.ini

    [pgbouncer]
    ; TCP only.
    listen_addr = 127.0.0.1
    listen_port = 7111
    unix_socket_dir =

    ; The userlist holds SCRAM secrets, equal to PostgreSQL's: what a client proves here is what logs in there.
    auth_type = scram-sha-256
    auth_file = /state/pgbouncer/userlist.txt
    admin_users = sluice_console

    ; May look at the console, not touch it: the workloads' roles ask at boot what this PgBouncer can do.
    stats_users = sluice_stats, sluice_feature, sluice_training, sluice_sample, sluice_import, sluice_admin, sluice_monitor

    ; The backlog is as long as the client limit: a storm of new clients is queued, not retried by the kernel after 1 s.
    pool_mode = transaction
    max_client_conn = 500
    listen_backlog = 500

    ; Longer than any gate waits: a full pool is reported by the gate.
    query_wait_timeout = 240
    reserve_pool_timeout = 3

    ; The pause after a failed login to PostgreSQL is most of the recovery time (the default is 15 s).
    server_login_retry = 0.25
    server_connect_timeout = 5
    server_idle_timeout = 600
    server_lifetime = 3600

    ; A peer that acknowledges nothing (milliseconds) for as long as a connect may take is gone; idle links are probed that often.
    tcp_user_timeout = 5000
    tcp_keepalive = 1
    tcp_keepidle = 5
    tcp_keepintvl = 5
    tcp_keepcnt = 3

    ; JDBC and psycopg send extra_float_digits at startup; it has been PostgreSQL's default since version 12.
    ignore_startup_parameters = extra_float_digits

    ; PostgreSQL sees PgBouncer's address only: the client's goes into application_name.
    application_name_add_host = 1

    ; Thousands of clients come and go; what fails is logged, what works is counted (SHOW STATS).
    log_connections = 0
    log_disconnections = 0
    log_pooler_errors = 1
    log_stats = 0
    "
  `);
});

test("the aliases, to the letter", () => {
  expect(renderDatabases(figures(), target)).toMatchInlineSnapshot(`
    "; Generated from infra/workloads.yaml, profile "exact": edit that, not this.

    [databases]
    sluice_feature = host=127.0.0.1 port=7110 dbname=sluice pool_size=6 reserve_pool=1
    sluice_training = host=127.0.0.1 port=7110 dbname=sluice pool_size=5 reserve_pool=1
    sluice_sample = host=127.0.0.1 port=7110 dbname=sluice pool_size=4 reserve_pool=1
    sluice_import = host=127.0.0.1 port=7110 dbname=sluice pool_size=3 reserve_pool=1
    sluice_admin = host=127.0.0.1 port=7110 dbname=sluice pool_size=2 reserve_pool=1
    sluice_monitor = host=127.0.0.1 port=7110 dbname=sluice pool_size=1 reserve_pool=1
    "
  `);
});

test("prepared statements are configured where PgBouncer knows them", () => {
  const ini = (minor: number): string =>
    renderPgbouncerIni(local, { ...target, version: { major: 1, minor } });
  expect(ini(20)).not.toContain("max_prepared_statements");
  expect(ini(21)).toContain(
    `max_prepared_statements = ${local.pgbouncer.max_prepared_statements}\n`,
  );
});

test("the reserve of an alias is named as the version names it", () => {
  const databases = (minor: number): string =>
    renderDatabases(local, { ...target, version: { major: 1, minor } });
  expect(databases(23)).toMatch(/ reserve_pool=\d/);
  expect(databases(24)).toMatch(/ reserve_pool_size=\d/);
});

test("a gate that waits as long as PgBouncer is refused", () => {
  const profile = figures();
  const nested = { ...profile, pgbouncer: { ...profile.pgbouncer, query_wait_timeout_ms: 10_000 } };
  expect(() => renderPgbouncerIni(nested, target)).toThrow(
    'Profile "exact": acquire_timeout_ms of feature (10000) must be less than query_wait_timeout_ms (10000)',
  );
});
