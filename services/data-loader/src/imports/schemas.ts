import { EVENT_STREAM } from "@sluice/http";
import { Type } from "typebox";
import { VersionParams } from "../versions/schemas.ts";

const PART_ID = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$";

export const PartParams = Type.Object({
  ...VersionParams.properties,
  part: Type.String({ pattern: PART_ID }),
});

export const UploadQuery = Type.Object(
  {
    part: Type.String({
      pattern: PART_ID,
      default: "main",
      description: "Name of this upload in its version; the same name and content are stored once",
    }),
    rename: Type.Optional(
      Type.String({
        maxLength: 4_096,
        description:
          "`target:source` pairs with commas between: the column `source` is taken for `target`",
        examples: ["created_at:date,label:class"],
      }),
    ),
    sample_id_prefix: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        pattern: "^[^\\u0000\\uD800-\\uDFFF]*$",
        description: "Rows without `sample_id` get this and their number, nine digits from 0",
      }),
    ),
  },
  { additionalProperties: false },
);

const PartObject = Type.Object(
  {
    part: Type.String(),
    rows: Type.Integer(),
    bytes: Type.Integer({ description: "As they were sent" }),
    sha256: Type.String({ description: "Of the bytes as they were sent" }),
    created_at: Type.String({ format: "date-time" }),
  },
  { description: "The part" },
);

const PartStatus = Type.Object({
  part: Type.String(),
  state: Type.Enum(["uploading", "done", "failed"]),
  rows: Type.Integer({ description: "That came until now" }),
  bytes: Type.Integer({ description: "As they were sent, until now" }),
  rows_committed: Type.Integer({
    description: "That are stored; nobody sees them before the part is done",
  }),
  sha256: Type.Union([Type.String(), Type.Null()], {
    description: "Of the bytes as they were sent; known when it is done",
  }),
  created_at: Type.Union([Type.String({ format: "date-time" }), Type.Null()], {
    description: "Known when it is done",
  }),
  updated_at: Type.String({ format: "date-time" }),
  error: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()], {
    description: "The problem with which it failed",
  }),
});

export const PartStatusAnswer = {
  description: "The part, or the stream",
  content: {
    "application/json": { schema: Type.Unsafe<object>(PartStatus) },
    [EVENT_STREAM]: {
      schema: Type.String({ description: "Events of the type `part`; data is the part" }),
    },
  },
};

/** Answers that handlers give as plain objects; integers may be BigInt. */
export const PartAnswer = Type.Unsafe<object>(PartObject);
export const PartPage = Type.Unsafe<object>(
  Type.Object(
    { items: Type.Array(PartObject), next_cursor: Type.Union([Type.String(), Type.Null()]) },
    { description: "Parts by id" },
  ),
);
