import type { KeysetPage } from "@sluice/http";
import { sql } from "kysely";
import type { Queryable } from "../queryable.ts";

/** One action of an administrator, as the API shows it. */
export interface AuditEntry {
  readonly id: string;
  readonly at: string;
  readonly actor: string;
  /** What was done: `tenant.create`, `key.revoke`, … */
  readonly action: string;
  readonly tenant: string | null;
  readonly target: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly request_id: string | null;
}

export interface NewAuditEntry {
  readonly actor: string;
  readonly action: string;
  /** null = it is no tenant's affair. */
  readonly tenant: string | null;
  /** A name, or the id of a key. */
  readonly target: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly requestId: string | null;
}

export async function insertAuditEntry(db: Queryable, entry: NewAuditEntry): Promise<void> {
  const query = sql`
    insert into auth.audit_log (actor, action, tenant, target, details, request_id)
    values (${entry.actor}, ${entry.action}, ${entry.tenant}, ${entry.target},
      ${JSON.stringify(entry.details ?? {})}::jsonb, ${entry.requestId})`;
  await db.run("auth.insert_audit_entry", query);
}

/** The newest first, of one tenant or of all; each from an index. */
export function listAuditPage(
  db: Queryable,
  { tenant, after, rows }: KeysetPage & { tenant: string | undefined },
): Promise<AuditEntry[]> {
  const before = after === "" ? sql`true` : sql`entry_id < ${after}::bigint`;
  const query = sql<AuditEntry>`
    select entry_id as id, at, actor, action, tenant, target, details, request_id
    from auth.audit_log
    where ${before} and ${tenant === undefined ? sql`true` : sql`tenant = ${tenant}`}
    order by entry_id desc limit ${rows}`;
  return db.run("auth.list_audit_entries", query, { idempotent: true });
}
