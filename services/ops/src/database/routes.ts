import type { App } from "@sluice/http";
import type { Ops } from "../ops.ts";
import { readClientSources } from "../pools/client-sources.ts";
import { describeSample } from "../samples/schemas.ts";
import { usedConnections } from "./database-sample.ts";
import { readCacheHit, readConnectionSources, readIndexUsage, readTableHealth } from "./queries.ts";
import {
  CacheAnswer,
  ConnectionsAnswer,
  IndexesAnswer,
  LocksAnswer,
  SourcesAnswer,
  StatementsAnswer,
  StatementsQuery,
  TablesAnswer,
} from "./schemas.ts";
import { topStatements } from "./statements.ts";

const config = {
  scope: "ops:read",
  // An operator is told within this time, be it that the database does not answer.
  timeoutMs: 5_000,
};
const tags = ["Database"];

/** What the database's sessions do, and what it says of its statements, tables and indexes. */
export function databaseRoutes(app: App, { monitor, watch, poolers, profile }: Ops): void {
  app.route({
    method: "GET",
    url: "/v1/ops/connections",
    config,
    schema: {
      summary: "Sessions by role",
      description: "Looked at every 5 s.",
      tags,
      response: { 200: ConnectionsAnswer },
    },
    handler: () => {
      const sample = watch.database.latest();
      const { connections, server } = sample.value;
      return {
        ...describeSample(sample),
        ...server,
        used_connections: usedConnections(sample.value),
        items: [...connections],
      };
    },
  });

  app.route({
    method: "GET",
    url: "/v1/ops/locks",
    config,
    schema: {
      summary: "Who waits for whom",
      description:
        "Looked at every 5 s. In depth-first order: what follows a session and is deeper waits for it.",
      tags,
      response: { 200: LocksAnswer },
    },
    handler: () => {
      const sample = watch.database.latest();
      const { locks, server } = sample.value;
      const items = locks.map((wait) => ({ ...wait, blocked_by: [...wait.blocked_by] }));
      return { ...describeSample(sample), complete: server.complete, items };
    },
  });

  app.route({
    method: "GET",
    url: "/v1/ops/sources",
    config,
    schema: {
      summary: "Who holds connections",
      description:
        "Looked at when asked. Behind PgBouncer a session's address is PgBouncer's; its clients are listed beside.",
      tags,
      response: { 200: SourcesAnswer },
    },
    handler: async () => ({
      clients: await readClientSources(poolers, profile),
      backends: await readConnectionSources(monitor),
    }),
  });

  app.route({
    method: "GET",
    url: "/v1/ops/statements",
    config,
    schema: {
      summary: "The statements that took most time",
      description: "From pg_stat_statements; without it, what to do to have it.",
      tags,
      querystring: StatementsQuery,
      response: { 200: StatementsAnswer },
    },
    handler: async ({ query }) => {
      const { items, ...rest } = await topStatements(monitor, query.limit ?? 20);
      return { ...rest, items: [...items] };
    },
  });

  app.route({
    method: "GET",
    url: "/v1/ops/cache",
    config,
    schema: {
      summary: "Reads that shared buffers answered",
      description: "Since the statistics were reset.",
      tags,
      response: { 200: CacheAnswer },
    },
    handler: async () => ({ items: await readCacheHit(monitor) }),
  });

  app.route({
    method: "GET",
    url: "/v1/ops/indexes",
    config,
    schema: {
      summary: "What indexes are used for",
      description: "Since the statistics were reset. Sizes are those of the last vacuum.",
      tags,
      response: { 200: IndexesAnswer },
    },
    handler: async () => ({ items: await readIndexUsage(monitor) }),
  });

  app.route({
    method: "GET",
    url: "/v1/ops/tables",
    config,
    schema: {
      summary: "Dead rows, vacuums and bloat of tables",
      description: "Bloat is an estimate from the planner's statistics.",
      tags,
      response: { 200: TablesAnswer },
    },
    handler: async () => ({ items: await readTableHealth(monitor) }),
  });
}
