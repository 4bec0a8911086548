import pg from "pg";
import { type Style, WORKERS } from "./plan.ts";

/** How long either style waits for a connection: the report's time-out for trainers. */
const ACQUIRE_TIMEOUT_MS = 30_000;
/** The report's pool of a job: 5, and 15 more under load. */
const POOL_SIZE = 20;

/** Gives a worker a connection for a task. */
export interface Connections {
  use<T>(worker: number, task: (client: pg.ClientBase) => Promise<T>): Promise<T>;
  /** Milliseconds that each task waited for its connection. */
  readonly waits: readonly number[];
  close(): Promise<void>;
}

export function openConnections(style: Style, url: string, jobs: number): Connections {
  return style === "direct" ? new OwnConnections(url) : new JobPools(url, jobs);
}

/** A connection for each worker, kept for as long as it works; a worker that was refused one asks again. */
class OwnConnections implements Connections {
  readonly waits: number[] = [];
  readonly #url: string;
  readonly #clients = new Map<number, Promise<pg.Client>>();

  constructor(url: string) {
    this.#url = url;
  }

  async use<T>(worker: number, task: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    const since = performance.now();
    const client = await this.#clientOf(worker);
    this.waits.push(performance.now() - since);
    return task(client);
  }

  #clientOf(worker: number): Promise<pg.Client> {
    const known = this.#clients.get(worker);
    if (known !== undefined) return known;
    const opening = this.#open(worker);
    this.#clients.set(worker, opening);
    opening.catch(() => this.#clients.delete(worker));
    return opening;
  }

  async #open(worker: number): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.#url,
      connectionTimeoutMillis: ACQUIRE_TIMEOUT_MS,
    });
    client.on("error", () => this.#clients.delete(worker));
    await client.connect();
    return client;
  }

  async close(): Promise<void> {
    for (const client of await Promise.allSettled(this.#clients.values()))
      if (client.status === "fulfilled") await client.value.end();
  }
}

/** A pool for each job, as in a process of its own. */
class JobPools implements Connections {
  readonly waits: number[] = [];
  readonly #pools: readonly pg.Pool[];

  constructor(url: string, jobs: number) {
    this.#pools = Array.from({ length: jobs }, () => {
      const pool = new pg.Pool({
        connectionString: url,
        max: POOL_SIZE,
        connectionTimeoutMillis: ACQUIRE_TIMEOUT_MS,
      });
      // The task that used the connection fails by itself.
      return pool.on("error", () => undefined);
    });
  }

  async use<T>(worker: number, task: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    const since = performance.now();
    const client = await this.#pools[Math.floor(worker / WORKERS)]!.connect();
    this.waits.push(performance.now() - since);
    try {
      return await task(client);
    } finally {
      client.release();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.end()));
  }
}
