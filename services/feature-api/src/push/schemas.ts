import { Type } from "typebox";
import { columnsByName } from "../columns.ts";
import { MAX_PUSH_ROWS, MAX_PUSH_VALUES } from "./frame.ts";

const FrameColumns = columnsByName(
  `Columns by name, at most ${MAX_PUSH_ROWS} rows and ${MAX_PUSH_VALUES} values: every join key, some features, and \`event_timestamp\` (RFC 3339, naive ISO 8601 in UTC, or epoch seconds; the moment of the push when absent). \`created\` is ignored.`,
);

const FRAME_EXAMPLE = {
  airport: ["JFK", "LAX"],
  flights: [1234, 5678],
  mean_delay: [12.5, 1.0],
  event_timestamp: ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"],
};

export const PushBody = Type.Object(
  {
    push_source_name: Type.String({ description: "Name of the feature view" }),
    df: FrameColumns,
    to: Type.Optional(
      Type.Literal("online", {
        default: "online",
        description: "Sluice has an online store only",
      }),
    ),
  },
  { examples: [{ push_source_name: "airport_delays", df: FRAME_EXAMPLE, to: "online" }] },
);

export const WriteBody = Type.Object(
  { feature_view_name: Type.String(), df: FrameColumns },
  { examples: [{ feature_view_name: "airport_delays", df: FRAME_EXAMPLE }] },
);

export const PushAnswer = Type.Object(
  {
    rows: Type.Integer({ description: "Rows of the request" }),
    written: Type.Integer({ description: "Entities written" }),
    outdated: Type.Integer({
      description: "Entities left alone, because their stored values have a newer event time",
    }),
  },
  { description: "Written, all of it", examples: [{ rows: 2, written: 2, outdated: 0 }] },
);
