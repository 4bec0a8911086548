import type { Check } from "../check.ts";

export const poolMode: Check = {
  code: "POOL_MODE",
  why: "Outside of transaction mode each client keeps a server connection for as long as it is there: a few dozen clients use up the pool.",
  async find({ console, profile }) {
    const aliases = new Set(Object.values(profile.workloads).map(({ alias }) => alias));
    const pools = await console.show("pools");
    return pools
      .filter(
        ({ database, pool_mode }) => aliases.has(database ?? "") && pool_mode !== "transaction",
      )
      .map(({ database, pool_mode }) => ({
        what: `The alias ${database} pools in ${pool_mode} mode.`,
        todo: "Put pool_mode = transaction into pgbouncer.ini, then RELOAD on PgBouncer's console.",
      }));
  },
};
