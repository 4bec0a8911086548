import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Secrets } from "./secrets.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-secrets-"));
  file = join(folder, "secrets.json");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("secrets are made once, kept, and readable by their owner only", async () => {
  const first = await Secrets.open(file, ["redis"]);
  const second = await Secrets.open(file, ["redis", "sluice_feature"]);
  expect(second.password("redis")).toEqual(first.password("redis"));
  expect(second.password("sluice_feature").password).toMatch(/^[\w-]{32}$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("keys are kept beside the passwords", async () => {
  const keys = { cluster: "7", keys: { platform: "sluice_a_b", demo: "sluice_c_d" } };
  await (await Secrets.open(file, ["redis"])).keepKeys(keys);
  expect((await Secrets.open(file, [])).keys).toEqual(keys);
  expect(readFileSync(file, "utf8")).toContain('"redis"');
});

test("a broken file is named instead of being written over", async () => {
  writeFileSync(file, "{");
  await expect(Secrets.open(file, [])).rejects.toThrow(`${file} is not JSON`);
  expect(readFileSync(file, "utf8")).toBe("{");
});
