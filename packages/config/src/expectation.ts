import type { TSchema } from "typebox";

interface Keywords {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Keywords[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly pattern?: string | RegExp;
  readonly format?: string;
}

/** A schema of one variable in words, e.g. "integer, at least 1, at most 65535 (public port)". */
export function describeExpectation(schema: TSchema): string {
  const keywords = schema as Keywords;
  const { description } = keywords;
  return description === undefined ? inWords(keywords) : `${inWords(keywords)} (${description})`;
}

function inWords(schema: Keywords): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return `one of ${schema.enum.join(", ")}`;
  if (schema.anyOf !== undefined) return schema.anyOf.map(inWords).join(" or ");
  const limits = [
    schema.minimum === undefined ? "" : `at least ${schema.minimum}`,
    schema.maximum === undefined ? "" : `at most ${schema.maximum}`,
    schema.minLength === undefined ? "" : `at least ${schema.minLength} characters`,
    schema.pattern === undefined ? "" : `matching ${schema.pattern}`,
    schema.format === undefined ? "" : `a valid ${schema.format}`,
  ];
  return [schema.type ?? "a value", ...limits].filter((part) => part !== "").join(", ");
}
