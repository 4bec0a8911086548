import { type KeyEntry, listKeys } from "@sluice/auth";
import type { Command } from "../command.ts";
import { withDatabase } from "../key-store.ts";
import { PAGE_OPTIONS, answerPage, readPageOptions } from "../page-options.ts";
import type { Cell } from "../table.ts";
import { UsageError } from "../usage-error.ts";

export const keysList: Command = {
  words: "keys list",
  summary: "List the keys of a tenant or of the platform, without their secrets",
  synopsis: "(--tenant <tenant> | --platform) [--limit <n>] [--cursor <cursor>] [--json]",
  operands: [],
  options: {
    tenant: { type: "string", value: "<tenant>", help: "Whose keys" },
    platform: { type: "boolean", help: "The keys that act for every tenant" },
    ...PAGE_OPTIONS,
  },
  async run(given, environment) {
    const tenant = given.text("tenant") ?? null;
    if ((tenant === null) !== given.flag("platform"))
      throw new UsageError("give either --tenant or --platform");
    const request = { tenant, ...readPageOptions(given) };
    const page = await withDatabase(environment, ({ db }) => listKeys(db, request));
    return answerPage(page, ["ID", "NAME", "PROJECT", "STATE", "EXPIRES", "SCOPES"], row);
  },
};

function row(key: KeyEntry): Cell[] {
  return [key.id, key.name, key.project, stateOf(key), key.expires_at, key.scopes.join(",")];
}

function stateOf({ revoked_at, expires_at }: KeyEntry): string {
  if (revoked_at !== null) return "revoked";
  return expires_at !== null && Date.parse(expires_at) <= Date.now() ? "expired" : "valid";
}
