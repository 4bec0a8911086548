import { buffer } from "node:stream/consumers";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { chooseCoding, encodeBody, openCoder } from "./content-coding.ts";

test.each([
  [undefined, "identity"],
  ["", "identity"],
  ["gzip", "gzip"],
  ["x-gzip", "gzip"],
  ["GZIP;q=0.1", "gzip"],
  ["gzip, deflate, br, zstd", "zstd"],
  ["gzip, deflate, br", "gzip"],
  ["br", "identity"],
  ["zstd;q=0.5, gzip", "gzip"],
  ["*", "zstd"],
  ["*;q=0.5, identity", "identity"],
  ["zstd;q=0, *", "gzip"],
  ["gzip;q=0, zstd;q=0", "identity"],
  ["identity;q=0", "identity"],
  ["identity;q=0, gzip;q=0.1", "gzip"],
  ["identity, gzip;q=0.5", "identity"],
])("Accept-Encoding: %s gets %s", (header, expected) => {
  expect(chooseCoding(header)).toBe(expected);
});

const TEXT = Buffer.from("a sample and another one, ".repeat(1_000));
const decoders = { gzip: gunzipSync, zstd: zstdDecompressSync };

test.each(["gzip", "zstd"] as const)("%s gives back what went in", async (coding) => {
  const { bytes, coding: used } = await encodeBody(TEXT, coding);
  expect(used).toBe(coding);
  expect(bytes.length).toBeLessThan(TEXT.length / 10);
  expect(decoders[coding](bytes).equals(TEXT)).toBe(true);
});

test.each(["gzip", "zstd"] as const)(
  "a stream in %s can be read as far as it was written",
  async (coding) => {
    const coder = openCoder(coding)!;
    const read: Buffer[] = [];
    coder.on("data", (chunk: Buffer) => read.push(chunk));
    await new Promise((resolve) => coder.write(TEXT, resolve));
    await expect.poll(() => Buffer.concat(read).length).toBeGreaterThan(0);
    coder.end(TEXT);
    await buffer(coder).catch(() => undefined);
    expect(decoders[coding](Buffer.concat(read)).length).toBe(2 * TEXT.length);
  },
);

test("a small body, and one that is to stay as it is, are not touched", async () => {
  const small = Buffer.from("{}");
  expect(await encodeBody(small, "zstd")).toEqual({ bytes: small, coding: "identity" });
  expect(await encodeBody(TEXT, "identity")).toEqual({ bytes: TEXT, coding: "identity" });
  expect(openCoder("identity")).toBeUndefined();
});
