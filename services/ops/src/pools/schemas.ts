import { Type } from "typebox";
import { nullable } from "../nullable.ts";
import { sampleMembers } from "../samples/schemas.ts";

const Count = Type.Integer({ minimum: 0 });
const Measure = nullable(Type.Number({ minimum: 0 }));

export const PoolsAnswer = Type.Object(
  {
    ...sampleMembers,
    poolers: Type.Array(
      Type.Object({
        name: Type.String(),
        error: nullable(Type.String({ description: "Why the process was not heard" })),
        clients: Count,
      }),
    ),
    items: Type.Array(
      Type.Object({
        pooler: Type.String(),
        alias: Type.String(),
        role: Type.String(),
        workload: nullable(Type.String()),
        pool_size: Count,
        reserve_pool_size: Count,
        clients_active: Count,
        clients_waiting: Count,
        servers_active: Count,
        servers_idle: Count,
        servers_used: Count,
        servers_tested: Count,
        servers_login: Count,
        longest_wait_seconds: Type.Number({ minimum: 0 }),
        paused: Type.Boolean(),
        disabled: Type.Boolean(),
        transactions_per_second: Measure,
        mean_transaction_ms: Measure,
        mean_wait_ms: Measure,
      }),
    ),
  },
  { description: "Pools of PgBouncer" },
);
