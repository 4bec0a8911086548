import { createHash } from "node:crypto";
import fc from "fast-check";
import { InvalidValue } from "@sluice/values";
import { expect, test } from "vitest";
import type { InputRow } from "./input-row.ts";
import { readNdjson } from "./ndjson.ts";
import { RowFaults } from "./row-faults.ts";
import { type Reading, RowReader, type SampleRow } from "./row.ts";

const READING: Reading = {
  rename: new Map(),
  sampleIdPrefix: undefined,
  importedAt: "2026-01-02T03:04:05.000000Z",
};

async function parse(line: string): Promise<InputRow> {
  const faults = new RowFaults();
  for await (const rows of readNdjson(bytesOf(line), faults)) {
    faults.throwIfAny();
    return rows[0]!;
  }
  throw new Error("no row");
}

async function* bytesOf(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

async function read(line: string, reading: Partial<Reading> = {}, position = 0) {
  return new RowReader({ ...READING, ...reading }).read(await parse(line), position);
}

async function fault(line: string, reading: Partial<Reading> = {}): Promise<[string, string]> {
  const row = await parse(line);
  try {
    new RowReader({ ...READING, ...reading }).read(row, 0);
  } catch (error) {
    if (error instanceof InvalidValue) return [error.path, error.message];
    throw error;
  }
  throw new Error("The row was accepted.");
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

test("columns of a sample stand by themselves, all others are attributes in order of their names", async () => {
  const line = `{"sample_id":"s","zebra":1,"uri":"s3://b/k","feature_hash":"h","apple":[{"b":1,"a":null}],"label":"cat","created_at":"2020-02-03"}`;
  expect(await read(line)).toEqual({
    sampleId: "s",
    featureHash: "h",
    label: "cat",
    uri: "s3://b/k",
    createdAt: "2020-02-03T00:00:00.000000Z",
    attributes: '{"apple":[{"a":null,"b":1}],"zebra":1}',
    canonical:
      '{"attributes":{"apple":[{"a":null,"b":1}],"zebra":1},"created_at":"2020-02-03T00:00:00.000000Z","feature_hash":"h","label":"cat","sample_id":"s","uri":"s3://b/k"}',
  } satisfies SampleRow);
});

test("a missing feature hash is that of the row's canonical JSON, which has no time unless one was sent", async () => {
  const plain = await read('{"b":1,"sample_id":"s","a":"x"}');
  expect(plain.featureHash).toBe(sha256('{"attributes":{"a":"x","b":1},"sample_id":"s"}'));
  expect(plain.createdAt).toBe(READING.importedAt);
  const timed = await read('{"sample_id":"s","label":true,"created_at":0}');
  const canonical = '{"created_at":"1970-01-01T00:00:00.000000Z","label":"true","sample_id":"s"}';
  expect(timed).toMatchObject({ attributes: null, label: "true", featureHash: sha256(canonical) });
});

test("numbers are kept as they were written", async () => {
  const numbers =
    '{"a":9223372036854775807,"b":1.0,"c":1e2,"d":0.1,"e":[-0,12345678901234567890.5]}';
  const { attributes } = await read(`{"sample_id":12345678901234567890,"n":${numbers}}`);
  expect(attributes).toBe(`{"n":${numbers}}`);
  expect(await read('{"sample_id":12345678901234567890}')).toMatchObject({
    sampleId: "12345678901234567890",
  });
});

test("any JSON object goes into the attributes unchanged but for the order of its members", async () => {
  // What could change a prototype is refused.
  const json = fc
    .jsonValue({ stringUnit: "grapheme", maxDepth: 3 })
    .filter((value) => !/"(?:__proto__|constructor)"/.test(JSON.stringify(value)));
  await fc.assert(
    fc.asyncProperty(json, async (value) => {
      const { attributes } = await read(JSON.stringify({ sample_id: "s", value }));
      expect(JSON.parse(attributes!)).toEqual({ value: JSON.parse(JSON.stringify(value)) });
    }),
  );
});

test("rows with the same members in any order are the same content", async () => {
  const members = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,5}$/), fc.integer()), {
    selector: ([name]) => name,
  });
  const shuffled = members.chain((pairs) =>
    fc.tuple(fc.constant(pairs), fc.shuffledSubarray(pairs, { minLength: pairs.length })),
  );
  await fc.assert(
    fc.asyncProperty(shuffled, async ([pairs, others]) => {
      const line = (of: typeof pairs) =>
        JSON.stringify(Object.fromEntries([["sample_id", "s"], ...of]));
      expect(await read(line(pairs))).toEqual(await read(line(others)));
    }),
  );
});

