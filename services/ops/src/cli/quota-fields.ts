import { QUOTAS, type Quotas } from "@sluice/auth";
import { renderFields } from "./table.ts";

/** Quotas as they are typed: `none` is no limit. */
export function renderQuotas(quotas: Quotas): string {
  return renderFields(Object.fromEntries(QUOTAS.map((name) => [name, quotas[name] ?? "none"])));
}
