import type { App } from "@sluice/http";
import { FEAST_ROUTE } from "../feast/feast-route.ts";
import type { FeatureApi } from "../feature-api.ts";
import { ProjectParams } from "../views/schemas.ts";
import { push } from "./push.ts";
import { PushAnswer, PushBody, WriteBody } from "./schemas.ts";

const DESCRIPTION =
  "Writes a frame to a feature view in one statement: all of it or, when anything is wrong with it, nothing. Features that the frame has no column for stay. An older event time never overwrites a newer one, so a push may be repeated. Integers to 2^63-1 may be JSON numbers or strings; bare NaN is null.";

/** Feast's two ways of writing to the online store. */
export function pushRoutes(app: App, { db, catalog, projectOf }: FeatureApi): void {
  app.route({
    method: "POST",
    url: "/v1/projects/:project/push",
    config: { scope: "features:write", ...FEAST_ROUTE },
    schema: {
      summary: "Push feature values (Feast)",
      description: DESCRIPTION,
      tags: ["Feast"],
      params: ProjectParams,
      body: PushBody,
      response: { 200: PushAnswer },
    },
    handler: async (request) => {
      const { projectId } = await projectOf(request, request.params.project);
      return push(db, catalog, projectId, request.body.push_source_name, request.body.df);
    },
  });

  app.route({
    method: "POST",
    url: "/v1/projects/:project/write-to-online-store",
    config: { scope: "features:write", ...FEAST_ROUTE },
    schema: {
      summary: "Write feature values (Feast)",
      description: DESCRIPTION,
      tags: ["Feast"],
      params: ProjectParams,
      body: WriteBody,
      response: { 200: PushAnswer },
    },
    handler: async (request) => {
      const { projectId } = await projectOf(request, request.params.project);
      return push(db, catalog, projectId, request.body.feature_view_name, request.body.df);
    },
  });
}
