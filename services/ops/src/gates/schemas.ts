import { Type } from "typebox";
import { nullable } from "../nullable.ts";
import { sampleMembers } from "../samples/schemas.ts";

const Count = Type.Integer({ minimum: 0 });
const Measure = nullable(Type.Number({ minimum: 0 }));

export const GatesAnswer = Type.Object(
  {
    ...sampleMembers,
    items: Type.Array(
      Type.Object({
        service: Type.String(),
        url: Type.String(),
        error: nullable(Type.String({ description: "Why the process was not heard" })),
        requests_per_second: Measure,
        error_ratio: Measure,
        mean_latency_ms: Measure,
        shed_per_second: Measure,
        gates: Type.Array(
          Type.Object({
            workload: Type.String(),
            size: Count,
            active: Count,
            idle: Count,
            waiting: Count,
            circuit: Type.Enum(["closed", "half_open", "open"]),
          }),
        ),
      }),
    ),
  },
  { description: "Each process of each service, with its gates" },
);
