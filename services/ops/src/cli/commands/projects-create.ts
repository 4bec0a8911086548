import { createProject } from "@sluice/auth";
import type { Command } from "../command.ts";
import { withDatabase } from "../key-store.ts";
import { renderFields } from "../table.ts";

export const projectsCreate: Command = {
  words: "projects create",
  summary: "Create a project of a tenant; its name is unique in the installation",
  synopsis: "<project> --tenant <tenant> [--json]",
  operands: ["project"],
  options: { tenant: { type: "string", value: "<tenant>", help: "Who owns the project" } },
  async run(given, environment) {
    const request = { name: given.operand("project"), tenant: given.needed("tenant") };
    const project = await withDatabase(environment, (store) => createProject(store, request));
    return { json: project, text: renderFields({ ...project }) };
  },
};
