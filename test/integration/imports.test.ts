import { createHash } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { readStack } from "@sluice/testing";
import { tableFromArrays, tableToIPC } from "apache-arrow";
import { parquetWriteBuffer } from "hyparquet-writer";
import type postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serviceMetric } from "../chaos/service-metrics.ts";
import { type ImportProject, importProject } from "./import-project.ts";
import { openSuperuser } from "./open-database.ts";
import { until } from "./until.ts";

let project: ImportProject;
let superuser: ReturnType<typeof openSuperuser>;

beforeAll(async () => {
  project = await importProject();
  superuser = openSuperuser();
});

afterAll(() => superuser[Symbol.asyncDispose]());

/** Rows of the project's dataset, in the order in which they were sent. */
function storedRows(sampleId = "%"): Promise<postgres.RowList<postgres.Row[]>> {
  return superuser`
    select sample.sample_id, sample.label, sample.feature_hash, sample.created_at, sample.attributes::text
    from data.sample_metadata as sample
    join data.datasets using (dataset_id) join auth.projects using (project_id)
    where projects.name = ${project.project} and sample.sample_id like ${sampleId}
    order by sample.segment_id, sample.position`;
}

/** Segments of the project's dataset that are not whole. */
async function unfinishedSegments(): Promise<number> {
  const [row] = await superuser`
    select count(*)::int as count from data.segments
    join data.datasets using (dataset_id) join auth.projects using (project_id)
    where projects.name = ${project.project} and segments.state <> 'whole'`;
  return row!["count"] as number;
}

const partsOf = async (path: string) =>
  (await project.send("GET", `${path}/parts`)).json().items.map(({ part }) => part);

const lines = (rows: readonly object[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join("");

const numbered = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, row) => ({ sample_id: `${prefix}${row}`, n: row }));

