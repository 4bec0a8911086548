import {
  SCOPES,
  type AdminStore,
  type CreatedKey,
  createKey,
  createPlatformKey,
} from "@sluice/auth";
import type { Arguments } from "../arguments.ts";
import type { Command } from "../command.ts";
import { answerCreatedKey } from "../created-key.ts";
import { parseDuration } from "../duration.ts";
import { withDatabase } from "../key-store.ts";
import { UsageError } from "../usage-error.ts";

export const keysCreate: Command = {
  words: "keys create",
  summary: "Create an API key, of a tenant or of the platform, and print it this once",
  synopsis:
    "--name <name> (--tenant <tenant> [--project <project>] --scope <scope>... | --platform)\n" +
    "                          [--expires-in <duration> | --expires-at <time>] [--json]",
  operands: [],
  options: {
    name: { type: "string", value: "<name>", help: "What it is for, for people" },
    tenant: { type: "string", value: "<tenant>", help: "Who it acts for" },
    project: {
      type: "string",
      value: "<project>",
      help: "The only project it acts in (all of the tenant's)",
    },
    scope: {
      type: "string",
      multiple: true,
      value: "<scope>",
      help: `Repeated, or with commas: ${SCOPES.join(" ")}`,
    },
    platform: { type: "boolean", help: "Every scope on every tenant" },
    "expires-in": { type: "string", value: "<duration>", help: "90s, 15m, 24h, 7d (never)" },
    "expires-at": { type: "string", value: "<time>", help: "2027-01-31T00:00:00Z (never)" },
  },
  async run(given, environment) {
    const create = readRequest(given);
    return answerCreatedKey(await withDatabase(environment, create));
  },
};

function readRequest(given: Arguments): (store: AdminStore) => Promise<CreatedKey> {
  const request = { name: given.needed("name"), expiresAt: readExpiry(given) };
  const scopes = given.list("scope");
  const project = given.text("project") ?? null;
  if (!given.flag("platform")) {
    const tenant = given.text("tenant");
    if (tenant === undefined) throw new UsageError("--tenant or --platform is missing");
    if (scopes.length === 0) throw new UsageError("--scope is missing");
    return (store) => createKey(store, { ...request, tenant, project, scopes });
  }
  if (given.text("tenant") !== undefined || project !== null || scopes.length > 0) {
    throw new UsageError("--platform goes with neither --tenant, --project nor --scope");
  }
  return (store) => createPlatformKey(store, request);
}

function readExpiry(given: Arguments): string | undefined {
  const duration = given.text("expires-in");
  const time = given.text("expires-at");
  if (duration === undefined) return time;
  if (time !== undefined) throw new UsageError("--expires-in and --expires-at exclude each other");
  return new Date(Date.now() + parseDuration("expires-in", duration) * 1_000).toISOString();
}
