import { Ajv, type ErrorObject, type Options, type ValidateFunction } from "ajv";
import formats from "ajv-formats";
import type { FastifySchemaCompiler } from "fastify";

const OPTIONS: Options = {
  useDefaults: true,
  removeAdditional: false,
  // The data and the schema that disagreed stand in the error, to say what was expected.
  verbose: true,
  strictTypes: false,
  strictTuples: false,
};

// JSON says what a value is. A query string cannot, so that "5" stands for 5 there.
const BODY: Options = { ...OPTIONS, coerceTypes: false };
const TEXT: Options = { ...OPTIONS, coerceTypes: "array" };

/** Up to this many values, all faults of a body are collected; in larger ones only the first. */
const THOROUGH_LIMIT = 10_000;

/** Compiles the validators of a server's routes. */
export function validatorCompiler(): FastifySchemaCompiler<unknown> {
  const body = compilerPair(BODY);
  const text = compilerPair(TEXT);
  return ({ schema, httpPart }) => (httpPart === "body" ? body : text)(schema as object);
}

function compilerPair(options: Options): (schema: object) => ValidateFunction {
  const first = newAjv(options);
  const all = newAjv({ ...options, allErrors: true });
  return (schema) => thorough(first.compile(schema), () => all.compile(schema));
}

/** Stops at the first fault, which is safe on any input, and looks for the others only in a small one. */
function thorough(first: ValidateFunction, compileAll: () => ValidateFunction): ValidateFunction {
  let all: ValidateFunction | undefined;
  const validate = (data: unknown): boolean => {
    if (first(data)) return true;
    validate.errors = first.errors ?? [];
    if (!isSmall(data)) return false;
    all ??= compileAll();
    if (!all(data)) validate.errors = all.errors ?? [];
    return false;
  };
  validate.errors = [] as ErrorObject[];
  return validate as unknown as ValidateFunction;
}

function isSmall(data: unknown): boolean {
  const values: unknown[] = [data];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value !== "object" || value === null) continue;
    const members = Object.values(value);
    if (values.length + members.length > THOROUGH_LIMIT) return false;
    values.push(...members);
  }
  return true;
}

function newAjv(options: Options): Ajv {
  const ajv = new Ajv(options);
  ajv.addVocabulary(["example"]);
  // A CommonJS module whose types put the function on `default`.
  formats.default(ajv);
  return ajv;
}
