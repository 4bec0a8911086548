import { Type } from "typebox";
import { nullable } from "../nullable.ts";
import { sampleMembers } from "../samples/schemas.ts";

const Count = Type.Integer({ minimum: 0 });
const Text = Type.String();
const Seconds = nullable(Type.Number({ description: "Seconds" }));
const Milliseconds = Type.Number({ minimum: 0 });
const Ratio = nullable(Type.Number({ description: "From 0 to 1" }));
const Time = nullable(Type.String({ format: "date-time" }));
const Pid = Type.Integer();
const complete = Type.Boolean({
  description: "false where the monitor's role lacks pg_monitor and sees its own sessions only",
});

export const ConnectionsAnswer = Type.Object(
  {
    ...sampleMembers,
    complete,
    max_connections: Count,
    reserved_connections: Count,
    used_connections: Count,
    items: Type.Array(
      Type.Object({
        role: Text,
        workload: nullable(Text),
        backends: Count,
        active: Count,
        idle: Count,
        idle_in_transaction: Count,
        waiting: Count,
        hidden: Count,
        longest_active_seconds: Seconds,
        longest_transaction_seconds: Seconds,
      }),
    ),
  },
  { description: "Sessions of the database by role" },
);

export const LocksAnswer = Type.Object(
  {
    ...sampleMembers,
    complete,
    items: Type.Array(
      Type.Object({
        root_pid: Pid,
        depth: Count,
        pid: Pid,
        blocked_by: Type.Array(Pid),
        role: nullable(Text),
        workload: nullable(Text),
        application: nullable(Text),
        client_address: nullable(Text),
        state: nullable(Text),
        lock_type: nullable(Text),
        lock_mode: nullable(Text),
        relation: nullable(Text),
        waiting_seconds: Seconds,
        transaction_seconds: Seconds,
        statement: nullable(Text),
      }),
    ),
  },
  { description: "Who waits for whom, each under the session that blocks it; roots have depth 0" },
);

export const SourcesAnswer = Type.Object(
  {
    clients: Type.Array(
      Type.Object({
        application: nullable(Text),
        client_address: nullable(Text),
        alias: Text,
        workload: nullable(Text),
        clients: Count,
        active: Count,
        waiting: Count,
        longest_wait_seconds: Type.Number({ minimum: 0 }),
      }),
      { description: "Of PgBouncer" },
    ),
    backends: Type.Array(
      Type.Object({
        application: Text,
        client_address: nullable(Text),
        role: Text,
        workload: nullable(Text),
        connected_from: nullable(Text),
        backends: Count,
        active: Count,
        idle: Count,
        idle_in_transaction: Count,
        longest_transaction_seconds: Seconds,
      }),
      { description: "Of PostgreSQL, by who used them last" },
    ),
  },
  { description: "Who holds connections, on both sides of PgBouncer" },
);

export const StatementsQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 20 })),
});

export const StatementsAnswer = Type.Object(
  {
    available: Type.Boolean(),
    reason: nullable(Type.String({ description: "Why there are none, and what to do" })),
    items: Type.Array(
      Type.Object({
        query_id: nullable(Text),
        role: nullable(Text),
        workload: nullable(Text),
        calls: Count,
        total_ms: Milliseconds,
        mean_ms: Milliseconds,
        max_ms: Milliseconds,
        stddev_ms: Milliseconds,
        rows_a_call: nullable(Type.Number()),
        blocks_a_call: nullable(Type.Number()),
        hit_ratio: Ratio,
        statement: nullable(Text),
      }),
    ),
  },
  { description: "The statements that took most time" },
);

export const CacheAnswer = Type.Object(
  {
    items: Type.Array(
      Type.Object({
        schema_name: nullable(Text),
        table_name: nullable(Text),
        hit_blocks: Count,
        read_blocks: Count,
        hit_ratio: Ratio,
      }),
    ),
  },
  { description: "The database as a whole, then its tables, those that read most first" },
);

export const IndexesAnswer = Type.Object(
  {
    items: Type.Array(
      Type.Object({
        schema_name: Text,
        table_name: Text,
        index_name: Text,
        scans: Count,
        entries_read: Count,
        rows_fetched: Count,
        size_bytes: Count,
        is_valid: Type.Boolean(),
        is_unique: Type.Boolean(),
        is_unused: Type.Boolean(),
      }),
    ),
  },
  { description: "Indexes, the largest first" },
);

export const TablesAnswer = Type.Object(
  {
    items: Type.Array(
      Type.Object({
        schema_name: Text,
        table_name: Text,
        live_rows: Count,
        dead_rows: Count,
        dead_ratio: Ratio,
        updates: Count,
        hot_updates: Count,
        hot_ratio: Ratio,
        sequential_scans: Count,
        index_scans: nullable(Count),
        size_bytes: Count,
        estimated_bloat_ratio: Ratio,
        last_vacuum_at: Time,
        last_analyze_at: Time,
        transaction_id_age: Type.Integer(),
      }),
    ),
  },
  { description: "Tables, the largest first" },
);
