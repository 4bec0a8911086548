import { type PgbouncerConsole, writePoolSizes } from "@sluice/pgbouncer";

/** A way to change pool sizes. */
export interface Effector {
  /** Effective when it resolves; whether PgBouncer took it is for the caller to read back. */
  apply(alias: string, poolSize: number, term: number): Promise<void>;
}

/**
 * By the file that pgbouncer.ini includes, and RELOAD: lasts over every later RELOAD and restart, is per alias, and the
 * file refuses a writer whose term is over.
 */
export function fileEffector(file: string, console: Pick<PgbouncerConsole, "reload">): Effector {
  return {
    async apply(alias, poolSize, term) {
      await writePoolSizes(file, { [alias]: poolSize }, term);
      await console.reload();
    },
  };
}

/**
 * By `SET default_pool_size`, for a PgBouncer whose files cannot be written: in memory only, and for all aliases without
 * a size of their own together. So it serves one scaled alias; the next RELOAD undoes it, which is seen as drift.
 */
export function setEffector(console: Pick<PgbouncerConsole, "set">): Effector {
  return { apply: (_alias, poolSize) => console.set("default_pool_size", poolSize) };
}
