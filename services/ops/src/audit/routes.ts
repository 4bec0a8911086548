import { listAuditLog } from "@sluice/auth";
import type { App } from "@sluice/http";
import type { Ops } from "../ops.ts";
import { AuditPage, AuditQuery } from "./schemas.ts";

/** Lists what administrators did. */
export function auditRoutes(app: App, { admin }: Ops): void {
  app.route({
    method: "GET",
    url: "/v1/ops/audit-log",
    config: { scope: "ops:read" },
    schema: {
      summary: "List what administrators did",
      description:
        "By the API and by the command line, the newest first, a page at a time. An entry is written with the change, or neither is.",
      tags: ["Audit"],
      querystring: AuditQuery,
      response: { 200: AuditPage },
    },
    handler: ({ query }) => listAuditLog(admin, query),
  });
}
