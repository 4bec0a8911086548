import { isResourceName } from "@sluice/http";
import { SluiceError } from "@sluice/errors";
import type { Principal, Project } from "../principal.ts";
import type { Queryable } from "../queryable.ts";
import type { LookupCache } from "./lookup-cache.ts";
import { findProject } from "./queries.ts";

/**
 * Reads a project for the cache, whose keys are `<tenant id or nothing>/<name>`. Since tenants share no
 * entry, a project that somebody else uses is no faster to refuse than one that does not exist.
 */
export async function loadProject(db: Queryable, cacheKey: string): Promise<Project | undefined> {
  const [tenantId, name] = cacheKey.split("/") as [string, string];
  return findProject(db, { tenantId: tenantId || null, name });
}

/**
 * The project of this name, if the principal may act in it.
 * @throws SluiceError PROJECT_NOT_FOUND, the same for a project of somebody else as for one that is not there.
 */
export async function resolveProject(
  projects: LookupCache<Project>,
  principal: Principal,
  name: string,
): Promise<Project> {
  const project = mayExist(principal, name)
    ? await projects.get(`${principal.tenantId ?? ""}/${name}`)
    : undefined;
  if (project === undefined) {
    throw new SluiceError(
      "PROJECT_NOT_FOUND",
      `There is no project "${name}" that this key may use.`,
    );
  }
  return project;
}

/** What needs no look-up to be refused: a text that is no name, and all projects but the one of a bound key. */
function mayExist({ projectId, projectName }: Principal, name: string): boolean {
  return isResourceName(name) && (projectId === null || projectName === name);
}
