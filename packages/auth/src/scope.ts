/** All that can be done inside a project. */
export const PROJECT_SCOPES = [
  "features:read",
  "features:write",
  "jobs:read",
  "jobs:write",
  "jobs:claim",
  "data:read",
  "data:write",
] as const;

/** Everything a key may be allowed to do, in the order in which scopes are listed. */
export const SCOPES = [...PROJECT_SCOPES, "ops:read", "ops:write", "admin"] as const;

export type Scope = (typeof SCOPES)[number];

/** `ops:*` looks at the whole installation, so that no tenant's key may have it. */
const PLATFORM_ONLY: ReadonlySet<string> = new Set<Scope>(["ops:read", "ops:write"]);
/** `admin` governs a tenant, which a key that acts in one project alone must not. */
const NOT_IN_A_PROJECT: ReadonlySet<string> = new Set<Scope>(["admin"]);

export function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}

/** Why a tenant's key may not have the scope, or undefined when it may. */
export function refuseScope(scope: string, isProjectBound: boolean): string | undefined {
  if (!isScope(scope)) return `"${scope}" is not a scope; there are ${SCOPES.join(", ")}`;
  if (PLATFORM_ONLY.has(scope)) return `"${scope}" is given to platform keys only`;
  if (isProjectBound && NOT_IN_A_PROJECT.has(scope)) {
    return `"${scope}" acts on the tenant, which a key bound to a project cannot`;
  }
  return undefined;
}