test("renaming takes a column for another, and only one", async () => {
  const rename = new Map([
    ["label", "class"],
    ["created_at", "date"],
  ]);
  expect(
    await read('{"sample_id":"s","class":3,"date":"2020-01-01 10:00"}', { rename }),
  ).toMatchObject({ label: "3", createdAt: "2020-01-01T10:00:00.000000Z", attributes: null });
  expect(await fault('{"sample_id":"s","class":3,"label":"x"}', { rename })).toEqual([
    "label",
    "two columns have this name",
  ]);
  const reader = new RowReader({ ...READING, rename });
  reader.read(await parse('{"sample_id":"s","date":"2020-01-01"}'), 0);
  expect(reader.unseen).toEqual(["class"]);
});

test("a prefix makes ids where there are none", async () => {
  const reading = { sampleIdPrefix: "f" };
  expect(await read('{"a":1}', reading, 41)).toMatchObject({ sampleId: "f000000041" });
  expect(await read('{"sample_id":"own"}', reading, 41)).toMatchObject({ sampleId: "own" });
});

test("an attributes object and further columns become one", async () => {
  expect(await read('{"sample_id":"s","b":2,"attributes":{"c":1.0,"a":1}}')).toMatchObject({
    attributes: '{"a":1,"b":2,"c":1.0}',
  });
  expect(await fault('{"sample_id":"s","b":2,"attributes":{"b":1}}')).toEqual([
    "b",
    "is a column and in attributes as well",
  ]);
});

test.each<[string, string, RegExp]>([
  ["{}", "sample_id", /is missing/],
  ['{"sample_id":""}', "sample_id", /is empty/],
  ['{"sample_id":null}', "sample_id", /is missing/],
  ['{"sample_id":["a"]}', "sample_id", /neither a text nor a number/],
  [`{"sample_id":"${"x".repeat(513)}"}`, "sample_id", /longer than 512 bytes/],
  [`{"sample_id":"${"é".repeat(257)}"}`, "sample_id", /longer than 512 bytes/],
  ['{"sample_id":"s","feature_hash":""}', "feature_hash", /is empty/],
  [`{"sample_id":"s","feature_hash":"${"x".repeat(257)}"}`, "feature_hash", /longer than 256/],
  [`{"sample_id":"s","label":"${"x".repeat(513)}"}`, "label", /longer than 512 bytes/],
  [String.raw`{"sample_id":"a\u0000b"}`, "sample_id", /U\+0000/],
  [String.raw`{"sample_id":"a\ud800"}`, "sample_id", /half a surrogate pair/],
  [String.raw`{"sample_id":"s","a":{"b":["\u0000"]}}`, "a.b[0]", /U\+0000/],
  [String.raw`{"sample_id":"s","a":{"\udc00":1}}`, "a", /half a surrogate pair/],
  ['{"sample_id":"s","created_at":"soon"}', "created_at", /is not a time/],
  ['{"sample_id":"s","created_at":"2020-02-30"}', "created_at", /calendar/],
  ['{"sample_id":"s","created_at":true}', "created_at", /is not a time/],
  ['{"sample_id":"s","created_at":1e300}', "created_at", /outside the years/],
  ['{"sample_id":"s","attributes":[1]}', "attributes", /is not a JSON object/],
  ['{"sample_id":"s","x":1e999}', "x", /out of range/],
  [`{"sample_id":"s","x":${"9".repeat(401)}}`, "x", /out of range/],
  [`{"sample_id":"s","x":${"[".repeat(200)}${"]".repeat(200)}}`, "x", /nested/],
])("%# a bad row names its column: %s", async (line, column, reason) => {
  const [path, message] = await fault(line);
  expect(path.startsWith(column)).toBe(true);
  expect(message).toMatch(reason);
});

test("a backslash before u0000 is text and not a character", async () => {
  const { attributes } = await read(String.raw`{"sample_id":"s","a":"\\u0000 \\ud800"}`);
  expect(attributes).toBe(String.raw`{"a":"\\u0000 \\ud800"}`);
});
