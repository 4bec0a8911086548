import { SluiceError } from "@sluice/errors";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Refuses a request that no route takes: 405 with `Allow` when the path has other methods, else 404. */
export function refuseUnknownRoute(request: FastifyRequest, reply: FastifyReply): never {
  const { server, method, url } = request;
  const path = url.split("?", 1)[0] as string;
  const allowed = server.supportedMethods.filter((m) => server.findRoute({ method: m, url: path }));
  if (allowed.length === 0) {
    throw new SluiceError("NOT_FOUND", `There is no ${path}. /openapi.json lists the routes.`);
  }
  reply.header("allow", allowed.join(", "));
  throw new SluiceError(
    "METHOD_NOT_ALLOWED",
    `${path} has no ${method}; it has ${allowed.join(", ")}.`,
  );
}
