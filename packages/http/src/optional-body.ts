import type { preValidationHookHandler } from "fastify";

/** Whether a body's schema demands nothing: then no body at all says the same as an empty object. */
export function isOptionalBody(schema: unknown): boolean {
  if (typeof schema !== "object" || schema === null) return false;
  const { type, required = [] } = schema as { type?: unknown; required?: readonly string[] };
  return type === "object" && required.length === 0;
}

/** Takes the absence of a body for an empty object. */
export const fillEmptyBody: preValidationHookHandler = (request, _reply, done) => {
  request.body ??= {};
  done();
};
