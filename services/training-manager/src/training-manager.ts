import type { Project } from "@sluice/auth";
import type { FastifyRequest } from "fastify";
import type { ChangedJob } from "./jobs/job.ts";
import type { Queryable, TransactionalDatabase } from "./transitions/queries.ts";

/** A job that was created or changed its state. */
export type Announce = (projectId: string, job: ChangedJob) => void;

/** What changes jobs: the database, and who hears of it. */
export interface JobStore {
  readonly db: Queryable;
  /** Called after the commit; whoever needs to know without fail reads the log. */
  readonly announce: Announce;
}

/** What the routes work with. */
export interface TrainingManager extends JobStore {
  readonly db: TransactionalDatabase;
  /** The project of a request's path. @throws SluiceError PROJECT_NOT_FOUND unless the request's key may act in it */
  readonly projectOf: (request: FastifyRequest, name: string) => Promise<Project>;
}
