import { createProject, listProjects } from "@sluice/auth";
import { type App, IdempotencyHeaders, PageQuery } from "@sluice/http";
import { answerOnce } from "../idempotency/answer-once.ts";
import type { Ops } from "../ops.ts";
import { storeFor } from "../tenants/admin-store.ts";
import { requireGoverned } from "../tenants/governed-tenant.ts";
import { TenantParams } from "../tenants/schemas.ts";
import { CreateProjectBody, ProjectAnswer, ProjectPage } from "./schemas.ts";

const PATH = "/v1/tenants/:tenant/projects";

/** Creates and lists a tenant's projects. */
export function projectRoutes(app: App, ops: Ops): void {
  app.route({
    method: "POST",
    url: PATH,
    config: { scope: "admin" },
    schema: {
      summary: "Create a project",
      description: "Its name is a path segment of every service, and unique in the installation.",
      tags: ["Projects"],
      params: TenantParams,
      headers: IdempotencyHeaders,
      body: CreateProjectBody,
      response: { 201: ProjectAnswer },
    },
    handler: async (request, reply) => {
      const { principal, params, body } = request;
      await requireGoverned(ops, principal, params.tenant);
      const project = await answerOnce(ops.admin, request, (tx) =>
        createProject(storeFor(tx, principal), { ...params, ...body }),
      );
      return reply.code(201).send(project);
    },
  });

  app.route({
    method: "GET",
    url: PATH,
    config: { scope: "admin" },
    schema: {
      summary: "List a tenant's projects",
      description: "In order of name, a page at a time.",
      tags: ["Projects"],
      params: TenantParams,
      querystring: PageQuery,
      response: { 200: ProjectPage },
    },
    handler: async ({ principal, params, query }) => {
      await requireGoverned(ops, principal, params.tenant);
      return listProjects(ops.admin, { ...params, ...query });
    },
  });
}
