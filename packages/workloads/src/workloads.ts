import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { parse } from "yaml";

/** The workloads of an installation, in the order in which every figure about them is listed. */
export const WORKLOADS = ["feature", "training", "sample", "import", "admin", "monitor"] as const;
export type WorkloadName = (typeof WORKLOADS)[number];

const strict = { additionalProperties: false };
const Count = Type.Integer({ minimum: 0 });
const Positive = Type.Integer({ minimum: 1 });

const Workload = Type.Object(
  {
    purpose: Type.String(),
    acquire_timeout_ms: Positive,
    statement_timeout_ms: Positive,
    idle_in_transaction_timeout_ms: Positive,
    leak_threshold_ms: Positive,
  },
  strict,
);

const Gate = Type.Object({ base: Positive, overflow: Count, max_waiters: Count }, strict);
/** Between which pool sizes the autoscaler moves an alias; one without is left at its size. */
const Scaling = Type.Object({ min: Positive, max: Positive }, strict);
const Alias = Type.Object(
  { pool_size: Positive, reserve_pool_size: Count, scaling: Type.Optional(Scaling) },
  strict,
);
const Service = Type.Object(
  { instances: Positive, gates: Type.Array(Type.Enum([...WORKLOADS]), { minItems: 1 }) },
  strict,
);

/** One value of `schema` for each workload: a workload left out is a fault, not a default. */
function forEachWorkload<T extends typeof Workload | typeof Gate | typeof Alias>(
  schema: T,
): ReturnType<typeof Type.Object<Record<WorkloadName, T>>> {
  const properties = Object.fromEntries(WORKLOADS.map((name) => [name, schema]));
  return Type.Object(properties as Record<WorkloadName, T>, strict);
}

const ProfileSource = Type.Object(
  {
    machine: Type.Object({ cores: Positive, memory_gb: Positive }, strict),
    postgres: Type.Object(
      {
        max_connections: Positive,
        superuser_reserved_connections: Count,
        settings: Type.Record(Type.String(), Type.String()),
      },
      strict,
    ),
    pgbouncer: Type.Object(
      {
        processes: Positive,
        max_client_conn: Positive,
        query_wait_timeout_ms: Positive,
        server_login_retry_ms: Positive,
        reserve_pool_timeout_ms: Positive,
        server_idle_timeout_ms: Positive,
        server_lifetime_ms: Positive,
        server_connect_timeout_ms: Positive,
        max_prepared_statements: Count,
      },
      strict,
    ),
    deploy_surge: Type.Number({ minimum: 0 }),
    // Server connections that all aliases may have together when the autoscaler has grown them; absent: what PostgreSQL has.
    autoscaler: Type.Optional(Type.Object({ max_server_connections: Positive }, strict)),
    gates: forEachWorkload(Gate),
    aliases: forEachWorkload(Alias),
    services: Type.Record(Type.String(), Service),
    consoles: Count,
    direct: Type.Record(Type.String(), Count),
  },
  strict,
);

const WorkloadsSource = Type.Object(
  {
    workloads: forEachWorkload(Workload),
    profiles: Type.Record(Type.String(), ProfileSource),
  },
  strict,
);

export type ProfileSource = Static<typeof ProfileSource>;
export type Workloads = Static<typeof WorkloadsSource>;

const DEFAULT_FILE = fileURLToPath(new URL("../../../infra/workloads.yaml", import.meta.url));

/**
 * Reads and checks `infra/workloads.yaml`, the one source of every pool figure.
 * @throws Error naming every fault of the file, with its path inside the document.
 */
export function loadWorkloads(file: string = DEFAULT_FILE): Workloads {
  return parseWorkloads(readFileSync(file, "utf8"), file);
}

/** The same for a text that is already at hand; `origin` is named in the error. */
export function parseWorkloads(text: string, origin: string): Workloads {
  const document: unknown = parse(text);
  if (Value.Check(WorkloadsSource, document)) return document;
  const faults = [...Value.Errors(WorkloadsSource, document)].map(
    (fault) => `  ${fault.instancePath || "/"}: ${fault.message}`,
  );
  throw new Error(`${origin} is not a valid set of workloads:\n${faults.join("\n")}`);
}
