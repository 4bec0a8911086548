import { listAuditLog, listKeys, listProjects, listTenants, type Queryable } from "@sluice/auth";
import { explain, openScratchDatabase, type PlanKind, type ScratchDatabase } from "@sluice/testing";
import postgres, { type Sql } from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listAlertPage } from "./alerts/queries.ts";
import type { Decision } from "./autoscaler/decision.ts";
import { findIntent, listPoolSizes, recordDecision } from "./autoscaler/queries.ts";
import { findOpenChange, listChangesPage } from "./config-changes/queries.ts";
import { listReportPage, readEarlierSnapshot } from "./maintenance/queries.ts";
import {
  BATCH,
  forgetAlerts,
  forgetAuditLog,
  forgetConfigChanges,
  type Forget,
  forgetScalingEvents,
} from "./retention/queries.ts";
import { forgetOld } from "./retention/retention.ts";
import { listEventsPage } from "./scaling-events/queries.ts";

const ROWS = 20_000;
/** Row n is so many hours old: the oldest are more than two years. */
const AGE = `(${ROWS} - n) * interval '1 hour'`;
const YEAR = 365;

let scratch: ScratchDatabase;
let superuser: Sql;
let tenantId: string;

beforeAll(async () => {
  scratch = await openScratchDatabase("monitor");
  superuser = postgres(scratch.superuserUrl, { max: 2, onnotice: () => {} });
  await superuser.unsafe(`
    insert into auth.tenants (name) select 't' || lpad(n::text, 6, '0') from generate_series(1, ${ROWS}) n;
    insert into auth.projects (tenant_id, name)
      select (select min(tenant_id) from auth.tenants) + n % 10, 'p' || n from generate_series(1, ${ROWS}) n;
    insert into auth.api_keys (key_id, tenant_id, name, secret_sha256, scopes)
      select 'k' || n, nullif((select min(tenant_id) from auth.tenants) + n % 10, (select min(tenant_id) from auth.tenants)), 'k', sha256(n::text::bytea), '{admin}'
      from generate_series(1, ${ROWS}) n;
    insert into auth.audit_log (at, actor, action, tenant, target, details)
      select now() - ${AGE}, 'key:x', 'key.create', 't' || n % 10, 'x', '{}' from generate_series(1, ${ROWS}) n;
    insert into monitoring.alerts (fingerprint, starts_at, ends_at, name, receiver, labels, annotations, generator_url, updated_at)
      select md5(n::text), now() - ${AGE}, case when n % 3 > 0 then now() - ${AGE} end, 'A', 'r', '{}', '{}', '',
        now() - ${AGE} from generate_series(1, ${ROWS}) n;
    insert into ops.scaling_events (at, last_at, alias, action, reason, outcome, size_before, size_asked, detail, actor, term)
      select now() - ${AGE}, now() - ${AGE}, 'a' || n % 6, 'hold', 'steady', 'none', 1, 1, '', 'test', 1
      from generate_series(1, ${ROWS}) n;
    insert into ops.pool_sizes (alias, pool_size, configured, event_id)
      select 'a0', 1, 1, min(event_id) from ops.scaling_events;
    insert into ops.config_changes (created_at, finished_at, window_seconds, state, author, reason, expected_effect, rollback, target, settings)
      select now() - ${AGE}, now() - ${AGE}, 1, 'rolled_out', 'test', '', '', '', '{}', '{}'
      from generate_series(1, ${ROWS}) n;
    insert into monitoring.maintenance_reports (created_at, report, markdown, snapshot)
      select now() - ${AGE}, '{}', '', '[]' from generate_series(1, ${ROWS}) n;
    analyze`);
  const [row] = await superuser`select min(tenant_id) as id from auth.tenants`;
  tenantId = row!["id"] as string;
}, 120_000);
afterAll(async () => {
  await superuser.end();
  await scratch.stop();
});

const LARGE = new Set([
  "tenants",
  "projects",
  "api_keys",
  "audit_log",
  "alerts",
  "maintenance_reports",
  "scaling_events",
  "config_changes",
]);
const page = { after: "", rows: 101 };
/** A page in the middle: after the ten-thousandth row. */
const middle = { after: "10000", rows: 101 };
const alert = { ...page, after: `${new Date(Date.now() - 1e10).toISOString()} a` };
const decision: Decision = {
  alias: "a1",
  action: "hold",
  reason: "steady",
  from: 1,
  to: 1,
  detail: "",
  seen: undefined,
};

