import { ChannelListener } from "@sluice/pubsub";
import type { Logger } from "@sluice/telemetry";
import type { Redis } from "ioredis";
import type { Registry } from "prom-client";
import type { Principal, Project } from "../principal.ts";
import type { Queryable } from "../queryable.ts";
import { REVOCATION_CHANNEL } from "../revocation-channel.ts";
import { type CredentialedRequest, type KnownKey, authenticate, loadKey } from "./authenticate.ts";
import { LookupCache } from "./lookup-cache.ts";
import { loadProject, resolveProject } from "./resolve-project.ts";
import { LOOKUP_DEADLINE_MS, sharedLookup } from "./shared-lookup.ts";
import { registerVerifierMetrics } from "./verifier-metrics.ts";

export interface VerifierOptions {
  readonly db: Queryable;
  /** Makes revocations effective at once; without it they take up to 10 s. Only its settings are used. */
  readonly redis?: Redis | undefined;
  readonly logger: Logger;
  readonly registry: Registry;
}

export interface Verifier {
  /**
   * Who sends the request.
   * @throws SluiceError UNAUTHENTICATED; FORBIDDEN when the scope is missing; a 503 when neither can be known.
   */
  authenticate(request: CredentialedRequest, requiredScope?: string): Promise<Principal>;
  /** @throws SluiceError PROJECT_NOT_FOUND, the same for a project of somebody else as for one that is not there. */
  resolveProject(principal: Principal, name: string): Promise<Project>;
  /** Stops listening to Redis; may be called again. */
  close(): void;
}

const CACHE = {
  ttlMs: 10_000,
  jitter: 0.3,
  // Short, since a project may be created right after somebody asked for it.
  missTtlMs: 1_000,
  // An entry takes about 1 kB.
  maxEntries: 10_000,
  known: { running: 4, waiting: 2_000, waitMs: LOOKUP_DEADLINE_MS },
  unknown: { running: 2, waiting: 500, waitMs: LOOKUP_DEADLINE_MS },
};

/** Verifies keys and finds projects, remembering both for at most 10 s. */
export function createVerifier({ db, redis, logger, registry }: VerifierOptions): Verifier {
  const keys = new LookupCache<KnownKey>({
    ...CACHE,
    load: (id) => sharedLookup(() => loadKey(db, id)),
    onOutcome: (outcome) => count("keys", outcome),
  });
  const projects = new LookupCache<Project>({
    ...CACHE,
    load: (key) => sharedLookup(() => loadProject(db, key)),
    onOutcome: (outcome) => count("projects", outcome),
  });
  const listener = redis && listen(redis, logger, keys);
  const count = registerVerifierMetrics(registry, {
    entries: () => ({ keys: keys.size, projects: projects.size }),
    isListening: () => listener?.isListening ?? false,
  });
  return {
    authenticate: (request, requiredScope) => authenticate(keys, request, requiredScope),
    resolveProject: (principal, name) => resolveProject(projects, principal, name),
    close: () => listener?.close(),
  };
}

function listen(redis: Redis, logger: Logger, keys: LookupCache<KnownKey>): ChannelListener {
  return new ChannelListener({
    redis,
    channel: REVOCATION_CHANNEL,
    logger,
    onMessage: (keyId) => keys.drop(keyId),
    onGap: () => keys.clear(),
    consequence: "a revoked key may be accepted for up to 10 s",
  });
}