/** Sends the head and this much of an upload of which more is to come. */
function beginUpload(path: string, text: string): Socket {
  const { hostname, port } = new URL(readStack().services["data-loader"]!.url);
  const socket = connect(Number(port), hostname);
  const head = [
    `POST /v1/projects/${project.project}${path}/samples HTTP/1.1`,
    `host: ${hostname}`,
    `authorization: Bearer ${project.key}`,
    "content-type: application/x-ndjson",
    `content-length: ${text.length + 1_000}`,
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n${text}`);
  return socket;
}

const FORMATS: [string, string, (prefix: string) => Uint8Array][] = [
  [
    "NDJSON",
    "application/x-ndjson",
    (prefix) =>
      Buffer.from(
        `{"sample_id":"${prefix}1","label":"a","when":1577836800,"x":1.0}\n{"sample_id":"${prefix}2","x":9223372036854775807}\n`,
      ),
  ],
  [
    "CSV",
    "text/csv",
    (prefix) =>
      Buffer.from(`sample_id,label,when,x\n${prefix}1,a,2020-01-01,1.0\n${prefix}2,,,2\n`),
  ],
  [
    "Arrow",
    "application/vnd.apache.arrow.stream",
    (prefix) =>
      tableToIPC(
        tableFromArrays({
          sample_id: [`${prefix}1`, `${prefix}2`],
          label: ["a", null],
          when: [1_577_836_800, null],
          x: new Float64Array([1, 2.5]),
        }),
        "stream",
      ),
  ],
  [
    "Parquet",
    "application/vnd.apache.parquet",
    (prefix) =>
      new Uint8Array(
        parquetWriteBuffer({
          columnData: [
            { name: "sample_id", data: [`${prefix}1`, `${prefix}2`], type: "STRING" },
            { name: "label", data: ["a", null], type: "STRING" },
            { name: "when", data: [new Date("2020-01-01T00:00:00Z"), null], type: "TIMESTAMP" },
            { name: "x", data: [1, 2.5], type: "DOUBLE" },
          ],
        }),
      ),
  ],
];

const COMPRESSIONS: [string, (bytes: Uint8Array) => Uint8Array][] = [
  ["identity", (bytes) => bytes],
  ["gzip", gzipSync],
  ["zstd", zstdCompressSync],
];

describe("an upload", () => {
  test.each(
    FORMATS.flatMap(([name, type, make]) =>
      COMPRESSIONS.map(([encoding, compress]) => ({ name, type, make, encoding, compress })),
    ),
  )(
    "of $name with $encoding is stored as it is",
    async ({ name, type, make, encoding, compress }) => {
      const path = await project.draft();
      const prefix = `${name}-${encoding}-`;
      const body = compress(make(prefix));
      const query = { part: "p.1", rename: "created_at:when" };
      const { status, json } = await project.upload(path, body, { type, encoding, query });
      const sha256 = createHash("sha256").update(body).digest("hex");
      expect(status).toBe(200);
      expect(json()).toMatchObject({ part: "p.1", rows: 2, bytes: body.length, sha256 });
      const rows = await storedRows(`${prefix}%`);
      expect(rows.map((row) => row["label"])).toEqual(["a", null]);
      expect(rows[0]).toMatchObject({ created_at: new Date("2020-01-01T00:00:00Z") });
      expect(rows[0]!["attributes"]).toBe(name === "CSV" ? '{"x": "1.0"}' : '{"x": 1.0}');
      if (name === "NDJSON") expect(rows[1]!["attributes"]).toBe('{"x": 9223372036854775807}');
    },
  );

  test("without ids numbers its rows, and hashes what they hold", async () => {
    const path = await project.draft();
    const query = { sample_id_prefix: "row-" };
    await project.upload(path, '{"b":1,"a":"x"}\n{"a":2}\n', { query });
    const rows = await storedRows("row-%");
    expect(rows.map((row) => row["sample_id"])).toEqual(["row-000000000", "row-000000001"]);
    const canonical = '{"attributes":{"a":"x","b":1},"sample_id":"row-000000000"}';
    expect(rows[0]!["feature_hash"]).toBe(createHash("sha256").update(canonical).digest("hex"));
  });

  test("with a bad row near its end names line and column, and leaves nothing behind", async () => {
    const path = await project.draft();
    const rows: object[] = numbered("bad-", 20_000);
    rows[19_800] = { sample_id: "bad-19800", created_at: "yesterday" };
    const { status, json } = await project.upload(path, lines(rows));
    expect([status, json().code]).toEqual([422, "INVALID_ROW"]);
    expect(json().errors).toEqual([
      {
        line: 19_801,
        column: "created_at",
        value: '"yesterday"',
        reason: expect.stringContaining("is not a time"),
      },
    ]);
    expect(await partsOf(path)).toEqual([]);
    await until("the rows are purged", async () => (await storedRows("bad-%")).length === 0);
    await until("no segment is left", async () => (await unfinishedSegments()) === 0);
    expect(await serviceMetric("data-loader", "db_connection_leaked_total")).toBe(0);
  });

  test("is stored once, whoever sends the same again, and never replaced", async () => {
    const path = await project.draft();
    const body = lines(numbered("once-", 10));
    const first = await project.upload(path, body);
    const again = await project.upload(path, body);
    expect([again.status, again.text]).toEqual([200, first.text]);
    const other = await project.upload(path, `${body}{"sample_id":"more"}\n`);
    expect([other.status, other.json().code]).toEqual([409, "PART_CONFLICT"]);
    expect(await storedRows("once-%")).toHaveLength(10);
  });

  test("that is to be read otherwise is not the same", async () => {
    const path = await project.draft();
    const body = "sample_id,a,b\nread-1,x,y\n";
    const first = { type: "text/csv", query: { rename: "label:a,uri:b" } };
    expect((await project.upload(path, body, first)).status).toBe(200);
    const alike = { type: "text/csv", query: { rename: "uri:b,label:a" } };
    expect((await project.upload(path, body, alike)).status).toBe(200);
    for (const query of [{}, { rename: "label:b" }, { ...first.query, sample_id_prefix: "r" }]) {
      const { status, json } = await project.upload(path, body, { type: "text/csv", query });
      expect([status, json().code]).toEqual([409, "PART_CONFLICT"]);
      expect(json().detail).toContain("read otherwise");
    }
    expect(await storedRows("read-%")).toMatchObject([{ label: "x" }]);
  });

  test("that comes twice at once is stored once", async () => {
    const path = await project.draft();
    const body = lines(numbered("twin-", 12_000));
    const answers = await Promise.all([1, 2, 3].map(() => project.upload(path, body)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    await until("one copy is left", async () => (await storedRows("twin-%")).length === 12_000);
  });

  test("whose client hangs up leaves nothing behind", async () => {
    const path = await project.draft();
    const socket = beginUpload(path, lines(numbered("gone-", 30_000)));
    await until("some rows are there", async () => (await storedRows("gone-%")).length > 0);
    socket.destroy();
    await until("the rows are purged", async () => (await storedRows("gone-%")).length === 0);
    expect(await partsOf(path)).toEqual([]);
  });

  test("that stands still holds no connection", async () => {
    const path = await project.draft();
    const socket = beginUpload(path, lines(numbered("slow-", 7_000)));
    await until("a batch is stored", async () => (await storedRows("slow-%")).length === 5_000);
    await until("no connection is held", async () => {
      const held = await serviceMetric("data-loader", "db_active_connections");
      return held === 0;
    });
    expect(await partsOf(path)).toEqual([]);
    socket.destroy();
    await until("the rows are purged", async () => (await storedRows("slow-%")).length === 0);
  });

  test("that is refused while most of it is still to come tells its client why", async () => {
    const path = await project.draft();
    const { url } = readStack().services["data-loader"]!;
    const sending = request(`${url}/v1/projects/${project.project}${path}/samples`, {
      method: "POST",
      headers: { authorization: `Bearer ${project.key}`, "content-type": "application/x-ndjson" },
    });
    const body = Readable.from(
      (function* () {
        yield '{"sample_id":"early","created_at":"yesterday"}\n'.repeat(100);
        // More than all buffers on the way hold.
        for (let line = 0; line < 400; line += 1) yield `{"sample_id":"${"x".repeat(65_536)}"}\n`;
      })(),
    );
    pipeline(body, sending).catch(() => undefined);
    const [answer] = (await once(sending, "response")) as [IncomingMessage];
    expect(answer.statusCode).toBe(422);
    expect(JSON.parse(await text(answer))).toMatchObject({ code: "INVALID_ROW" });
  });

  test.each<
    [
      string,
      string | Uint8Array,
      { type?: string; encoding?: string; query?: Record<string, string> },
      number,
      string,
    ]
  >([
    ["of another type", "{}", { type: "application/json" }, 415, "UNSUPPORTED_MEDIA_TYPE"],
    ["in Latin-1", "a\n", { type: "text/csv; charset=latin1" }, 415, "UNSUPPORTED_MEDIA_TYPE"],
    ["with another encoding", "x", { encoding: "br" }, 415, "UNSUPPORTED_MEDIA_TYPE"],
    ["that is no gzip", "x", { encoding: "gzip" }, 422, "VALIDATION_FAILED"],
    [
      "that is no Parquet",
      "x",
      { type: "application/vnd.apache.parquet" },
      422,
      "VALIDATION_FAILED",
    ],
    ["with a part that is no name", "x", { query: { part: "../x" } }, 422, "VALIDATION_FAILED"],
    ["with a rename that is none", "x", { query: { rename: "label" } }, 422, "VALIDATION_FAILED"],
    [
      "with a rename of no column",
      '{"sample_id":"s"}',
      { query: { rename: "label:clas" } },
      422,
      "VALIDATION_FAILED",
    ],
    ["without ids", '{"x":1}', {}, 422, "INVALID_ROW"],
    ["with U+0000", String.raw`{"sample_id":"a\u0000"}`, {}, 422, "INVALID_ROW"],
    [
      "that is a bomb",
      gzipSync(Buffer.alloc(80_000_000)),
      { encoding: "gzip" },
      422,
      "INVALID_ROW",
    ],
  ])("%s is refused", async (_what, body, options, status, code) => {
    const path = await project.draft();
    const answer = await project.upload(path, body, options);
    expect([answer.status, answer.json().code]).toEqual([status, code]);
    expect(await partsOf(path)).toEqual([]);
  });
});

describe("parts", () => {
  test("are listed in order of their ids, and deleted while the version is a draft", async () => {
    const path = await project.draft();
    for (const part of ["b", "a", "B"])
      await project.upload(path, `{"sample_id":"part-${part}"}\n`, { query: { part } });
    const page = await project.send("GET", `${path}/parts?limit=2`);
    expect(page.json().items.map(({ part }) => part)).toEqual(["B", "a"]);
    const rest = await project.send("GET", `${path}/parts?cursor=${page.json().next_cursor}`);
    expect(rest.json().items.map(({ part }) => part)).toEqual(["b"]);
    expect((await project.send("DELETE", `${path}/parts/a`)).status).toBe(204);
    const again = await project.send("DELETE", `${path}/parts/a`);
    expect([again.status, again.json().code]).toEqual([404, "PART_NOT_FOUND"]);
    await until("its rows are gone", async () => (await storedRows("part-a")).length === 0);
    expect(await partsOf(path)).toEqual(["B", "b"]);
    expect((await project.send("POST", `${path}/seal`)).json()).toMatchObject({ samples: 2 });
    const sealed = await project.send("DELETE", `${path}/parts/b`);
    expect([sealed.status, sealed.json().code]).toEqual([409, "VERSION_SEALED"]);
    const late = await project.upload(path, '{"sample_id":"late"}', { query: { part: "c" } });
    expect([late.status, late.json().code]).toEqual([409, "VERSION_SEALED"]);
  });
});
