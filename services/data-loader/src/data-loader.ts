import type { Project } from "@sluice/auth";
import type { Database } from "@sluice/db";
import type { FastifyRequest } from "fastify";
import type { Background } from "./background/background.ts";
import type { OperationRunner } from "./operations/operation-runner.ts";

export type Queryable = Pick<Database<unknown>, "run">;
export type TransactionalDatabase = Pick<Database<unknown>, "run" | "transaction">;

/** What the routes work with. */
export interface DataLoader {
  /** Reads samples, and keeps plans. */
  readonly sampleDb: Queryable;
  /** Changes datasets: imports, seals, deletes. */
  readonly importDb: TransactionalDatabase;
  /** Work that outlives its request. */
  readonly background: Background;
  /** Sealing and deleting versions. */
  readonly operations: OperationRunner;
  /** The project of a request's path. @throws SluiceError PROJECT_NOT_FOUND unless the request's key may act in it */
  readonly projectOf: (request: FastifyRequest, name: string) => Promise<Project>;
}
