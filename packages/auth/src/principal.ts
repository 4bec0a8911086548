import { SluiceError } from "@sluice/errors";
import type { Principal } from "@sluice/http";

declare module "@sluice/http" {
  /** Who a request acts for. Ids are the database's, as decimal text. */
  interface Principal {
    readonly keyId: string;
    /** null for a platform key, which acts for every tenant. */
    readonly tenantId: string | null;
    /** The one project that the key is bound to; null when it may act in all of its tenant's. */
    readonly projectId: string | null;
    readonly projectName: string | null;
    readonly scopes: ReadonlySet<string>;
    /** What the tenant may ask of the services; null = no limit. */
    readonly quotas: {
      readonly requestsPerSecond: number | null;
      readonly concurrentRequests: number | null;
    };
  }
}

export type { Principal };

/** A project that a principal may act in. */
export interface Project {
  readonly projectId: string;
  readonly tenantId: string;
  readonly name: string;
}

/** @throws SluiceError FORBIDDEN that names the scope. */
export function requireScope(principal: Principal, scope: string): void {
  if (principal.scopes.has(scope)) return;
  const detail = `Key ${principal.keyId} has not the scope "${scope}". Use a key that has it, or create one.`;
  throw new SluiceError("FORBIDDEN", detail, { extra: { scope } });
}
