import { createHash } from "node:crypto";
import { PgbouncerConsole } from "@sluice/pgbouncer";
import { readStack } from "@sluice/testing";
import { RecordBatchReader } from "apache-arrow";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { type DataProject, dataProject } from "./data-project.ts";
import { openSuperuser } from "./open-database.ts";
import { openPausedReader } from "./paused-reader.ts";
import { startDataLoader } from "./service-instance.ts";
import { until } from "./until.ts";

const NDJSON = "application/x-ndjson";
const ARROW = "application/vnd.apache.arrow.stream";
const ROWS = 2_500;

let data: DataProject;
let foreign: DataProject;
const lookUpPath = "/datasets/samples/samples:lookup";
const pagePath = "/datasets/samples/versions/1/samples";

beforeAll(async () => {
  [data, foreign] = await Promise.all([dataProject(), dataProject()]);
  await data.makeVersion({ version: 1, prefix: "a", segments: [1_000, 1, 1_499] });
  await data.makeVersion({ version: 2, prefix: "b", segments: [10] });
  await using superuser = openSuperuser();
  const { datasetId } = data;
  await superuser`
    insert into data.versions (dataset_id, version, state) values (${datasetId}, 3, 'draft'), (${datasetId}, 4, 'deleted')`;
  // What is hard to carry: quotes, line breaks, whole planes of Unicode, integers and floats beyond a double's.
  await superuser`
    update data.sample_metadata set label = ${'q"\\\n\t😀é\u2028'},
      attributes = '{"big": 9223372036854775807, "one": 1.0, "tiny": 1e-400, "text": "\\"]}\\\\", "nested": [{"a": null}]}'
    where dataset_id = ${datasetId} and sample_id = 'a000000005'`;
});

const idOf = (ordinal: number, prefix = "a"): string => prefix + String(ordinal).padStart(9, "0");
const ids = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => idOf(from + index));

test("a look-up answers in the order of the request, and lists what is missing", async () => {
  const body = {
    version: 1,
    sample_ids: [idOf(8), "nobody", idOf(3), idOf(8)],
    columns: ["label", "sample_id"],
  };
  const { status, headers, json } = await data.send("POST", lookUpPath, body);
  expect(status).toBe(200);
  expect(headers.get("content-type")).toBe("application/json");
  expect(json()).toEqual({
    version: 1,
    missing: ["nobody"],
    columns: { sample_id: [idOf(8), idOf(3), idOf(8)], label: ["label 3", null, "label 3"] },
    index: [0, 2, 3],
  });
});

test("a look-up by hash gives every sample that has it", async () => {
  const hash = createHash("md5").update("4").digest("hex");
  const body = {
    version: 1,
    feature_hashes: ["none", hash],
    columns: ["sample_id", "feature_hash"],
  };
  const { json } = await data.send("POST", lookUpPath, body);
  expect(json()).toEqual({
    version: 1,
    missing: ["none"],
    columns: { sample_id: [idOf(8), idOf(9)], feature_hash: [hash, hash] },
    index: [1, 1],
  });
});

test("without a version the newest sealed one is looked up, in the columns that the index covers", async () => {
  const { json } = await data.send("POST", lookUpPath, { sample_ids: [idOf(1), idOf(1, "b")] });
  expect(json()).toMatchObject({ version: 2, missing: [idOf(1)], index: [1] });
  expect(Object.keys(json().columns)).toEqual(["sample_id", "feature_hash", "label", "created_at"]);
});

test("values come as they were stored, whatever is in them and in every encoding", async () => {
  const body = {
    version: 1,
    sample_ids: [idOf(5)],
    columns: ["label", "attributes", "created_at"],
  };
  const accepting = (accept: string) =>
    data.send("POST", lookUpPath, body, { headers: { accept } });
  const label = 'q"\\\n\t😀é\u2028';
  const { text } = await accepting("application/json");
  expect(JSON.parse(text)).toMatchObject({ columns: { label: [label] } });
  expect(text).toContain('"big": 9223372036854775807');
  expect(text).toContain('"one": 1.0');
  const rows = (await accepting(NDJSON)).text.split("\n");
  expect(JSON.parse(rows[0]!)).toMatchObject({ index: 0, label });
  expect(rows[0]).toContain('"big": 9223372036854775807');
  const [row] = [...RecordBatchReader.from(await arrow(lookUpPath, body))][0]!;
  expect(row).toMatchObject({ index: 0n, label });
  for (const whole of [text, rows[0]]) expect(whole).toContain(row!["attributes"]);
});

