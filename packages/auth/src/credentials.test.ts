import { expect, test } from "vitest";
import { formatKey, generateKey } from "./api-key.ts";
import { readCredentials } from "./credentials.ts";

const key = generateKey();
const text = formatKey(key);
const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString("base64")}`;

test.each([
  `Bearer ${text}`,
  `bearer ${text}`,
  `BEARER  ${text}`,
  basic(`:${text}`),
  basic(`anyone:${text}`),
  basic(text),
])("%j carries the key", (header) => {
  expect(readCredentials(header)).toEqual(key);
});

test.each([
  undefined,
  "",
  "Bearer",
  "Bearer ",
  text,
  `Digest ${text}`,
  `Bearer ${text} ${text}`,
  `Bearer ${text},`,
  basic(`${text}:`),
  basic(`a:b:${text}`),
  "Basic ????",
])("%j carries none", (header) => {
  expect(readCredentials(header)).toBeUndefined();
});
