import { SluiceError } from "@sluice/errors";
import { type Logger, createLogger, createRegistry } from "@sluice/telemetry";
import type { FastifyRequest } from "fastify";
import { onTestFinished } from "vitest";
import type { App } from "./app.ts";
import { type ServerOptions, buildServer } from "./build-server.ts";
import { type ListenOptions, type Listening, listen } from "./listen.ts";
import type { Principal } from "./route-config.ts";

/** A server of a test, with what it logged. */
export interface Fixture {
  readonly app: App;
  readonly lines: Record<string, unknown>[];
  readonly logger: Logger;
  /** Opens it on free ports until the end of the test. */
  readonly open: (options?: Partial<ListenOptions>) => Promise<Listening>;
}

/** A server that knows the key "good", which has the scope "features:read". */
export function makeServer(options: Partial<ServerOptions> = {}): Fixture {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const logger = createLogger({ service: "fixture", level: "info", destination });
  const app = buildServer({
    service: "fixture",
    logger,
    registry: createRegistry("fixture"),
    title: "Fixture",
    version: "1.0.0",
    authenticate,
    ...options,
  });
  const open = async (more: Partial<ListenOptions> = {}) => {
    const ports = { host: "127.0.0.1", port: 0, internalPort: 0 };
    const listening = await listen({
      app,
      logger,
      ready: async () => undefined,
      farewellMs: 0,
      ...ports,
      ...more,
    });
    onTestFinished(() => listening.close().catch(() => undefined));
    return listening;
  };
  return { app, lines, logger, open };
}

function authenticate({ headers }: FastifyRequest, scope: string): Principal {
  if (headers.authorization !== "Bearer good") {
    throw new SluiceError("UNAUTHENTICATED", "There is no valid key.");
  }
  if (scope !== "features:read") throw new SluiceError("FORBIDDEN", "No.", { extra: { scope } });
  return { keyId: "good" } as unknown as Principal;
}
