import { isUtf8 } from "node:buffer";
import { SluiceError } from "@sluice/errors";
import { parse } from "secure-json-parse";
import { isNestedDeeper } from "./nesting.ts";
import { nonFiniteToNull } from "./non-finite.ts";

/** How tolerant `parseJson` is. */
export interface ParseJsonOptions {
  /** Reads bare NaN, Infinity and -Infinity as null. @default false */
  readonly nonFiniteAsNull?: boolean | undefined;
  /** Numbers that a double would write differently, such as 1.0, stay the text that they are: `JSON.rawJSON`. @default false */
  readonly exactNumbers?: boolean | undefined;
}

// Enough for any honest document; beyond it recursive code further on would overflow the stack.
const MAX_DEPTH = 512;

// Longer integers are out of any number's range, and BigInt would need seconds for millions of digits.
const MAX_INTEGER_DIGITS = 400;

// 2^53 has 16 digits. A fraction's digits do not count: they cannot make an integer.
const LONG_INTEGER = /(?:^|[^\d.])\d{16}/;

/** Where a number begins that `JSON.stringify` could write differently. Times in texts do not look like it. */
const INEXACT_NUMBER = /(?:^|"\s*:|[,[])\s*-?(?:0(?:[.eE]|(?<=-0))|[1-9]\d*(?:[.eE]|(?<=\d{16})))/;

const BYTE_ORDER_MARK = /^\uFEFF/;

/**
 * The value of a JSON text in UTF-8. Integers beyond ±(2^53−1) become BigInt without ever being a
 * double, and ±Infinity when they have over 400 digits, as numbers beyond a double's range do; keys that would reach a prototype are refused.
 * @throws SluiceError INVALID_JSON, with `position` when the parser tells it
 */
export function parseJson(bytes: Buffer, options: ParseJsonOptions = {}): unknown {
  if (!isUtf8(bytes)) throw new SluiceError("INVALID_JSON", "The body is not valid UTF-8.");
  if (isNestedDeeper(bytes, MAX_DEPTH)) {
    throw new SluiceError("INVALID_JSON", `The body is nested more than ${MAX_DEPTH} levels deep.`);
  }
  const text = bytes.toString("utf8").replace(BYTE_ORDER_MARK, "");
  try {
    return options.exactNumbers === true ? parseExactly(text) : parseText(text);
  } catch (error) {
    if (options.nonFiniteAsNull === true) return parseLeniently(text);
    throw invalidJson(error, text);
  }
}

function parseLeniently(text: string): unknown {
  try {
    return parseText(nonFiniteToNull(text));
  } catch (error) {
    throw invalidJson(error, text);
  }
}

function parseText(text: string): unknown {
  return LONG_INTEGER.test(text) ? parse(text, exactIntegers) : parse(text);
}

function parseExactly(text: string): unknown {
  return INEXACT_NUMBER.test(text) ? parse(text, exactNumbers) : parse(text);
}

function exactNumbers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || context?.source === undefined) return value;
  return String(value) === context.source ? value : JSON.rawJSON(context.source);
}

function exactIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? "";
  if (source.length > MAX_INTEGER_DIGITS) return value;
  return /^-?\d+$/.test(source) ? BigInt(source) : value;
}

function invalidJson(error: unknown, text: string): SluiceError {
  if (!(error instanceof SyntaxError)) throw error;
  const position = positionOf(error.message, text);
  const detail = `The body is not JSON: ${error.message}.`;
  return new SluiceError("INVALID_JSON", detail, {
    extra: position === undefined ? {} : { position },
  });
}

function positionOf(message: string, text: string): number | undefined {
  if (message.startsWith("Unexpected end of JSON input")) return text.length;
  const found = / at position (\d+)/.exec(message)?.[1];
  return found === undefined ? undefined : Number(found);
}
