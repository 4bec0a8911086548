import { type Page, type PageRequest, readPage } from "@sluice/http";
import type { Queryable } from "../queryable.ts";
import { type AuditEntry, listAuditPage } from "./audit-queries.ts";

/** What administrators did, the newest first. @throws SluiceError VALIDATION_FAILED for a bad limit or cursor. */
export function listAuditLog(
  db: Queryable,
  { tenant, ...page }: PageRequest & { tenant?: string | undefined },
): Promise<Page<AuditEntry>> {
  return readPage(
    `audit log ${tenant ?? ""}`,
    page,
    ({ id }: AuditEntry) => id,
    (keyset) => listAuditPage(db, { tenant, ...keyset }),
  );
}