/** The bytes of an answer as an Arrow stream. */
async function arrow(path: string, body?: object, project = data): Promise<Uint8Array> {
  const { url } = readStack().services["data-loader"]!;
  const response = await fetch(`${url}/v1/projects/${project.project}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      authorization: `Bearer ${project.key}`,
      accept: ARROW,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  expect(response.headers.get("content-type")).toBe(ARROW);
  return response.bytes();
}

test.each([
  [{ sample_ids: ["a"], feature_hashes: ["b"] }, 422, "VALIDATION_FAILED"],
  [{}, 422, "VALIDATION_FAILED"],
  [{ sample_ids: [] }, 422, "VALIDATION_FAILED"],
  [{ sample_ids: [1] }, 422, "VALIDATION_FAILED"],
  [{ sample_ids: ["a"], columns: ["colour"] }, 422, "VALIDATION_FAILED"],
  [{ sample_ids: ["a"], columns: [] }, 422, "VALIDATION_FAILED"],
  [{ sample_ids: ["a"], colums: ["uri"] }, 422, "UNKNOWN_FIELD"],
  [{ sample_ids: ids(0, 10_001) }, 422, "TOO_MANY_ROWS"],
  [{ sample_ids: ["a"], version: 3 }, 409, "VERSION_NOT_SEALED"],
  [{ sample_ids: ["a"], version: 4 }, 410, "VERSION_DELETED"],
  [{ sample_ids: ["a"], version: 5 }, 404, "VERSION_NOT_FOUND"],
])("a look-up that cannot be answered says why (%#)", async (body, status, code) => {
  const answer = await data.send("POST", lookUpPath, body);
  expect({ status: answer.status, code: answer.json().code }).toEqual({ status, code });
});

test("what no sample can be called is missing", async () => {
  const body = String.raw`{"version": 1, "sample_ids": ["nul\u0000", "half\ud800", "", "a000000001"]}`;
  const { status, json } = await data.send("POST", lookUpPath, body);
  expect(status).toBe(200);
  expect(json()).toMatchObject({ missing: ["nul\0", "half\ud800", ""], index: [3] });
});

test("somebody else's project, dataset or version is not there", async () => {
  const body = { sample_ids: [idOf(1)] };
  const stranger = { key: foreign.key };
  const codes = await Promise.all([
    data.send("POST", lookUpPath, body, stranger),
    data.send("GET", pagePath, undefined, stranger),
    foreign.send("POST", "/datasets/other/samples:lookup", body),
    foreign.send("POST", lookUpPath, { ...body, version: 1 }),
    foreign.send("POST", lookUpPath, body),
    foreign.send("GET", pagePath),
  ]);
  expect(codes.map(({ status, json }) => [status, json().code])).toEqual([
    [404, "PROJECT_NOT_FOUND"],
    [404, "PROJECT_NOT_FOUND"],
    [404, "DATASET_NOT_FOUND"],
    [404, "VERSION_NOT_FOUND"],
    [404, "VERSION_NOT_FOUND"],
    [404, "VERSION_NOT_FOUND"],
  ]);
});

test("media types that the route does not read or write are refused", async () => {
  const asText = { headers: { "content-type": "text/plain" } };
  const asImage = { headers: { accept: "image/png" } };
  const { url } = readStack().services["data-loader"]!;
  const sent = await fetch(`${url}/v1/projects/${data.project}${lookUpPath}`, {
    method: "POST",
    headers: { authorization: `Bearer ${data.key}`, ...asText.headers },
    body: "{}",
  });
  expect(sent.status).toBe(415);
  for (const answer of [
    await data.send("POST", lookUpPath, { sample_ids: ["a"] }, asImage),
    await data.send("GET", `${pagePath}?limit=1`, undefined, asImage),
    await data.send("GET", pagePath, undefined, asImage),
  ]) {
    expect(answer.json()).toMatchObject({ status: 406, code: "NOT_ACCEPTABLE" });
    expect(answer.json().detail).toContain(ARROW);
  }
});

test("large answers are compressed as the client likes, small ones are not", async () => {
  const encoded = async (limit: number, accepted: string) => {
    const headers = { "accept-encoding": accepted };
    const answer = await data.send("GET", `${pagePath}?limit=${limit}`, undefined, { headers });
    expect(answer.headers.get("vary")).toBe("accept, accept-encoding");
    expect(answer.json().columns["sample_id"]).toHaveLength(limit);
    return answer.headers.get("content-encoding");
  };
  expect(await encoded(1_000, "gzip")).toBe("gzip");
  expect(await encoded(1_000, "identity")).toBeNull();
  expect(await encoded(1, "gzip")).toBeNull();
});

async function readPages(query: string): Promise<{ ids: unknown[]; pages: number }> {
  const found: unknown[] = [];
  let cursor = "";
  for (let pages = 1; ; pages += 1) {
    const { status, text, json } = await data.send("GET", `${pagePath}?${query}${cursor}`);
    expect(status, text).toBe(200);
    found.push(...json().columns["sample_id"]!);
    const next = json().next_cursor;
    if (next === null) return { ids: found, pages };
    cursor = `&cursor=${next}`;
  }
}

test("pages have every sample once and in order, over the borders of segments", async () => {
  expect(await readPages("limit=300")).toEqual({ ids: ids(0, ROWS), pages: 9 });
  expect(await readPages("limit=1000&columns=sample_id,uri")).toEqual({
    ids: ids(0, ROWS),
    pages: 3,
  });
});

test("pages of a time have its samples alone, the end of it excluded", async () => {
  // Seconds 900 to 1,099 of 2001, in two time zones.
  const times = "created_from=2001-01-01T00:15:00Z&created_to=2001-01-01T01:18:20%2B01:00";
  expect(await readPages(`limit=64&${times}`)).toEqual({ ids: ids(900, 1_100), pages: 4 });
  expect((await readPages("limit=10&created_from=2002-01-01T00:00:00Z")).ids).toEqual([]);
});

test("cursors, times, limits and columns that are none are refused", async () => {
  const first = await data.send("GET", `${pagePath}?limit=5`);
  const cursor = first.json().next_cursor!;
  const other = "/datasets/samples/versions/2/samples";
  for (const path of [
    `${pagePath}?limit=5&cursor=abc`,
    `${pagePath}?limit=5&cursor=${cursor}A`,
    `${other}?limit=5&cursor=${cursor}`,
    `${pagePath}?limit=5&cursor=${cursor}&created_from=2001-01-01T00:00:00Z`,
    `${pagePath}?limit=5&created_from=yesterday`,
    `${pagePath}?limit=5&created_to=2001-02-30T00:00:00Z`,
    `${pagePath}?limit=0`,
    `${pagePath}?limit=1001`,
    `${pagePath}?limit=5&columns=colour`,
    `${pagePath}?columns=`,
  ]) {
    const { status, json } = await data.send("GET", path);
    expect([status, json().code], path).toEqual([422, "VALIDATION_FAILED"]);
  }
  const version = (number: number) =>
    data.send("GET", `/datasets/samples/versions/${number}/samples`);
  expect((await version(3)).json().code).toBe("VERSION_NOT_SEALED");
  expect((await version(4)).json().code).toBe("VERSION_DELETED");
  expect((await version(5)).json().code).toBe("VERSION_NOT_FOUND");
});

interface End {
  readonly count: number;
  readonly sha256: string;
  readonly next_cursor?: string | null;
}

/** The rows of an NDJSON answer, after its end was found right. */
function ndjson(text: string): { rows: { sample_id: string }[]; end: End } {
  const lines = text.split("\n");
  expect(lines.pop()).toBe("");
  const { _end: end } = JSON.parse(lines.pop()!) as { _end: End };
  const before = lines.map((line) => `${line}\n`).join("");
  expect(end).toMatchObject({
    count: lines.length,
    sha256: createHash("sha256").update(before).digest("hex"),
  });
  return { rows: lines.map((line) => JSON.parse(line) as { sample_id: string }), end };
}

test("without a limit all samples are streamed, and end with their number and hash", async () => {
  const { headers, text } = await data.send("GET", pagePath);
  expect(headers.get("content-type")).toBe(NDJSON);
  const { rows, end } = ndjson(text);
  expect(rows.map(({ sample_id }) => sample_id)).toEqual(ids(0, ROWS));
  expect(end).not.toHaveProperty("next_cursor");
});

test.each(["gzip", "identity"])("a stream may begin at a cursor (%s)", async (coding) => {
  const headers = { "accept-encoding": coding, accept: NDJSON };
  const page = await data.send("GET", `${pagePath}?limit=700`, undefined, { headers });
  const { rows, end } = ndjson(page.text);
  expect(rows).toHaveLength(700);
  const rest = await data.send("GET", `${pagePath}?cursor=${end.next_cursor}`, undefined, {
    headers,
  });
  expect(rest.headers.get("content-encoding")).toBe(coding === "gzip" ? "gzip" : null);
  expect(ndjson(rest.text).rows.map(({ sample_id }) => sample_id)).toEqual(ids(700, ROWS));
});

test("an Arrow stream has a batch a page, and the count in its last one", async () => {
  const batches = [
    ...RecordBatchReader.from(await arrow(`${pagePath}?columns=sample_id,attributes`)),
  ];
  expect(batches.map(({ numRows }) => numRows)).toEqual([1_000, 1_000, 500, 0]);
  expect(batches.at(-1)!.metadata.get("_end")).toBe(JSON.stringify({ count: ROWS }));
  const found = batches.flatMap((batch) => [...(batch.getChild("sample_id") ?? [])] as unknown[]);
  expect(found).toEqual(ids(0, ROWS));
  const fields = batches[0]!.schema.fields.map(({ name, metadata }) => [
    name,
    metadata.get("ARROW:extension:name"),
  ]);
  expect(fields).toEqual([
    ["sample_id", undefined],
    ["attributes", "arrow.json"],
  ]);
});

test("an empty range is a stream with an end", async () => {
  const none = `${pagePath}?created_from=2002-01-01T00:00:00Z`;
  expect(ndjson((await data.send("GET", none)).text).rows).toEqual([]);
  const batches = [...RecordBatchReader.from(await arrow(none))];
  expect(batches.map(({ numRows }) => numRows)).toEqual([0, 0]);
});

test("a client that reads JSON alone gets a page of 100 and a cursor", async () => {
  const { json } = await data.send("GET", pagePath, undefined, {
    headers: { accept: "application/json" },
  });
  expect(json().columns["sample_id"]).toEqual(ids(0, 100));
  expect(json().next_cursor).not.toBeNull();
});

test("the samples that went out are counted", async () => {
  // By an instance that nobody else asks.
  await using instance = await startDataLoader();
  const origin = instance.url;
  await data.send("GET", `${pagePath}?limit=123`, undefined, { origin });
  const body = { version: 1, sample_ids: [idOf(0), "nobody"] };
  await data.send("POST", lookUpPath, body, { origin });
  expect(await instance.metric("samples_served_total")).toBe(124);
});

/** Samples of a stream that is far longer than what the buffers on the way hold. */
const LONG = 60_000;
const READERS = 50;

/** Connections of the samples' alias that work for somebody, by PgBouncer's and by the gate's account. */
async function heldConnections(pooler: PgbouncerConsole): Promise<number> {
  const pools = await pooler.show("pools");
  const active = pools.find(({ database }) => database === "sluice_sample")?.sv_active ?? 0;
  const response = await fetch(`${readStack().services["data-loader"]!.internal_url}/metrics`);
  const line = /^db_active_connections\{[^}]*pool="sample"[^}]*\} (\d+)/m.exec(
    await response.text(),
  );
  return active + Number(line![1]);
}

test("50 readers at a kilobyte a second hold no connection, and lose nothing of their streams", async () => {
  const long = await dataProject();
  await long.makeVersion({ version: 1, prefix: "a", segments: [LONG] });
  const pooler = new PgbouncerConsole({ url: readStack().pgbouncer.admin_url });
  onTestFinished(() => pooler.close());
  const path = `${pagePath}?columns=sample_id,feature_hash,uri,attributes,created_at`;
  const readers = await Promise.all(
    Array.from({ length: READERS }, () => openPausedReader(long, path)),
  );
  let quiet = 0;
  // First the system's buffers are filled, with some megabytes for each reader. A page is read within milliseconds: where
  // one is read, one of so many looks sees it.
  const isQuiet = async (): Promise<boolean> => {
    quiet = (await heldConnections(pooler)) === 0 ? quiet + 1 : 0;
    return quiet === 50;
  };
  await until("no reader reads any more", isQuiet, 90_000);
  let isReading = true;
  const reading = Promise.all(readers.map((reader) => reader.takeSlowly(4))).finally(() => {
    isReading = false;
  });
  const looks: number[] = [];
  while (isReading) {
    const { status } = await data.send("POST", lookUpPath, { sample_ids: [idOf(1)] });
    expect(status).toBe(200);
    looks.push(await heldConnections(pooler));
  }
  await reading;
  expect(looks.length).toBeGreaterThan(10);
  // Where a reader has room for a page, that is read within milliseconds, on a busy machine within tens of them. Who held
  // a connection would hold it all the time.
  expect(looks.filter((held) => held > 0).length).toBeLessThan(looks.length / 2);
  const [first, second, ...others] = readers;
  for (const reader of others) reader.leave();
  for (const reader of [first!, second!]) {
    const { rows } = ndjson(await reader.readAll());
    expect(rows).toHaveLength(LONG);
    expect(rows.at(-1)!.sample_id).toBe(idOf(LONG - 1));
  }
});

test("a stream whose version is deleted on the way is cut, and does not look complete", async () => {
  const doomed = await dataProject();
  await doomed.makeVersion({ version: 1, prefix: "a", segments: [LONG] });
  const reader = await openPausedReader(doomed, pagePath);
  await using superuser = openSuperuser();
  await superuser`update data.versions set state = 'deleting' where dataset_id = ${doomed.datasetId}`;
  await expect(reader.readAll()).rejects.toMatchObject({ code: "ECONNRESET" });
  expect((await doomed.send("GET", pagePath)).json().code).toBe("VERSION_DELETED");
});
