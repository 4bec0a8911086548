import { expect, test } from "vitest";
import { formatKey, generateKey, hashSecret, matchesSecret, parseKey } from "./api-key.ts";

test("a key survives being written and read", () => {
  const key = generateKey();
  expect(parseKey(formatKey(key))).toEqual(key);
  expect(formatKey(key)).toMatch(/^sluice_[0-9A-Za-z]{12}_[0-9A-Za-z]{32}$/);
});

test("keys do not repeat, and use the whole alphabet", () => {
  const keys = Array.from({ length: 500 }, generateKey);
  expect(new Set(keys.map((key) => key.id)).size).toBe(500);
  expect(new Set(keys.flatMap((key) => [...key.secret])).size).toBe(62);
});

test.each([
  "",
  "sluice",
  "sluice_abc_def",
  formatKey(generateKey()).toUpperCase(),
  ` ${formatKey(generateKey())}`,
  `${formatKey(generateKey())}\n`,
  `${formatKey(generateKey())}x`,
  formatKey({ ...generateKey(), id: "aaaa_aaaaaaa" }),
  formatKey({ ...generateKey(), id: "aaaaaaaaaaaé" }),
])("%j is not a key", (text) => {
  expect(parseKey(text)).toBeUndefined();
});

test("only the secret that was hashed matches", () => {
  const { secret } = generateKey();
  expect(hashSecret(secret)).toHaveLength(32);
  expect(matchesSecret(secret, hashSecret(secret))).toBe(true);
  expect(matchesSecret(generateKey().secret, hashSecret(secret))).toBe(false);
});

test("no secret matches a key that does not exist", () => {
  expect(matchesSecret(generateKey().secret, undefined)).toBe(false);
});
