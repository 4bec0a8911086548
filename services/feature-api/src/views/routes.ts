import { type App, PageQuery, readPage } from "@sluice/http";
import type { Static } from "typebox";
import type { FeatureApi } from "../feature-api.ts";
import { listViews } from "./queries.ts";
import {
  ProjectParams,
  PutViewAnswer,
  PutViewBody,
  ViewAnswer,
  ViewPage,
  ViewParams,
} from "./schemas.ts";
import { type FeatureView, toView, type ViewRow } from "./view.ts";
import { putView } from "./views.ts";

const PATH = "/v1/projects/:project/feature-views";

/** Makes, reads and lists feature views. */
export function viewRoutes(app: App, { db, catalog, projectOf }: FeatureApi): void {
  app.route({
    method: "PUT",
    url: `${PATH}/:view`,
    config: { scope: "features:write" },
    schema: {
      summary: "Make a feature view, or add features to it",
      description:
        "Join keys and types never change, and features are never removed: those that the body leaves out stay and are listed in `kept_features`. `ttl_seconds` is replaced. The same call may be repeated.",
      tags: ["Feature views"],
      params: ViewParams,
      body: PutViewBody,
      response: { 200: PutViewAnswer, 201: PutViewAnswer },
    },
    handler: async (request, reply) => {
      const project = await projectOf(request, request.params.project);
      const { join_keys, features, ttl_seconds = null } = request.body;
      const definition = {
        join_keys,
        features,
        ttl_seconds: ttl_seconds === 0 ? null : ttl_seconds,
      };
      const { view, created, kept } = await putView(
        db,
        catalog,
        project.projectId,
        request.params.view,
        definition,
      );
      return reply.code(created ? 201 : 200).send({ ...answer(view), kept_features: [...kept] });
    },
  });

  app.route({
    method: "GET",
    url: `${PATH}/:view`,
    config: { scope: "features:read" },
    schema: {
      summary: "Read a feature view",
      description: "Join keys, features with their types, and the time to live.",
      tags: ["Feature views"],
      params: ViewParams,
      response: { 200: ViewAnswer },
    },
    handler: async (request) => {
      const { projectId } = await projectOf(request, request.params.project);
      catalog.forget(projectId, [request.params.view]);
      return answer(await catalog.get(projectId, request.params.view));
    },
  });

  app.route({
    method: "GET",
    url: PATH,
    config: { scope: "features:read" },
    schema: {
      summary: "List feature views",
      description: "In order of name, a page at a time.",
      tags: ["Feature views"],
      params: ProjectParams,
      querystring: PageQuery,
      response: { 200: ViewPage },
    },
    handler: async (request) => {
      const { projectId } = await projectOf(request, request.params.project);
      const page = await readPage(
        `views ${projectId}`,
        request.query,
        ({ name }: ViewRow) => name,
        (keyset) => listViews(db, projectId, keyset),
      );
      return { ...page, items: page.items.map((row) => answer(toView(row))) };
    },
  });
}

function answer({
  name,
  definition,
  createdAt,
  updatedAt,
}: FeatureView): Static<typeof ViewAnswer> {
  const { join_keys, features, ttl_seconds } = definition;
  return {
    name,
    join_keys: [...join_keys],
    features: [...features],
    ttl_seconds,
    created_at: createdAt,
    updated_at: updatedAt,
  };
}
