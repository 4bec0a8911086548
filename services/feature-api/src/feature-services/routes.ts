import { type App, PageQuery, readPage } from "@sluice/http";
import type { Static } from "typebox";
import type { FeatureApi } from "../feature-api.ts";
import { parseReferences } from "../lookup/feature-reference.ts";
import { resolveFeatures } from "../lookup/features.ts";
import { ProjectParams } from "../views/schemas.ts";
import { listServices, type ServiceRow, upsertService } from "./queries.ts";
import { PutServiceBody, ServiceAnswer, ServicePage, ServiceParams } from "./schemas.ts";
import { type FeatureService, toService } from "./service-catalog.ts";

const PATH = "/v1/projects/:project/feature-services";

/** Makes, reads and lists feature services. */
export function serviceRoutes(app: App, { db, catalog, services, projectOf }: FeatureApi): void {
  app.route({
    method: "PUT",
    url: `${PATH}/:name`,
    config: { scope: "features:write" },
    schema: {
      summary: "Make or replace a feature service",
      description:
        "A named list of features, in the order in which they are served. Every feature must exist.",
      tags: ["Feature services"],
      params: ServiceParams,
      body: PutServiceBody,
      response: { 200: ServiceAnswer, 201: ServiceAnswer },
    },
    handler: async (request, reply) => {
      const { projectId } = await projectOf(request, request.params.project);
      const { features } = request.body;
      await resolveFeatures(catalog, projectId, parseReferences(features));
      const row = await upsertService(db, projectId, request.params.name, features);
      const service = toService(row);
      services.set(service);
      return reply.code(row.created ? 201 : 200).send(answer(service));
    },
  });

  app.route({
    method: "GET",
    url: `${PATH}/:name`,
    config: { scope: "features:read" },
    schema: {
      summary: "Read a feature service",
      description: "Its features, in the order in which they are served.",
      tags: ["Feature services"],
      params: ServiceParams,
      response: { 200: ServiceAnswer },
    },
    handler: async (request) => {
      const { projectId } = await projectOf(request, request.params.project);
      services.forget(projectId, [request.params.name]);
      return answer(await services.get(projectId, request.params.name));
    },
  });

  app.route({
    method: "GET",
    url: PATH,
    config: { scope: "features:read" },
    schema: {
      summary: "List feature services",
      description: "In order of name, a page at a time.",
      tags: ["Feature services"],
      params: ProjectParams,
      querystring: PageQuery,
      response: { 200: ServicePage },
    },
    handler: async (request) => {
      const { projectId } = await projectOf(request, request.params.project);
      const page = await readPage(
        `services ${projectId}`,
        request.query,
        ({ name }: ServiceRow) => name,
        (keyset) => listServices(db, projectId, keyset),
      );
      return { ...page, items: page.items.map((row) => answer(toService(row))) };
    },
  });
}

function answer({
  name,
  features,
  createdAt,
  updatedAt,
}: FeatureService): Static<typeof ServiceAnswer> {
  return { name, features: [...features], created_at: createdAt, updated_at: updatedAt };
}
