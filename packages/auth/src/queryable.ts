import type { Database } from "@sluice/db";

/** All that the queries here need of a database, whatever its schema: a gate or a transaction. */
export type Queryable = Pick<Database<unknown>, "run">;
