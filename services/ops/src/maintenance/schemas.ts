import { PageQuery } from "@sluice/http";
import { Type } from "typebox";
import { nullable } from "../nullable.ts";

const Text = Type.String();
const Id = Type.String({ pattern: "^[1-9][0-9]{0,17}$" });
const Time = Type.String({ format: "date-time" });

const Statement = Type.Object({
  query_id: Text,
  role: Text,
  statement: Text,
  calls: Type.Number(),
  total_ms: Type.Number(),
  mean_ms: Type.Number(),
  mean_ms_before: nullable(Type.Number()),
});

const Report = Type.Object({
  since: nullable(Time),
  statements: Type.Object({
    new_slow: Type.Array(Statement),
    slower: Type.Array(Statement),
    top: Type.Array(Statement),
  }),
  unused_indexes: Type.Array(Type.Object({ index: Text, table: Text, size_bytes: Type.Number() })),
  duplicate_indexes: Type.Array(Type.Object({ table: Text, indexes: Type.Array(Text) })),
  bloated_tables: Type.Array(
    Type.Object({
      table: Text,
      size_bytes: Type.Number(),
      dead_ratio: nullable(Type.Number()),
      estimated_bloat_ratio: nullable(Type.Number()),
    }),
  ),
});

const Stored = {
  report_id: Text,
  created_at: Time,
  compared_with: nullable(Text),
  report: Report,
};

export const ReportsQuery = PageQuery;

export const ReportPage = Type.Object(
  { items: Type.Array(Type.Object(Stored)), next_cursor: nullable(Text) },
  { description: "Reports, the newest first" },
);

export const ReportParams = Type.Object({ report_id: Id });

export const ReportAnswer = Type.Object(
  { ...Stored, markdown: Type.String({ description: "The same for people" }) },
  { description: "One report" },
);
