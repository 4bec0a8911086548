import { createTenant, listTenants } from "@sluice/auth";
import { type App, IdempotencyHeaders, PageQuery } from "@sluice/http";
import { answerOnce } from "../idempotency/answer-once.ts";
import type { Ops } from "../ops.ts";
import { storeFor } from "./admin-store.ts";
import { requirePlatform } from "./governed-tenant.ts";
import { CreateTenantBody, TenantAnswer, TenantPage } from "./schemas.ts";

/** Creates and lists tenants. */
export function tenantRoutes(app: App, { admin }: Ops): void {
  app.route({
    method: "POST",
    url: "/v1/tenants",
    config: { scope: "admin" },
    schema: {
      summary: "Create a tenant",
      description: "With a platform key.",
      tags: ["Tenants"],
      headers: IdempotencyHeaders,
      body: CreateTenantBody,
      response: { 201: TenantAnswer },
    },
    handler: async (request, reply) => {
      const { principal, body } = request;
      requirePlatform(principal, "creating a tenant");
      const tenant = await answerOnce(admin, request, (tx) =>
        createTenant(storeFor(tx, principal), body),
      );
      return reply.code(201).send(tenant);
    },
  });

  app.route({
    method: "GET",
    url: "/v1/tenants",
    config: { scope: "admin" },
    schema: {
      summary: "List tenants",
      description: "In order of name, a page at a time; to a tenant's own key, that tenant.",
      tags: ["Tenants"],
      querystring: PageQuery,
      response: { 200: TenantPage },
    },
    handler: ({ query, principal }) => listTenants(admin, { ...query, only: principal.tenantId }),
  });
}
