import { SluiceError } from "@sluice/errors";
import { expect, test } from "vitest";
import { Catalog, type CatalogOptions } from "./catalog.ts";

interface Thing {
  readonly projectId: string;
  readonly name: string;
  readonly version: number;
}

function catalogOf(things: Thing[], options: Partial<CatalogOptions<Thing>> = {}) {
  const loads: string[][] = [];
  const catalog = new Catalog<Thing>({
    load: async (projectId, names) => {
      loads.push([...names]);
      return things.filter((thing) => thing.projectId === projectId && names.includes(thing.name));
    },
    notFound: (names) => new SluiceError("NOT_FOUND", names.join()),
    ...options,
  });
  return { catalog, loads };
}

const A = { projectId: "1", name: "a", version: 1 };
const B = { projectId: "1", name: "b", version: 1 };

test("all unknown names are read at once, and by one of concurrent callers", async () => {
  const { catalog, loads } = catalogOf([A, B]);
  const results = await Promise.all([catalog.getAll("1", ["b", "a"]), catalog.get("1", "a")]);
  expect(results).toEqual([[B, A], A]);
  expect(loads).toEqual([["b", "a"]]);
});

test("an absence is not remembered, and projects do not share names", async () => {
  const things: Thing[] = [A];
  const { catalog } = catalogOf(things);
  await expect(catalog.getAll("1", ["a", "b"])).rejects.toThrow("b");
  await expect(catalog.get("2", "a")).rejects.toThrow("a");
  things.push(B);
  expect(await catalog.get("1", "b")).toBe(B);
});

test("a failure is not remembered", async () => {
  let broken = true;
  const load = async () => {
    if (broken) throw new Error("down");
    return [A];
  };
  const { catalog } = catalogOf([], { load });
  await expect(catalog.get("1", "a")).rejects.toThrow("down");
  broken = false;
  expect(await catalog.get("1", "a")).toBe(A);
});

test("what was just written is served, even to a read that began before", async () => {
  const { catalog } = catalogOf([A]);
  const before = catalog.get("1", "a");
  const written = { ...A, version: 2 };
  catalog.set(written);
  expect(await before).toBe(A);
  expect(await catalog.get("1", "a")).toBe(written);
});

test("entries expire, can be forgotten, and are limited in number", async () => {
  const { catalog, loads } = catalogOf([A, B], { ttlMs: 0 });
  await catalog.get("1", "a");
  await catalog.get("1", "a");
  expect(loads).toHaveLength(2);
  const small = catalogOf([A, B], { maxEntries: 1 });
  for (const name of ["a", "b", "b", "a"]) await small.catalog.get("1", name);
  small.catalog.forget("1", ["a"]);
  await small.catalog.get("1", "a");
  expect(small.loads).toEqual([["a"], ["b"], ["a"], ["a"]]);
});
