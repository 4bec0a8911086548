import { makeReport } from "../../maintenance/report.ts";
import type { Command } from "../command.ts";
import { withDatabase } from "../key-store.ts";

export const maintenance: Command = {
  words: "maintenance",
  summary: "Make and store this week's maintenance report now",
  synopsis: "[--json]",
  operands: [],
  options: {},
  async run(_given, environment) {
    const made = await withDatabase(environment, ({ db }) => makeReport(db), "monitor");
    return {
      json: { report_id: made.report_id, ...made.report },
      text: made.markdown,
      note: `Stored as report ${made.report_id}.`,
    };
  },
};
