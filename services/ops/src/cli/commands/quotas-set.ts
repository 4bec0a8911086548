import { QUOTAS, type Quotas, setQuotas } from "@sluice/auth";
import type { Arguments } from "../arguments.ts";
import type { Command } from "../command.ts";
import { withDatabase } from "../key-store.ts";
import { renderQuotas } from "../quota-fields.ts";
import { UsageError } from "../usage-error.ts";

export const quotasSet: Command = {
  words: "quotas set",
  summary: "Set quotas of a tenant; those not given stay",
  synopsis:
    "<tenant> [--requests-per-second <n|none>] [--concurrent-requests <n|none>]\n" +
    "                        [--running-jobs <n|none>] [--json]",
  operands: ["tenant"],
  options: {
    "requests-per-second": {
      type: "string",
      value: "<n|none>",
      help: "Requests a second, over all instances",
    },
    "concurrent-requests": {
      type: "string",
      value: "<n|none>",
      help: "Requests at once, over all instances",
    },
    "running-jobs": { type: "string", value: "<n|none>", help: "Training jobs at once" },
  },
  async run(given, environment) {
    const request = { tenant: given.operand("tenant"), quotas: readQuotas(given) };
    const quotas = await withDatabase(environment, (store) => setQuotas(store, request));
    return { json: quotas, text: renderQuotas(quotas) };
  },
};

function readQuotas(given: Arguments): Partial<Quotas> {
  const quotas: Partial<Record<keyof Quotas, number | null>> = {};
  for (const quota of QUOTAS) {
    const option = quota.replaceAll("_", "-");
    if (given.text(option) === undefined) continue;
    quotas[quota] = given.text(option) === "none" ? null : (given.count(option) ?? null);
  }
  if (Object.keys(quotas).length === 0) throw new UsageError("no quota is given");
  return quotas;
}
