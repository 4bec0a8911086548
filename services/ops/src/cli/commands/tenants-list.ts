import { listTenants } from "@sluice/auth";
import type { Command } from "../command.ts";
import { withDatabase } from "../key-store.ts";
import { PAGE_OPTIONS, answerPage, readPageOptions } from "../page-options.ts";

export const tenantsList: Command = {
  words: "tenants list",
  summary: "List tenants by name",
  synopsis: "[--limit <n>] [--cursor <cursor>] [--json]",
  operands: [],
  options: PAGE_OPTIONS,
  async run(given, environment) {
    const request = readPageOptions(given);
    const page = await withDatabase(environment, ({ db }) => listTenants(db, request));
    return answerPage(page, ["TENANT", "CREATED"], ({ name, created_at }) => [name, created_at]);
  },
};
