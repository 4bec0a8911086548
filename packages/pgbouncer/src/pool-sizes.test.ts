import { chmod, mkdtemp, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadWorkloads, selectProfile } from "@sluice/workloads";
import { expect, test } from "vitest";
import { renderDatabases } from "./ini.ts";
import { SupersededError, writePoolSizes } from "./pool-sizes-file.ts";
import { readPoolSizes, readTerm, replacePoolSizes, writeTerm } from "./pool-sizes.ts";

const profile = selectProfile(loadWorkloads(), "local");
const text = renderDatabases(profile, {
  version: { major: 1, minor: 18 },
  postgres: { host: "127.0.0.1", port: 5432 },
});

test("one size is replaced, and nothing else", () => {
  const before = readPoolSizes(text);
  const next = replacePoolSizes(text, { sluice_feature: 17 });
  expect(readPoolSizes(next)).toEqual({ ...before, sluice_feature: 17 });
  expect(replacePoolSizes(next, before)).toBe(text);
  expect(next).toContain(`reserve_pool=${profile.workloads.feature.reserve_pool_size}`);
});

test.each([0, -5, 1.5, Number.NaN])("a pool of %s is refused", (size) => {
  expect(() => replacePoolSizes(text, { sluice_feature: size })).toThrow(RangeError);
});

test("an alias that follows the default is named", () => {
  const plain = "[databases]\nlegacy = host=db min_pool_size=2\n";
  expect(readPoolSizes(plain)).toEqual({});
  expect(() => replacePoolSizes(plain, { legacy: 3 })).toThrow(/legacy has no pool_size/);
});

test("the term stands in the text once", () => {
  expect(readTerm(text)).toBe(0);
  const marked = writeTerm(writeTerm(text, 4), 5);
  expect(readTerm(marked)).toBe(5);
  expect(readPoolSizes(marked)).toEqual(readPoolSizes(text));
});

test("a file keeps its mode, leaves nothing beside it, and is not written by who was superseded", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-pools-"));
  const file = join(folder, "databases.ini");
  await writeFile(file, text);
  await chmod(file, 0o640);
  await writePoolSizes(file, { sluice_feature: 9 }, 3);
  await writePoolSizes(file, { sluice_feature: 8 }, 3);
  await expect(writePoolSizes(file, { sluice_feature: 2 }, 2)).rejects.toThrow(SupersededError);
  expect(readPoolSizes(await readFile(file, "utf8"))["sluice_feature"]).toBe(8);
  expect((await stat(file)).mode & 0o777).toBe(0o640);
  expect(await readdir(folder)).toEqual(["databases.ini"]);
});
