type Schema = Record<string, unknown>;

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * A copy of a body's schema in which every object refuses the properties that it does not name,
 * unless it says itself what else it may have.
 * @throws Error on `allOf`, whose parts would refuse each other's properties
 */
export function closeObjects(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closeObjects);
  if (!isSchema(schema)) return schema;
  if (schema["allOf"] !== undefined) {
    throw new Error("A body schema cannot have allOf: name the properties in one object.");
  }
  const closed: Schema = { ...schema };
  for (const keyword of ["items", "anyOf", "oneOf", "additionalProperties"]) {
    if (keyword in schema) closed[keyword] = closeObjects(schema[keyword]);
  }
  for (const keyword of ["properties", "patternProperties"]) {
    const named = schema[keyword];
    if (isSchema(named)) closed[keyword] = closeMembers(named);
  }
  if (isSchema(schema["properties"])) closed["additionalProperties"] ??= false;
  return closed;
}

function closeMembers(named: Schema): Schema {
  return Object.fromEntries(
    Object.entries(named).map(([key, value]) => [key, closeObjects(value)]),
  );
}
