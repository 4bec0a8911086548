import type { Queryable } from "../queryable.ts";
import { type AdminStore, audited } from "./audited.ts";
import { invalidArgument } from "@sluice/http";
import { type Quotas, findQuotas, upsertQuotas } from "./queries.ts";
import { tenantNotFound } from "./tenants.ts";

/** The quotas of a tenant, in the order in which they are listed. */
export const QUOTAS = ["requests_per_second", "concurrent_requests", "running_jobs"] as const;

/** @throws SluiceError TENANT_NOT_FOUND. */
export async function getQuotas(db: Queryable, { tenant }: { tenant: string }): Promise<Quotas> {
  const quotas = await findQuotas(db, tenant);
  if (quotas === undefined) throw tenantNotFound(tenant);
  return quotas;
}

/**
 * Sets the quotas given (null = no limit) and keeps the others.
 * @throws SluiceError TENANT_NOT_FOUND, VALIDATION_FAILED.
 */
export async function setQuotas(
  store: AdminStore,
  { tenant, quotas }: { tenant: string; quotas: Partial<Quotas> },
): Promise<Quotas> {
  for (const name of QUOTAS) requireLimit(`/${name}`, quotas[name]);
  const upsert = async (tx: Queryable): Promise<Quotas> => {
    const stored = await upsertQuotas(tx, { tenant, quotas });
    if (stored === undefined) throw tenantNotFound(tenant);
    return stored;
  };
  return audited(store, upsert, (stored) => ({
    action: "quotas.set",
    tenant,
    target: tenant,
    details: { ...stored },
  }));
}

/** The largest PostgreSQL integer. */
const MAX_LIMIT = 2 ** 31 - 1;

function requireLimit(path: string, limit: number | null | undefined): void {
  if (limit === null || limit === undefined) return;
  if (Number.isInteger(limit) && limit >= 0 && limit <= MAX_LIMIT) return;
  throw invalidArgument(
    path,
    `must be a whole number from 0 to ${MAX_LIMIT}, or null for no limit`,
  );
}
