import { getQuotas, setQuotas } from "@sluice/auth";
import type { App } from "@sluice/http";
import type { Ops } from "../ops.ts";
import { storeFor } from "../tenants/admin-store.ts";
import { requireGoverned, requirePlatform } from "../tenants/governed-tenant.ts";
import { TenantParams } from "../tenants/schemas.ts";
import { PutQuotasBody, QuotasAnswer } from "./schemas.ts";

const PATH = "/v1/tenants/:tenant/quotas";

/** Sets and reads a tenant's quotas. */
export function quotaRoutes(app: App, ops: Ops): void {
  app.route({
    method: "PUT",
    url: PATH,
    config: { scope: "admin" },
    schema: {
      summary: "Set a tenant's quotas",
      description:
        "All of them; what is left out or null has no limit. With a platform key: nobody sets their own. In force within 10 s.",
      tags: ["Quotas"],
      params: TenantParams,
      body: PutQuotasBody,
      response: { 200: QuotasAnswer },
    },
    handler: ({ principal, params, body }) => {
      requirePlatform(principal, "setting quotas");
      return setQuotas(storeFor(ops.admin, principal), { ...params, quotas: body });
    },
  });

  app.route({
    method: "GET",
    url: PATH,
    config: { scope: "admin" },
    schema: {
      summary: "Read a tenant's quotas",
      description: "null = no limit.",
      tags: ["Quotas"],
      params: TenantParams,
      response: { 200: QuotasAnswer },
    },
    handler: async ({ principal, params }) => {
      await requireGoverned(ops, principal, params.tenant);
      return getQuotas(ops.admin, params);
    },
  });
}
