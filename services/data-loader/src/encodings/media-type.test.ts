import { expect, test } from "vitest";
import { chooseMediaType } from "./media-type.ts";

const JSON_TYPE = "application/json";
const NDJSON = "application/x-ndjson";
const ARROW = "application/vnd.apache.arrow.stream";
const OFFERED = [JSON_TYPE, NDJSON, ARROW] as const;

test.each([
  [undefined, JSON_TYPE],
  ["", JSON_TYPE],
  ["*/*", JSON_TYPE],
  ["application/*", JSON_TYPE],
  [NDJSON, NDJSON],
  ["APPLICATION/X-NDJSON", NDJSON],
  [`${ARROW}; codecs="zstd, lz4"`, ARROW],
  [`${NDJSON};q=0.5, ${ARROW}`, ARROW],
  [`${NDJSON} ; Q=0.5 , ${ARROW};q=0.4`, NDJSON],
  [`${ARROW}, */*`, ARROW],
  [`${ARROW}, */*;q=0.1`, ARROW],
  [`${ARROW};q=0.2, */*;q=0.1`, ARROW],
  [`*/*, ${JSON_TYPE};q=0`, NDJSON],
  [`application/*, ${JSON_TYPE};q=0.1, ${NDJSON};q=0.2`, ARROW],
  [`${NDJSON}, ${ARROW}`, NDJSON],
  [`${ARROW}, ${NDJSON}`, NDJSON],
  ["text/html, application/xhtml+xml, */*;q=0.8", JSON_TYPE],
  [`${ARROW};q=2, ${NDJSON};q=0.1`, NDJSON],
  [`;;;, ,${NDJSON}`, NDJSON],
])("Accept: %s gets %s", (accept, expected) => {
  expect(chooseMediaType(accept, OFFERED)).toBe(expected);
});

test.each([
  "text/html",
  "application/jso",
  `${NDJSON};q=0`,
  "*/*;q=0",
  "image/*",
  "nonsense",
  ",,",
])("Accept: %s gets none of them", (accept) => {
  expect(() => chooseMediaType(accept, OFFERED)).toThrow(
    expect.objectContaining({ code: "NOT_ACCEPTABLE" }) as Error,
  );
});
