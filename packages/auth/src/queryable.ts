import type { Database } from "@sluice/db";

/** All that the queries here need of a database, whatever its schema: a gate or a transaction. */
export type Queryable = Pick<Database<unknown>, "run">;

/** A database whose statements can be made one transaction; inside of one they join it. */
export interface Transactional extends Queryable {
  transaction<T>(operation: string, body: (tx: Transactional) => Promise<T>): Promise<T>;
}
