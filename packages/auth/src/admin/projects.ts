import { isUniqueViolation } from "@sluice/db";
import { SluiceError } from "@sluice/errors";
import type { Queryable } from "../queryable.ts";
import { type AdminStore, audited } from "./audited.ts";
import { requireName } from "./require-name.ts";
import { type Page, type PageRequest, readPage } from "@sluice/http";
import { type ProjectEntry, insertProject, listProjectPage } from "./queries.ts";
import { getTenantId, tenantNotFound } from "./tenants.ts";

/**
 * Project names are unique in the installation, so that a path names one project.
 * @throws SluiceError ALREADY_EXISTS, TENANT_NOT_FOUND, VALIDATION_FAILED.
 */
export async function createProject(
  store: AdminStore,
  project: { tenant: string; name: string },
): Promise<ProjectEntry> {
  requireName("/name", project.name);
  const insert = async (tx: Queryable): Promise<ProjectEntry> => {
    const created = await insertProject(tx, project);
    if (created === undefined) throw tenantNotFound(project.tenant);
    return created;
  };
  return await audited(store, insert, ({ name, tenant }) => ({
    action: "project.create",
    tenant,
    target: name,
  })).catch((error: unknown) => {
    if (!isUniqueViolation(error, "projects_name_key")) throw error;
    const detail = `The project name "${project.name}" is taken: names are unique in the installation.`;
    throw new SluiceError("ALREADY_EXISTS", detail, { cause: error });
  });
}

/** A tenant's projects by name. @throws SluiceError TENANT_NOT_FOUND, VALIDATION_FAILED. */
export async function listProjects(
  db: Queryable,
  { tenant, ...page }: PageRequest & { tenant: string },
): Promise<Page<ProjectEntry>> {
  const tenantId = await getTenantId(db, tenant);
  return readPage(
    `projects ${tenantId}`,
    page,
    (project: ProjectEntry) => project.name,
    (keyset) => listProjectPage(db, { tenantId, ...keyset }),
  );
}
