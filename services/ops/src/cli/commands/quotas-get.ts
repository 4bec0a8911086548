import { getQuotas } from "@sluice/auth";
import type { Command } from "../command.ts";
import { withDatabase } from "../key-store.ts";
import { renderQuotas } from "../quota-fields.ts";

export const quotasGet: Command = {
  words: "quotas get",
  summary: "Show the quotas of a tenant",
  synopsis: "<tenant> [--json]",
  operands: ["tenant"],
  options: {},
  async run(given, environment) {
    const tenant = given.operand("tenant");
    const quotas = await withDatabase(environment, ({ db }) => getQuotas(db, { tenant }));
    return { json: quotas, text: renderQuotas(quotas) };
  },
};
