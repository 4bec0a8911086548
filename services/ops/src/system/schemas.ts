import { Type } from "typebox";
import { nullable } from "../nullable.ts";
import { sampleMembers } from "../samples/schemas.ts";

const Ratio = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
const Count = Type.Integer({ minimum: 0 });

export const SystemAnswer = Type.Object(
  {
    ...sampleMembers,
    cpus: Count,
    cpu_used_ratio: nullable(Ratio("Of all CPUs, since the look before")),
    load: Type.Array(Type.Number({ minimum: 0 }), {
      minItems: 3,
      maxItems: 3,
      description: "Processes that ran or wanted to, the mean of the last 1, 5 and 15 minutes",
    }),
    memory_bytes: Count,
    memory_used_ratio: Ratio("Without what can be given back at once, such as the page cache"),
    disk_path: Type.String({ description: "On the file system that is looked at" }),
    disk_bytes: Count,
    disk_used_ratio: Ratio("Of what programs without privileges may use"),
  },
  { description: "The machine that this process of ops runs on" },
);
