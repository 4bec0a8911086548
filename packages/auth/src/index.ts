export { type ApiKey, formatKey, generateKey, hashSecret, isKeyId, parseKey } from "./api-key.ts";
export { type Principal, type Project, requireScope } from "./principal.ts";
export type { Queryable } from "./queryable.ts";
export { REVOCATION_CHANNEL } from "./revocation-channel.ts";
export { PROJECT_SCOPES, SCOPES, type Scope, isScope } from "./scope.ts";
export type { CredentialedRequest } from "./verify/authenticate.ts";
export { type Release, TenantQuotas, type TenantQuotasOptions } from "./quota/tenant-quotas.ts";
export { type Verifier, type VerifierOptions, createVerifier } from "./verify/verifier.ts";
export type { KeyEntry, KeyReference, ProjectEntry, Quotas, Tenant } from "./admin/queries.ts";
export { createTenant, listTenants } from "./admin/tenants.ts";
export { createProject, listProjects } from "./admin/projects.ts";
export {
  type Announced,
  type CreatedKey,
  type KeyRequest,
  type KeyStore,
  type TenantKeyRequest,
  createKey,
  createPlatformKey,
  listKeys,
  revokeKey,
  rotateKey,
} from "./admin/keys.ts";
export { QUOTAS, getQuotas, setQuotas } from "./admin/quotas.ts";
