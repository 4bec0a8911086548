import { SluiceError } from "@sluice/errors";
import { expect, test } from "vitest";
import { toView, type ViewRow } from "../views/view.ts";
import { type Frame, parseFrame, unknownColumns } from "./frame.ts";

const ROW: ViewRow = {
  project_id: "1",
  view_id: "1",
  name: "routes",
  join_keys: [
    { name: "origin", type: "string" },
    { name: "number", type: "int64" },
  ],
  features: [
    { name: "flights", type: "int64" },
    { name: "delay", type: "float64" },
    { name: "constructor", type: "string" },
  ],
  ttl_seconds: null,
  created_at: "",
  updated_at: "",
};

const VIEW = toView(ROW);

function fault(frame: Frame): unknown {
  try {
    parseFrame(VIEW, frame);
  } catch (error) {
    if (error instanceof SluiceError) return error.extra["errors"] ?? error.code;
    throw error;
  }
  throw new Error("The frame was accepted.");
}

test("a row is keyed by its canonical join keys and holds the frame's features only", () => {
  const frame = {
    number: ["007", 9223372036854775807n],
    flights: [2n ** 53n + 1n, null],
    origin: ['J"FK', "LAX"],
    event_timestamp: [0, "2026-01-02T03:04:05+01:00"],
    created: [null, null],
  };
  expect(parseFrame(VIEW, frame)).toEqual([
    {
      entityKey: String.raw`["J\"FK",7]`,
      featureValues: '{"flights":"9007199254740993"}',
      eventTime: "1970-01-01T00:00:00.000000Z",
    },
    {
      entityKey: '["LAX",9223372036854775807]',
      featureValues: '{"flights":null}',
      eventTime: "2026-01-02T02:04:05.000000Z",
    },
  ]);
});

test("every fault of a frame names its place", () => {
  const frame = {
    origin: ["a", null],
    number: [1, 1.5],
    flights: [true, 1],
    delay: [1, "x"],
    event_timestamp: [1, "soon"],
  };
  expect(fault(frame)).toEqual([
    { path: "df.origin[1]", message: "a join key cannot be null" },
    { path: "df.number[1]", message: "1.5 is not an int64" },
  ]);
  expect(fault({ ...frame, origin: ["a", "b"], number: [1, 2] })).toEqual([
    { path: "df.flights[0]", message: "true is not an int64" },
    { path: "df.delay[1]", message: '"x" is not a float64' },
    {
      path: "df.event_timestamp[1]",
      message: '"soon" is not a time: write RFC 3339 or epoch seconds',
    },
  ]);
});

test("ragged, incomplete and oversized frames are refused", () => {
  expect(fault({ origin: ["a"], number: [1, 2], flights: [1] })).toEqual([
    { path: "df.number", message: "has 2 rows where the first column has 1" },
  ]);
  expect(fault({ origin: ["a"], flights: [1] })).toEqual([
    { path: "df.number", message: 'is missing; "routes" is keyed by it' },
  ]);
  expect(fault({ origin: ["a"], number: [1] })).toEqual([
    { path: "df", message: 'has no feature of "routes"' },
  ]);
  const rows = 10_001;
  expect(
    fault({
      origin: Array(rows).fill("a"),
      number: Array(rows).fill(1),
      flights: Array(rows).fill(1),
    }),
  ).toBe("TOO_MANY_ROWS");
  expect(fault({ origin: ["é".repeat(1_100)], number: [1], flights: [1] })).toMatchObject([
    { path: "df[0]" },
  ]);
});

test("a push has at most a million values, and an entity a mebibyte of them", () => {
  const names = Array.from({ length: 200 }, (_, index) => `f${index}`);
  const wide = toView({
    ...ROW,
    features: names.map((name) => ({ name, type: "int64" })),
  });
  const rows = 5_000;
  const column = Array(rows).fill(1);
  const frame = { origin: Array(rows).fill("a"), number: column };
  expect(() =>
    parseFrame(wide, { ...frame, ...Object.fromEntries(names.map((name) => [name, column])) }),
  ).toThrow(expect.objectContaining({ code: "TOO_MANY_ROWS", extra: { limit: 1_000_000 } }));
  const large = { origin: ["a", "b"], number: [1, 2], constructor: ["", "x".repeat(1024 * 1024)] };
  expect(fault(large)).toMatchObject([{ path: "df[1]" }]);
});

test("columns beside the view's are told, whatever they are called", () => {
  const frame = {
    origin: [],
    number: [],
    constructor: [],
    toString: [],
    event_timestamp: [],
    created: [],
  };
  expect(unknownColumns(VIEW, frame)).toEqual(["toString"]);
});
