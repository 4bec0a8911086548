import { SluiceError } from "@sluice/errors";
import type { ErrorObject } from "ajv";
import type { FastifySchemaValidationError } from "fastify/types/schema.js";

/** One fault of a request. */
interface Fault {
  /** Part and JSON pointer, e.g. "body/features/0/type". */
  readonly path: string;
  readonly message: string;
}

const MAX_FAULTS = 100;

const PARTS: Readonly<Record<string, string>> = { querystring: "query" };

/** The error that tells a client how its request departs from the schema. */
export function validationProblem(
  errors: FastifySchemaValidationError[],
  httpPart: string,
): SluiceError {
  const part = PARTS[httpPart] ?? httpPart;
  const found = (errors as ErrorObject[]).slice(0, MAX_FAULTS);
  const faults = found.map((error) => faultOf(error, part));
  const fields = found.filter(isUnknownField).map(namedProperty);
  const detail = faults
    .slice(0, 3)
    .map(({ path, message }) => `${path} ${message}`)
    .join("; ");
  return fields.length > 0
    ? new SluiceError("UNKNOWN_FIELD", `${detail}.`, { extra: { fields, errors: faults } })
    : new SluiceError("VALIDATION_FAILED", `${detail}.`, { extra: { errors: faults } });
}

/** Inside a union it only says that the value belongs to another member. */
function isUnknownField(error: ErrorObject): boolean {
  return error.keyword === "additionalProperties" && !/\/(?:anyOf|oneOf)\//.test(error.schemaPath);
}

function faultOf(error: ErrorObject, part: string): Fault {
  const at = `${part}${error.instancePath}`;
  const { keyword } = error;
  if (keyword === "required")
    return { path: `${at}/${namedProperty(error)}`, message: "is required" };
  if (keyword === "additionalProperties") {
    return { path: `${at}/${namedProperty(error)}`, message: unknownFieldMessage(error) };
  }
  return { path: at, message: messageOf(error) };
}

function namedProperty({ params }: ErrorObject): string {
  return String(params["missingProperty"] ?? params["additionalProperty"]);
}

function unknownFieldMessage({ parentSchema }: ErrorObject): string {
  const known = Object.keys((parentSchema?.["properties"] as object | undefined) ?? {});
  return known.length === 0 ? "is not known" : `is not known; known are ${known.join(", ")}`;
}

function messageOf({ keyword, params, data, message }: ErrorObject): string {
  if (typeof data === "bigint") return "must be between -(2^53-1) and 2^53-1";
  if (keyword === "const") return `must be ${JSON.stringify(params["allowedValue"])}`;
  if (keyword === "enum")
    return `must be one of ${(params["allowedValues"] as unknown[]).join(", ")}`;
  return message ?? "is not valid";
}
