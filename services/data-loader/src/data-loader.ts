import type { Project } from "@sluice/auth";
import type { Database } from "@sluice/db";
import type { FastifyRequest } from "fastify";
import type { Counter } from "prom-client";
import type { Background } from "./background/background.ts";
import type { OperationRunner } from "./operations/operation-runner.ts";
import type { Plans } from "./plans/plans.ts";
import type { Layouts } from "./versions/layouts.ts";

export type Queryable = Pick<Database<unknown>, "run">;
export type TransactionalDatabase = Pick<Database<unknown>, "run" | "transaction">;

/** What the routes work with. */
export interface DataLoader {
  /** Reads samples, and keeps plans. */
  readonly sampleDb: Queryable;
  /** Changes datasets: imports, seals, deletes. */
  readonly importDb: TransactionalDatabase;
  readonly layouts: Layouts;
  readonly plans: Plans;
  /** Counts samples that went out. */
  readonly served: Counter;
  /** Work that outlives its request. */
  readonly background: Pick<Background, "start">;
  /** Sealing, selecting and deleting. */
  readonly operations: Pick<OperationRunner, "start">;
  /** The project of a request's path. @throws SluiceError PROJECT_NOT_FOUND unless the request's key may act in it */
  readonly projectOf: (request: FastifyRequest, name: string) => Promise<Project>;
}
