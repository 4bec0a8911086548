import { lstatSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { homeOf, type Home, makeHome } from "./home.ts";
import { makePlace, outsidePlace } from "./place.ts";

let home: Home;
beforeEach(async () => {
  home = homeOf({ SLUICE_HOME: mkdtempSync(join(tmpdir(), "sluice-place-")) });
  await makeHome(home);
});
afterEach(() => rmSync(home.root, { recursive: true }));

test("a part lives inside the home, where only its owner may look", async () => {
  const place = await makePlace(home, "redis", undefined);
  expect(place).toBe(join(home.root, "redis"));
  expect(lstatSync(place).isDirectory()).toBe(true);
  expect(statSync(place).mode & 0o777).toBe(0o700);
  expect(await makePlace(home, "redis", undefined)).toBe(place);
});

test("the place outside is the same for the same home, and another for another", () => {
  expect(outsidePlace("/root/a/.sluice", "redis")).toBe(outsidePlace("/root/a/.sluice", "redis"));
  expect(outsidePlace("/root/a/.sluice", "redis")).not.toBe(
    outsidePlace("/root/b/.sluice", "redis"),
  );
});
