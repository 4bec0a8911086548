import { listProjects } from "@sluice/auth";
import type { Command } from "../command.ts";
import { withDatabase } from "../key-store.ts";
import { PAGE_OPTIONS, answerPage, readPageOptions } from "../page-options.ts";

export const projectsList: Command = {
  words: "projects list",
  summary: "List a tenant's projects by name",
  synopsis: "--tenant <tenant> [--limit <n>] [--cursor <cursor>] [--json]",
  operands: [],
  options: {
    tenant: { type: "string", value: "<tenant>", help: "Whose projects" },
    ...PAGE_OPTIONS,
  },
  async run(given, environment) {
    const request = { tenant: given.needed("tenant"), ...readPageOptions(given) };
    const page = await withDatabase(environment, ({ db }) => listProjects(db, request));
    return answerPage(page, ["PROJECT", "TENANT", "CREATED"], ({ name, tenant, created_at }) => [
      name,
      tenant,
      created_at,
    ]);
  },
};
