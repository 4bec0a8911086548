import type { AdminStore } from "@sluice/auth";
import { parseConfig } from "@sluice/config";
import { makeReport } from "../../maintenance/report.ts";
import { forgetOld } from "../../retention/retention.ts";
import { RetentionSettings } from "../../retention/retention-settings.ts";
import type { Command } from "../command.ts";
import { withDatabase } from "../key-store.ts";

export const maintenance: Command = {
  words: "maintenance",
  summary: "Make and store this week's maintenance report now, and forget what is old",
  synopsis: "[--json]",
  operands: [],
  options: {},
  async run(_given, environment) {
    const retention = parseConfig(RetentionSettings, environment);
    const make = async ({ db }: Pick<AdminStore, "db">) => ({
      ...(await makeReport(db)),
      forgotten: await forgetOld(db, retention),
    });
    const made = await withDatabase(environment, make, "monitor");
    return {
      json: { report_id: made.report_id, ...made.report, forgotten: made.forgotten },
      text: made.markdown,
      note: `Stored as report ${made.report_id}.`,
    };
  },
};
