import { createTenant } from "@sluice/auth";
import type { Command } from "../command.ts";
import { withDatabase } from "../key-store.ts";
import { renderFields } from "../table.ts";

export const tenantsCreate: Command = {
  words: "tenants create",
  summary: "Create a tenant",
  synopsis: "<tenant> [--json]",
  operands: ["tenant"],
  options: {},
  async run(given, environment) {
    const name = given.operand("tenant");
    const tenant = await withDatabase(environment, (store) => createTenant(store, { name }));
    return { json: tenant, text: renderFields({ ...tenant }) };
  },
};
