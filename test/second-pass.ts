/**
 * Test files that a further release of PostgreSQL cannot make fail, with the reason. Everything else is run again on it:
 * every service's statements, roles and migrations, what ops reads of catalogs and statistics, cancelling, deadlines, and
 * concurrent transactions.
 */
export const ALIKE_ON_EVERY_POSTGRES: Readonly<Record<string, string>> = {
  "test/e2e/bench.test.ts": "the benches print what they measure, whatever it is",
  "test/e2e/boot-budget.test.ts": "sums of the profile, before anybody connects",
  "infra/prometheus/prometheus.stack.test.ts": "Prometheus reads what the services export",
  "test/integration/traces.test.ts":
    "spans are the services' own; their statements run in other files",
  "test/integration/plan-order.test.ts":
    "the order is reckoned in data-loader; plans.test.ts reads it",
  "test/integration/plan-encodings.test.ts":
    "encodings are data-loader's; samples.test.ts reads values in each",
  "test/integration/import-bombs.test.ts": "refused by data-loader before a row is stored",
  "test/integration/import-progress.test.ts":
    "events through Redis and memory; imports.test.ts stores",
  "test/integration/claims-wait.test.ts":
    "waiting and waking are training-manager's; claims.test.ts claims",
  "test/integration/auth.test.ts": "caches and Redis; every request of every file looks keys up",
  "test/integration/cli.test.ts": "output and exit codes; ops-admin.test.ts has the statements",
  "test/integration/queue.test.ts": "Redis alone",
  "test/integration/quotas.test.ts": "Redis counts",
  "test/integration/hints.test.ts": "Redis alone",
  "test/integration/gate.test.ts":
    "slots, queues and sockets; database.test.ts has errors and deadlines",
  "test/integration/pgbouncer-console.test.ts": "PgBouncer answers",
  "test/integration/feast-clients.test.ts": "bodies of requests; feast.test.ts has the statements",
  "test/integration/openapi-examples.test.ts": "documents",
};
