import { PgbouncerConsole } from "@sluice/pgbouncer";
import type { Static } from "typebox";
import type { Settings } from "../settings.ts";

/** A console that is not asked for longer than a look may take. */
const TIMEOUT_MS = 2_000;

/** The consoles of all PgBouncer processes, each of which connects when it is first asked. */
export function openPoolers({
  SLUICE_PGBOUNCER_URLS: urls,
  SLUICE_MONITOR_URL: monitor,
}: Pick<Static<typeof Settings>, "SLUICE_PGBOUNCER_URLS" | "SLUICE_MONITOR_URL">) {
  return (urls?.split(",") ?? [consoleBehind(monitor)]).map((url) => ({
    name: new URL(url).host,
    console: new PgbouncerConsole({ url, applicationName: "ops/console", timeoutMs: TIMEOUT_MS }),
  }));
}

/** The workloads' roles are stats_users: with the same password they may look at the console. */
function consoleBehind(alias: string): string {
  const url = new URL(alias);
  url.pathname = "/pgbouncer";
  return url.href;
}
