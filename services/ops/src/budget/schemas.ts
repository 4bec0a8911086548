import { Type } from "typebox";

const Count = Type.Integer({ minimum: 0 });

const members = {
  terms: Type.Array(
    Type.Object({ name: Type.String(), connections: Count, because: Type.String() }),
  ),
  used: Type.Integer({ minimum: 0, description: "The most that can be asked for" }),
  limit: Count,
  limit_because: Type.String(),
  margin: Type.Integer(),
  ok: Type.Boolean(),
  in_use: Type.Integer({ minimum: 0, description: "At the last look" }),
  used_ratio: Type.Number({ minimum: 0, description: "in_use of limit" }),
};

export const BudgetAnswer = Type.Object(
  {
    profile: Type.String(),
    ok: Type.Boolean(),
    client: Type.Object(members),
    server: Type.Object({
      ...members,
      direct: Type.Integer({ minimum: 0, description: "Sessions that are not PgBouncer's" }),
    }),
  },
  { description: "The connection budget: its proof, and what is in use" },
);
