import { SluiceError } from "@sluice/errors";
import { type App, readPage } from "@sluice/http";
import type { Ops } from "../ops.ts";
import { findReport, listReportPage } from "./queries.ts";
import { ReportAnswer, ReportPage, ReportParams, ReportsQuery } from "./schemas.ts";

const PATH = "/v1/ops/maintenance-reports";
const config = { scope: "ops:read" };
const tags = ["Maintenance"];

/** The weekly reports. */
export function maintenanceRoutes(app: App, { monitor }: Pick<Ops, "monitor">): void {
  app.route({
    method: "GET",
    url: PATH,
    config,
    schema: {
      summary: "List maintenance reports",
      description: "The newest first, a page at a time.",
      tags,
      querystring: ReportsQuery,
      response: { 200: ReportPage },
    },
    handler: ({ query }) =>
      readPage(
        "maintenance-reports",
        query,
        ({ report_id }) => report_id,
        (page) => listReportPage(monitor, page),
      ),
  });

  app.route({
    method: "GET",
    url: `${PATH}/:report_id`,
    config,
    schema: {
      summary: "One maintenance report",
      tags,
      params: ReportParams,
      response: { 200: ReportAnswer },
    },
    handler: async ({ params }) => {
      const found = await findReport(monitor, params.report_id);
      if (found !== undefined) return found;
      throw new SluiceError("NOT_FOUND", `There is no maintenance report ${params.report_id}.`);
    },
  });
}
