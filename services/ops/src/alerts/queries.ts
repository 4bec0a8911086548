import type { Queryable } from "@sluice/auth";
import type { KeysetPage } from "@sluice/http";
import { sql } from "kysely";

type Texts = Readonly<Record<string, string>>;

/** An alert as Alertmanager tells of it. Times are RFC 3339 in UTC. */
export interface ReportedAlert {
  readonly fingerprint: string;
  readonly starts_at: string;
  readonly ends_at: string | null;
  readonly name: string;
  readonly severity: string | null;
  readonly receiver: string;
  readonly labels: Texts;
  readonly annotations: Texts;
  readonly generator_url: string;
}

/** A row of monitoring.alerts. */
export interface AlertRow extends ReportedAlert {
  readonly received_at: string;
  readonly updated_at: string;
}

/**
 * Stores alerts, none twice in one call; what is told last of one counts. Rows are locked in the order of their keys, so
 * that two messages about the same alerts do not deadlock.
 */
export async function upsertAlerts(db: Queryable, alerts: readonly ReportedAlert[]): Promise<void> {
  const query = sql`
    insert into monitoring.alerts (fingerprint, starts_at, ends_at, name, severity, receiver, labels, annotations, generator_url)
    select fingerprint, starts_at, ends_at, name, severity, receiver, labels, annotations, generator_url
    from jsonb_to_recordset(${JSON.stringify(alerts)}::jsonb) as told (fingerprint text, starts_at timestamptz,
      ends_at timestamptz, name text, severity text, receiver text, labels jsonb, annotations jsonb, generator_url text)
    order by fingerprint, starts_at
    on conflict (fingerprint, starts_at) do update set ends_at = excluded.ends_at, name = excluded.name,
      severity = excluded.severity, receiver = excluded.receiver, labels = excluded.labels,
      annotations = excluded.annotations, generator_url = excluded.generator_url, updated_at = now()`;
  await db.run("monitoring.upsert_alerts", query, { idempotent: true });
}

export type AlertState = "firing" | "resolved";

/** Those that began last first. `after` is `<starts_at> <fingerprint>` of the last one of the page before. */
export function listAlertPage(
  db: Queryable,
  { state, after, rows }: KeysetPage & { state: AlertState | undefined },
): Promise<AlertRow[]> {
  const [startsAt = "", fingerprint = ""] = after.split(" ");
  const rest =
    after === ""
      ? sql`true`
      : sql`(starts_at, fingerprint) < (${startsAt}::timestamptz, ${fingerprint})`;
  const wanted = { firing: sql`ends_at is null`, resolved: sql`ends_at is not null` };
  const query = sql<AlertRow>`
    select fingerprint, starts_at, ends_at, name, severity, receiver, labels, annotations, generator_url, received_at,
      updated_at
    from monitoring.alerts
    where ${rest} and ${state === undefined ? sql`true` : wanted[state]}
    order by starts_at desc, fingerprint desc limit ${rows}`;
  return db.run("monitoring.list_alerts", query, { idempotent: true });
}
