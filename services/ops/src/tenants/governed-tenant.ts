import { getTenantId, type Principal, tenantNotFound } from "@sluice/auth";
import { SluiceError } from "@sluice/errors";
import type { Ops } from "../ops.ts";

/**
 * A tenant's own key governs that tenant alone, a platform key every one.
 * @throws SluiceError TENANT_NOT_FOUND, the same for somebody else's as for one that is not there.
 */
export async function requireGoverned(
  { admin }: Pick<Ops, "admin">,
  { tenantId }: Principal,
  tenant: string,
): Promise<void> {
  if (tenantId !== null && tenantId !== (await getTenantId(admin, tenant)))
    throw tenantNotFound(tenant);
}

/** @throws SluiceError FORBIDDEN unless it is a platform key, which acts for the installation and no tenant. */
export function requirePlatform({ keyId, tenantId }: Principal, what: string): void {
  if (tenantId === null) return;
  const detail = `Key ${keyId} acts for one tenant; ${what} needs a platform key. Ask who runs the installation.`;
  throw new SluiceError("FORBIDDEN", detail, { extra: { scope: "admin" } });
}
