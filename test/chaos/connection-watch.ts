import { setTimeout as sleep } from "node:timers/promises";
import { loadWorkloads, proveBudget, selectProfile } from "@sluice/workloads";
import { openSuperuser } from "../integration/open-database.ts";
import { connectionsByRole } from "../soak/server-connections.ts";

const EVERY_MS = 100;

/** How many connections the workloads had to PostgreSQL at one moment, on the clock of `performance.now()`. */
export interface ConnectionSample {
  readonly at: number;
  readonly connections: number;
}

/** Looks every 100 ms; while PostgreSQL is away there is nothing to see. */
export class ConnectionWatch implements AsyncDisposable {
  readonly samples: ConnectionSample[] = [];
  readonly #stopping = new AbortController();
  readonly #watching = this.#watch();

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    await using superuser = openSuperuser();
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const at = performance.now();
      const roles = await connectionsByRole(superuser).catch(() => []);
      if (roles.length > 0) {
        const connections = roles.reduce((sum, { count }) => sum + count, 0);
        this.samples.push({ at, connections });
      }
      await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** The most server connections that PgBouncer's aliases may have together. */
export function connectionBudget(): number {
  const { server } = proveBudget(selectProfile(loadWorkloads(), "local"));
  const aliases = server.terms.filter(({ name }) => name.startsWith("sluice_"));
  return aliases.reduce((sum, { connections }) => sum + connections, 0);
}
