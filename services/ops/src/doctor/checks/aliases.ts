import { WORKLOADS } from "@sluice/workloads";
import type { Check, Fault } from "../check.ts";

export const aliases: Check = {
  code: "ALIAS",
  why: "A workload without its own alias of the right size shares or lacks server connections: the isolation of workloads is this alias.",
  async find({ console, profile }) {
    const databases = new Map((await console.show("databases")).map((row) => [row.name, row]));
    return WORKLOADS.flatMap((name): Fault[] => {
      const { alias, pool_size, reserve_pool_size, scaling } = profile.workloads[name];
      const row = databases.get(alias);
      const todo = "Render PgBouncer's files from workloads.yaml and RELOAD on its console.";
      if (row === undefined) return [{ what: `PgBouncer has no alias ${alias}.`, todo }];
      // The autoscaler moves a pool between its bounds.
      const { min, max } = scaling ?? { min: pool_size, max: pool_size };
      const size = row.pool_size ?? 0;
      if (size >= min && size <= max && row.reserve_pool_size === reserve_pool_size) return [];
      const allowed = min === max ? `${min}` : `${min} to ${max}`;
      return [
        {
          what: `The alias ${alias} has ${size} + ${row.reserve_pool_size} server connections, and ${allowed} + ${reserve_pool_size} in workloads.yaml.`,
          todo,
        },
      ];
    });
  },
};
