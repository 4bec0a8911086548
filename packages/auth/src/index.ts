export { type ApiKey, formatKey, generateKey, hashSecret, isKeyId, parseKey } from "./api-key.ts";
export { readCredentials } from "./credentials.ts";
export { type Principal, type Project, requireScope } from "./principal.ts";
export type { Queryable, Transactional } from "./queryable.ts";
export { REVOCATION_CHANNEL } from "./revocation-channel.ts";
export { PROJECT_SCOPES, SCOPES, type Scope, isScope } from "./scope.ts";
export type { CredentialedRequest } from "./verify/authenticate.ts";
export { TenantQuotas, type TenantQuotasOptions } from "./quota/tenant-quotas.ts";
export { type Verifier, type VerifierOptions, createVerifier } from "./verify/verifier.ts";
export type { KeyEntry, KeyReference, ProjectEntry, Quotas, Tenant } from "./admin/queries.ts";
export { createTenant, getTenantId, listTenants, tenantNotFound } from "./admin/tenants.ts";
export { announceRevocation } from "./admin/announce-revocation.ts";
export { listAuditLog } from "./admin/audit-log.ts";
export type { AuditEntry } from "./admin/audit-queries.ts";
export { type AdminStore, audited } from "./admin/audited.ts";
export { createProject, listProjects } from "./admin/projects.ts";
export {
  type CreatedKey,
  type KeyRequest,
  type TenantKeyRequest,
  createKey,
  createPlatformKey,
  listKeys,
  revokeKey,
  rotateKey,
} from "./admin/keys.ts";
export { QUOTAS, getQuotas, setQuotas } from "./admin/quotas.ts";
