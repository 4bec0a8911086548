import { SluiceError } from "@sluice/errors";
import type { FastifyRequest } from "fastify";
import type { App } from "./app.ts";
import { isOptionalBody } from "./optional-body.ts";
import { parseJson } from "./parse-json.ts";

/** Makes `app` read JSON bodies losslessly, and no other media type unless a route adds its own. */
export function acceptJsonBodies(app: App): void {
  app.removeAllContentTypeParsers();
  const types = ["application/json", /^application\/[\w.-]+\+json(?:$|;)/];
  for (const type of types) {
    app.addContentTypeParser(type, { parseAs: "buffer" }, readBody);
  }
}

function readBody(
  request: FastifyRequest,
  body: Buffer | string,
  done: (error: Error | null, body?: unknown) => void,
): void {
  try {
    done(null, readJson(request, body as Buffer));
  } catch (error) {
    done(error as Error);
  }
}

function readJson(request: FastifyRequest, body: Buffer): unknown {
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") {
    const detail = `The body is encoded as "${encoding}". Send it as it is, without Content-Encoding.`;
    throw new SluiceError("UNSUPPORTED_MEDIA_TYPE", detail);
  }
  if (body.length > 0) return parseJson(body, request.exchange.policy);
  // Clients set the content type on requests without a body too, such as DELETE.
  const schema = request.routeOptions.schema?.body;
  if (schema === undefined || isOptionalBody(schema)) return undefined;
  throw new SluiceError("INVALID_JSON", "The body is empty. Send a JSON text.");
}
