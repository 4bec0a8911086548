import { isUniqueViolation } from "@sluice/db";
import { SluiceError } from "@sluice/errors";
import type { Queryable } from "../queryable.ts";
import { type AdminStore, audited } from "./audited.ts";
import { requireName } from "./require-name.ts";
import { type Page, type PageRequest, readPage } from "@sluice/http";
import { type Tenant, findTenantId, insertTenant, listTenantPage } from "./queries.ts";

/** @throws SluiceError ALREADY_EXISTS, VALIDATION_FAILED. */
export async function createTenant(store: AdminStore, { name }: { name: string }): Promise<Tenant> {
  requireName("/name", name);
  try {
    return await audited(
      store,
      (tx) => insertTenant(tx, name),
      () => ({ action: "tenant.create", tenant: name, target: name }),
    );
  } catch (error) {
    if (!isUniqueViolation(error, "tenants_name_key")) throw error;
    throw new SluiceError("ALREADY_EXISTS", `There is a tenant "${name}" already.`, {
      cause: error,
    });
  }
}

/**
 * Tenants by name: all of them, or the one with the id `only`.
 * @throws SluiceError VALIDATION_FAILED for a bad limit or cursor.
 */
export function listTenants(
  db: Queryable,
  { only = null, ...page }: PageRequest & { only?: string | null } = {},
): Promise<Page<Tenant>> {
  return readPage(
    "tenants",
    page,
    (tenant: Tenant) => tenant.name,
    (keyset) => listTenantPage(db, { only, ...keyset }),
  );
}

/** @throws SluiceError TENANT_NOT_FOUND. */
export async function getTenantId(db: Queryable, name: string): Promise<string> {
  const id = await findTenantId(db, name);
  if (id === undefined) throw tenantNotFound(name);
  return id;
}

export function tenantNotFound(name: string): SluiceError {
  return new SluiceError("TENANT_NOT_FOUND", `There is no tenant "${name}".`);
}
