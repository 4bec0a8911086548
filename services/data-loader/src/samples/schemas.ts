import { Type } from "typebox";
import { DatasetParams } from "../datasets/schemas.ts";
import { VersionParams } from "../versions/schemas.ts";
import { COLUMNS } from "./columns.ts";

export const LookUpParams = DatasetParams;
export const PageParams = VersionParams;

const Keys = Type.Array(Type.String(), {
  minItems: 1,
  description: "At most 10,000; repeated ones are answered repeatedly",
});

export const LookUpBody = Type.Object(
  {
    version: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 2_147_483_647,
        description: "The newest sealed version by default",
      }),
    ),
    sample_ids: Type.Optional(Keys),
    feature_hashes: Type.Optional(Keys),
    columns: Type.Optional(
      Type.Array(Type.Enum([...COLUMNS]), {
        minItems: 1,
        description: "`uri` and `attributes` are not in the indexes, and so are read more slowly",
      }),
    ),
  },
  {
    description: "Either `sample_ids` or `feature_hashes`",
    examples: [
      {
        version: 1,
        sample_ids: ["f000000007", "f000000003", "nobody"],
        columns: ["sample_id", "label"],
      },
    ],
  },
);

export const PageQueryString = Type.Object({
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000,
      description: "Samples a page. Without it all of them are streamed",
    }),
  ),
  cursor: Type.Optional(
    Type.String({ description: "`next_cursor` of the page before, with the same times" }),
  ),
  created_from: Type.Optional(
    Type.String({ description: "RFC 3339, included", examples: ["2001-01-01T00:00:00Z"] }),
  ),
  created_to: Type.Optional(Type.String({ description: "RFC 3339, excluded" })),
  columns: Type.Optional(
    Type.String({ description: "Names, separated by commas", examples: ["sample_id,label"] }),
  ),
});

const Values = Type.Object(
  Object.fromEntries(COLUMNS.map((column) => [column, Type.Optional(Type.Array(Type.Unknown()))])),
  { description: "Each column that was asked for, as an array of its values" },
);

export const LookUpObject = Type.Object(
  {
    version: Type.Integer(),
    missing: Type.Array(Type.String(), { description: "What no sample of the version has" }),
    columns: Values,
    index: Type.Array(Type.Integer(), {
      description: "For each row the position of its id in the request",
    }),
  },
  {
    examples: [
      {
        version: 1,
        missing: ["nobody"],
        columns: { sample_id: ["f000000007", "f000000003"], label: ["late", "on_time"] },
        index: [0, 1],
      },
    ],
  },
);

export const PageObject = Type.Object(
  {
    next_cursor: Type.Union([Type.String(), Type.Null()], { description: "null on the last page" }),
    columns: Values,
  },
  { examples: [{ next_cursor: null, columns: { sample_id: ["f000000001"], label: ["late"] } }] },
);
