import { InvalidValue, show } from "@sluice/values";

/** Deeper ones would be refused further on, or overflow a stack. */
const MAX_DEPTH = 128;
/** PostgreSQL's numeric takes far more, but work on a number grows with its digits. */
const MAX_NUMBER_CHARACTERS = 400;
const MAX_EXPONENT = 400;

/** What PostgreSQL's jsonb cannot hold, if the backslash is not itself escaped. */
const UNSTORABLE = /\\u(?:0000|[dD][89a-fA-F])/;

/**
 * A value as JSON with the members of every object in the order of their UTF-16 code units, without spaces. Numbers are
 * written as they came (`JSON.rawJSON`), bigints as integers.
 * @throws InvalidValue for what is not JSON or what the database cannot hold; its path leads to the spot
 */
export function canonicalJson(value: unknown, path = "", depth = 0): string {
  if (typeof value === "string") return stringJson(value, path);
  if (value === null || value === undefined) return "null";
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number") return numberJson(value, path);
  if (JSON.isRawJSON(value)) return checkedNumber(value.rawJSON, path);
  if (typeof value !== "object") throw new InvalidValue(`${show(value)} is not JSON`, path);
  if (depth >= MAX_DEPTH) throw new InvalidValue(`is nested over ${MAX_DEPTH} levels deep`, path);
  if (Array.isArray(value)) {
    const items = value.map((item, index) => canonicalJson(item, `${path}[${index}]`, depth + 1));
    return `[${items.join()}]`;
  }
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const texts = members.map(
    ([name, member]) =>
      `${stringJson(name, path)}:${canonicalJson(member, `${path}.${name}`, depth + 1)}`,
  );
  return `{${texts.join()}}`;
}

/** A string as JSON. @throws InvalidValue for U+0000 and half a surrogate pair, which PostgreSQL cannot hold */
export function stringJson(value: string, path = ""): string {
  const text = JSON.stringify(value);
  if (UNSTORABLE.test(text)) assertStorable(value, path);
  return text;
}

/** @throws InvalidValue for U+0000 and half a surrogate pair */
export function assertStorable(value: string, path = ""): void {
  if (value.includes("\0")) throw new InvalidValue("has the character U+0000", path);
  if (!value.isWellFormed()) throw new InvalidValue("has half a surrogate pair", path);
}

function numberJson(value: number, path: string): string {
  if (!Number.isFinite(value)) throw new InvalidValue(`${value} is not a JSON number`, path);
  return String(value);
}

function checkedNumber(text: string, path: string): string {
  const exponent = Math.abs(Number(/[eE](.*)$/.exec(text)?.[1] ?? 0));
  if (text.length <= MAX_NUMBER_CHARACTERS && exponent <= MAX_EXPONENT) return text;
  throw new InvalidValue(`${text.slice(0, 20)}… is out of range`, path);
}
