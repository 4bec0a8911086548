import type { Static, TObject, TSchema } from "typebox";
import { Value } from "typebox/value";
import { ConfigError, type ConfigFault } from "./config-error.ts";
import { describeExpectation } from "./expectation.ts";

/** Environment of a process; what is empty counts as not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The variables that `schema` names, as numbers, booleans and strings with the schema's defaults.
 * Numbers are plain decimals, booleans `true`/`false`/`1`/`0`. The result is frozen.
 * @throws ConfigError with all faults at once
 */
export function parseConfig<T extends TObject>(
  schema: T,
  env: Environment = process.env,
): Static<T> {
  const read: Record<string, unknown> = {};
  const faults: ConfigFault[] = [];
  for (const [name, property] of Object.entries<TSchema>(schema.properties)) {
    const value = readVariable(property, env[name]);
    if (value !== undefined) read[name] = value;
    const problem = problemOf(property, value, schema.required?.includes(name) ?? false);
    if (problem) faults.push({ name, problem, expected: describeExpectation(property) });
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(read) as Static<T>;
}

function readVariable(schema: TSchema, text: string | undefined): unknown {
  if (text === undefined || text === "") return (schema as { default?: unknown }).default;
  const { type, anyOf } = schema as { type?: string; anyOf?: TSchema[] };
  if ((type === "integer" || type === "number") && /^-?\d+(\.\d+)?$/.test(text)) {
    return Number(text);
  }
  if (type === "boolean") return BOOLEANS.get(text) ?? text;
  for (const member of anyOf ?? []) {
    const value = readVariable(member, text);
    if (Value.Check(member, value)) return value;
  }
  return text;
}

const BOOLEANS = new Map([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
]);

function problemOf(schema: TSchema, value: unknown, required: boolean): string | undefined {
  if (value === undefined) return required ? "is not set" : undefined;
  return Value.Check(schema, value) ? undefined : "is not valid";
}
