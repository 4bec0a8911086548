import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "./usage-error.ts";

/** The process's environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the CLI uses of the local stack's stack.json. */
interface Stack {
  readonly postgres: { readonly url: string };
  readonly pgbouncer: { readonly urls: Readonly<Record<string, string>> };
  readonly redis: { readonly url: string };
}

/** Where keys are kept. Both from the environment, or both from the local stack: never one installation's of each. */
export interface KeyStoreUrls {
  readonly admin: string;
  readonly redis: string | undefined;
}

/** @throws UsageError when neither the environment nor a local stack says where. */
export function keyStoreUrls(environment: Environment): KeyStoreUrls {
  const admin = environment["SLUICE_ADMIN_URL"];
  if (admin !== undefined && !URL.canParse(admin))
    throw new UsageError("SLUICE_ADMIN_URL is not a URL");
  if (admin !== undefined) return { admin, redis: environment["SLUICE_REDIS_URL"] };
  const { pgbouncer, redis } = readStack(environment, "SLUICE_ADMIN_URL");
  return { admin: pgbouncer.urls["admin"]!, redis: redis.url };
}

/** A connection past PgBouncer, which migrations need. @throws UsageError when nothing says where. */
export function directUrl(environment: Environment): string {
  return (
    environment["SLUICE_DATABASE_URL"] ?? readStack(environment, "SLUICE_DATABASE_URL").postgres.url
  );
}

function readStack(environment: Environment, instead: string): Stack {
  const file = join(environment["SLUICE_HOME"] ?? ".sluice", "stack.json");
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Stack;
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === "ENOENT" ? "is not there" : "cannot be read";
    throw new UsageError(
      `${instead} is not set and ${file} ${reason}: set it, or start the local stack (npm start)`,
      {
        cause: error,
      },
    );
  }
}
