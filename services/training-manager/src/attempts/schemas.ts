import { Type } from "typebox";
import { Message } from "../jobs/schemas.ts";

/** Which attempt writes; the token came with the claim. */
export const FENCE = {
  attempt: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }),
  token: Type.String({ minLength: 1, maxLength: 100, pattern: "^[\\x21-\\x7E]+$" }),
};

export const StatusBody = Type.Object(
  {
    ...FENCE,
    status: Type.Enum(["running", "succeeded", "failed", "cancelled"]),
    message: Type.Optional(Type.Union([Message, Type.Null()])),
  },
  {
    examples: [
      {
        attempt: 1,
        token: "0193a1b2-0000-4000-8000-000000000000",
        status: "succeeded",
        message: "loss 0.12",
      },
    ],
  },
);
