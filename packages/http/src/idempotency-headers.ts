import { Type } from "typebox";

/** The header by which a client may repeat a request that creates something. */
export const IdempotencyHeaders = Type.Object({
  "idempotency-key": Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      pattern: "^[\\x21-\\x7E]+$",
      description: "The same key gets the same answer for 24 hours, and makes one thing",
    }),
  ),
});