const STATEMENTS: Readonly<Record<string, (db: Queryable) => Promise<unknown>>> = {
  tenants: (db) => listTenants(db),
  "one tenant": (db) => listTenants(db, { only: tenantId }),
  projects: (db) => listProjects(db, { tenant: "t000001" }),
  "keys of a tenant": (db) => listKeys(db, { tenant: "t000001" }),
  "keys of the platform": (db) => listKeys(db, { tenant: null }),
  "the audit log": (db) => listAuditLog(db, {}),
  "the audit log of a tenant": (db) => listAuditLog(db, { tenant: "t7" }),
  alerts: (db) => listAlertPage(db, { ...page, state: undefined }),
  "alerts, further on": (db) => listAlertPage(db, { ...alert, state: undefined }),
  "alerts that have ended": (db) => listAlertPage(db, { ...alert, state: "resolved" }),
  "scaling events": (db) => listEventsPage(db, { ...middle, alias: undefined }),
  "scaling events of an alias": (db) => listEventsPage(db, { ...middle, alias: "a1" }),
  "configuration changes": (db) => listChangesPage(db, middle),
  "maintenance reports": (db) => listReportPage(db, middle),
  "the report of a week ago": (db) => readEarlierSnapshot(db),
  "the change in flight": (db) => findIntent(db),
  "the change on trial": (db) => findOpenChange(db),
  "sizes of pools": (db) => listPoolSizes(db),
  "a decision that repeats itself": (db) => recordDecision(db, decision, "none", "test", false),
};
const CASES = Object.entries(STATEMENTS).flatMap(([what, run]) =>
  (["custom", "generic"] as const).map((kind): [string, PlanKind, typeof run] => [what, kind, run]),
);

test.each(CASES)("%s (%s plan) comes from an index, as it is sorted", async (_what, kind, run) => {
  const nodes = await explain(scratch, superuser, run, kind);
  // Two rows may be sorted: one tenant, or the two that the report of a week ago is chosen from.
  const sorts = nodes.filter((node) => node["Node Type"] === "Sort");
  expect(Math.max(0, ...sorts.map((node) => node["Actual Rows"] ?? 0))).toBeLessThanOrEqual(2);
  const scans = nodes.filter((node) => LARGE.has(node["Relation Name"] ?? ""));
  expect(scans.map((node) => node["Node Type"])).not.toContain("Seq Scan");
  const rows = scans.map((node) => (node["Actual Rows"] ?? 0) * (node["Actual Loops"] ?? 0));
  expect(Math.max(0, ...rows)).toBeLessThanOrEqual(101);
});

const FORGETTING: Readonly<Record<string, Forget>> = {
  alerts: forgetAlerts,
  audit_log: forgetAuditLog,
  scaling_events: forgetScalingEvents,
  config_changes: forgetConfigChanges,
};

test.each(Object.entries(FORGETTING))(
  "a batch of old rows of %s is found by an index, and no more is looked at",
  async (table, forget) => {
    for (const kind of ["custom", "generic"] as const) {
      const nodes = await explain(scratch, superuser, (db) => forget(db, YEAR), kind);
      const scans = nodes.filter(
        (node) => node["Relation Name"] === table && node["Node Type"].endsWith("Scan"),
      );
      expect(scans.map((node) => node["Node Type"])).not.toContain("Seq Scan");
      const rows = scans.map((node) => (node["Actual Rows"] ?? 0) * (node["Actual Loops"] ?? 0));
      expect(Math.max(...rows)).toBeLessThanOrEqual(BATCH);
    }
  },
);

const KEPT = {
  SLUICE_ALERTS_DAYS: 90,
  SLUICE_AUDIT_DAYS: 400,
  SLUICE_SCALING_EVENTS_DAYS: 90,
  SLUICE_CONFIG_CHANGES_DAYS: 400,
};

test("what is older than is kept is forgotten, and what counts still is not", async () => {
  const forgotten = await forgetOld(scratch.db, KEPT);
  const old = (days: number) => ROWS - days * 24;
  expect(forgotten.alerts).toBeCloseTo(old(90), -1);
  expect(forgotten.audit).toBeCloseTo(old(400), -1);
  expect(forgotten.scaling).toBeCloseTo(old(90) - 1, -1);
  expect(forgotten.changes).toBeCloseTo(old(400), -1);
  const [row] = await superuser`
    select count(*)::int as kept from ops.scaling_events where event_id in (select event_id from ops.pool_sizes)`;
  expect(row).toEqual({ kept: 1 });
  expect(await forgetOld(scratch.db, KEPT)).toEqual({
    alerts: 0,
    audit: 0,
    scaling: 0,
    changes: 0,
  });
});

test("nobody can take young lines out of the audit log", async () => {
  expect(await forgetAuditLog(scratch.db, 0)).toBeGreaterThan(0);
  const [row] = await superuser`
    select count(*)::int as lines from auth.audit_log where at >= now() - interval '90 days'`;
  await forgetOld(scratch.db, { ...KEPT, SLUICE_AUDIT_DAYS: 0 });
  const [after] = await superuser`select count(*)::int as lines from auth.audit_log`;
  expect(after).toEqual(row);
});
