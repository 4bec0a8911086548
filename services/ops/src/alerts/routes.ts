import type { App } from "@sluice/http";
import type { Ops } from "../ops.ts";
import { listAlerts, receiveAlerts } from "./alerts.ts";
import type { AlertRow } from "./queries.ts";
import { AlertPage, AlertsQuery, ReceiveAlertsBody, ReceivedAnswer } from "./schemas.ts";

const PATH = "/v1/ops/alerts";

/** Takes alerts from Alertmanager and lists them. */
export function alertRoutes(app: App, { monitor }: Ops): void {
  app.route({
    method: "POST",
    url: PATH,
    // Alertmanager sends more than is read of it.
    config: { scope: "ops:write", allowUnknownFields: true },
    schema: {
      summary: "Take alerts from Alertmanager",
      description: "A webhook_config with a platform key as its bearer token. May be repeated.",
      tags: ["Alerts"],
      body: ReceiveAlertsBody,
      response: { 200: ReceivedAnswer },
    },
    handler: async ({ body }) => ({ received: await receiveAlerts(monitor, body) }),
  });

  app.route({
    method: "GET",
    url: PATH,
    config: { scope: "ops:read" },
    schema: {
      summary: "List alerts",
      description: "Firing and resolved ones, those that began last first, a page at a time.",
      tags: ["Alerts"],
      querystring: AlertsQuery,
      response: { 200: AlertPage },
    },
    handler: async ({ query }) => {
      const { items, next_cursor } = await listAlerts(monitor, query);
      return { items: items.map(render), next_cursor };
    },
  });
}

function render(alert: AlertRow) {
  return { ...alert, state: alert.ends_at === null ? ("firing" as const) : ("resolved" as const) };
}
