import { type FastifyDynamicSwaggerOptions, default as swagger } from "@fastify/swagger";
import { toProblem } from "@sluice/errors";
import { Type } from "typebox";
import type { App } from "./app.ts";
import { renderApiPage } from "./api-page.ts";
import { renderErrorsPage } from "./errors-page.ts";
import type { RouteConfig } from "./route-config.ts";

// The pages hold no script, and nothing that the API's texts could smuggle in may run or load.
const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'";

const PROBLEM = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String({ description: "Stable; what clients switch on." }),
  detail: Type.String({ description: "What happened, to what, and what to do next." }),
  request_id: Type.String(),
});

const PROBLEM_RESPONSE = {
  description: "Problem (RFC 9457); /docs/errors lists the codes.",
  content: { "application/problem+json": { schema: PROBLEM } },
};

/** Serves the OpenAPI 3.1 document of all routes, and readable pages of it and of the error codes. */
export function serveOpenApi(app: App, about: { title: string; version: string }): void {
  // Called, not registered: as a registered plugin it would miss the routes added before it loads.
  swagger(app, documentOptions(about), () => undefined);
  const config = { public: true } as const;
  const hidden = { config, schema: { hide: true } };
  app.get("/openapi.json", hidden, () => app.swagger());
  app.get("/docs", hidden, (_request, reply) =>
    reply
      .header("content-security-policy", PAGE_POLICY)
      .type("text/html; charset=utf-8")
      .send(renderApiPage(app.swagger())),
  );
  app.get("/docs/errors", hidden, (_request, reply) =>
    reply
      .header("content-security-policy", PAGE_POLICY)
      .type("text/html; charset=utf-8")
      .send(renderErrorsPage()),
  );
}

function documentOptions(info: { title: string; version: string }): FastifyDynamicSwaggerOptions {
  return {
    mode: "dynamic",
    openapi: {
      openapi: "3.1.0",
      info: { title: info.title, version: info.version },
      components: {
        securitySchemes: {
          key: { type: "http", scheme: "bearer", description: "sluice_<id>_<secret>" },
        },
      },
    },
    transform: ({ schema, url, route }) => ({ url, schema: documented(schema, route.config) }),
  };
}

/** Adds what follows from a route's policy, and what every route can answer. */
function documented(
  schema: Parameters<NonNullable<FastifyDynamicSwaggerOptions["transform"]>>[0]["schema"],
  config: RouteConfig = {},
) {
  const { scope, renderProblem } = config;
  return {
    ...schema,
    response: {
      ...((schema?.response as object | undefined) ?? { 200: { description: "Done" } }),
      default: renderProblem === undefined ? PROBLEM_RESPONSE : ownResponse(renderProblem),
    },
    security: scope === undefined ? [] : [{ key: [] }],
    ...(scope === undefined
      ? {}
      : { description: `${schema?.description ?? ""}\n\nNeeds scope \`${scope}\`.`.trim() }),
  };
}

/** The answer of a route that writes problems in the shape of another protocol. */
function ownResponse(render: NonNullable<RouteConfig["renderProblem"]>) {
  const { contentType } = render(toProblem(undefined, "id"));
  const description = "Problem in the protocol's own shape; /docs/errors lists the codes.";
  return { description, content: { [contentType]: { schema: Type.Unknown() } } };
}
