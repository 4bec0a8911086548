import { expect, test } from "vitest";
import { findInstances, parseInstances } from "./instances.ts";

test("services and their internal URLs are read", () => {
  expect(parseInstances("")).toEqual([]);
  const read = parseInstances("feature-api=http://127.0.0.1:8101, ops=http://[::1]:8104");
  expect(read.map(({ service, url }) => [service, url.origin])).toEqual([
    ["feature-api", "http://127.0.0.1:8101"],
    ["ops", "http://[::1]:8104"],
  ]);
});

test.each(["feature-api", "=http://127.0.0.1:1", "ops=127.0.0.1:1", "ops=ftp://127.0.0.1"])(
  "%s is refused by name",
  (entry) => {
    expect(() => parseInstances(`a=http://127.0.0.1:1,${entry}`)).toThrow(`"${entry}"`);
  },
);

test("an address is one process; a name is one for each of its addresses", async () => {
  const find = async (text: string): Promise<string[]> => {
    const found = await Promise.all(parseInstances(text).map(findInstances));
    return found.flat().map(({ url }) => url.origin);
  };
  expect(await find("a=http://127.0.0.1:1,b=http://[::1]:2")).toEqual([
    "http://127.0.0.1:1",
    "http://[::1]:2",
  ]);
  expect(await find("a=http://localhost:1")).toContain("http://127.0.0.1:1");
});
