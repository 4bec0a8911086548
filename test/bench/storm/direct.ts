import { readStack } from "@sluice/testing";
import pg from "pg";

/** What workers past the pooler came to. */
export interface DirectStorm extends AsyncDisposable {
  readonly workers: number;
  /** Workers that hold a connection. */
  connected(): number;
  /** What the others were told, and how many of them. */
  refusals(): ReadonlyMap<string, number>;
}

/** Every tenth worker asks for what one transaction holds; the others keep their connection and do nothing. */
const LOCKED = "select pg_advisory_xact_lock(4711) /* sample metadata */";
/** Clients of PgBouncer that ask for the same, one more each so often. */
const POOLED = 60;
const POOLED_EVERY_MS = 300;

/**
 * The report's storm: each worker of each job opens a connection of its own to PostgreSQL, and keeps it; one transaction
 * holds what many wait for; and what comes through the pooler waits for it too.
 */
export async function startDirectStorm(workers: number): Promise<DirectStorm> {
  const { postgres, pgbouncer } = readStack();
  const direct = new URL(pgbouncer.urls["sample"]!);
  const { host, pathname } = new URL(postgres.url);
  direct.host = host;
  direct.pathname = pathname;
  const clients: pg.Client[] = [];
  const refusals = new Map<string, number>();
  let connected = 0;
  const open = async (url: string, application: string): Promise<pg.Client | undefined> => {
    const client = new pg.Client({ connectionString: url, application_name: application });
    client.on("error", () => undefined);
    try {
      await client.connect();
    } catch (error) {
      const { message } = error as Error;
      refusals.set(message, (refusals.get(message) ?? 0) + 1);
      return undefined;
    }
    clients.push(client);
    return client;
  };
  // Whatever a worker waits for is cut off when the storm is over.
  const ask = (client: pg.Client | undefined): void =>
    void client?.query(LOCKED).catch(() => undefined);
  const holder = await open(direct.href, "data_loader_holder");
  await holder?.query("set statement_timeout = 0; set idle_in_transaction_session_timeout = 0");
  await holder?.query("begin");
  await holder?.query(LOCKED);
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      const client = await open(direct.href, "data_loader_worker");
      if (client !== undefined) connected += 1;
      if (worker % 10 === 0) ask(client);
    }),
  );
  let pooled = 0;
  const timer = setInterval(() => {
    if (pooled++ < POOLED)
      void open(pgbouncer.urls["training"]!, "trainer").then(ask, () => undefined);
  }, POOLED_EVERY_MS);
  return {
    workers,
    connected: () => connected,
    refusals: () => refusals,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await Promise.allSettled(clients.map((client) => client.end()));
    },
  };
}
