import type { Queryable, Transactional } from "@sluice/auth";
import type { Profile } from "@sluice/workloads";
import type { Redis } from "ioredis";
import type { Pooler } from "./pools/pooler.ts";
import type { Watch } from "./watch.ts";

/** What the routes work with. */
export interface Ops {
  /** Of the workload `admin`: tenants, keys and what was done to them. */
  readonly admin: Transactional;
  /** Of the workload `monitor`: diagnostics answer whatever else is saturated. */
  readonly monitor: Queryable;
  /** Tells the services which keys have ended; without it they find out within 10 s. */
  readonly redis: Redis | undefined;
  readonly poolers: readonly Pooler[];
  /** What was last seen of each layer. */
  readonly watch: {
    readonly [layer in "system" | "database" | "pools" | "instances"]: Pick<Watch[layer], "latest">;
  };
  /** The figures of the installation. */
  readonly profile: Profile;
}
