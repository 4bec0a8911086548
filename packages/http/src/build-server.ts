import { performance } from "node:perf_hooks";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { SluiceError } from "@sluice/errors";
import { type Logger, type Tracing, runInContext } from "@sluice/telemetry";
import {
  type FastifyBaseLogger,
  type FastifyRequest,
  LogController,
  fastify,
  type onRequestAsyncHookHandler,
} from "fastify";
import type { Registry } from "prom-client";
import type { AdmissionOptions } from "./admission.ts";
import type { App } from "./app.ts";
import { closeObjects } from "./closed-schema.ts";
import { refuseEarly } from "./early-refusal.ts";
import type { Exchange } from "./exchange.ts";
import { acceptJsonBodies } from "./json-body.ts";
import { refuseMalformedRequest } from "./malformed-request.ts";
import { refuseUnknownRoute } from "./not-found.ts";
import { serveOpenApi } from "./openapi.ts";
import { fillEmptyBody, isOptionalBody } from "./optional-body.ts";
import { Place } from "./place.ts";
import { answerWithProblem } from "./problem-answer.ts";
import type { Quotas } from "./quotas.ts";
import { RefusalPace } from "./refusal-pace.ts";
import { REQUEST_ID_HEADER, requestIdOf } from "./request-id.ts";
import { startRequestSpan } from "./request-span.ts";
import type { Principal } from "./route-config.ts";
import { type RoutePolicy, policyOf, policyOfUnmatched } from "./route-policy.ts";
import { Traffic } from "./traffic.ts";
import { validationProblem } from "./validation-problem.ts";
import { validatorCompiler } from "./validation.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The request's context, limits and measures. */
    exchange: Exchange;
  }
  interface FastifyInstance {
    readonly traffic: Traffic;
  }
}

/** What a server is made of. */
export interface ServerOptions {
  readonly service: string;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Of the API, for its OpenAPI document. */
  readonly title: string;
  readonly version: string;
  /** Finds out who sends a request, or throws UNAUTHENTICATED or FORBIDDEN. Called before the body is read. */
  readonly authenticate: (request: FastifyRequest, scope: string) => Principal | Promise<Principal>;
  /** @default everybody may ask for whatever can be answered, and is one tenant in overload */
  readonly quotas?: Quotas;
  /** Bytes of a body. @default 16 MiB */
  readonly bodyLimit?: number;
  /** Longest a request may take, unless its route says otherwise. @default 30,000 */
  readonly requestTimeoutMs?: number;
  /** How much of each route may be in hand before further requests are refused, unless the route says otherwise. */
  readonly admission?: AdmissionOptions;
  /** @default nothing is traced */
  readonly tracing?: Tracing | undefined;
}

const MIB = 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 30_000;
/** They take less than a tenth of the process. */
const REFUSALS_PER_MS = 1;
const SATURATED = new SluiceError(
  "POOL_SATURATED",
  "More requests are in hand than can be answered soon. Repeat the request later.",
);

/**
 * A Fastify server with the conventions of every service: coded problems, lossless JSON, deadlines,
 * keys, metrics, access log and OpenAPI. Routes are added to it; `listen` opens it.
 */
export function buildServer(options: ServerOptions): App {
  const traffic = new Traffic(options.registry, options.logger);
  const app = bareServer(options, traffic);
  app.decorate("traffic", traffic);
  app.decorateRequest("exchange");
  app.decorateRequest("principal");
  app.setErrorHandler(answerWithProblem);
  app.setNotFoundHandler(refuseUnknownRoute);
  app.setValidatorCompiler(validatorCompiler());
  app.setSchemaErrorFormatter(validationProblem);
  acceptJsonBodies(app);
  followRequests(app, options);
  applyPolicies(app, options);
  serveOpenApi(app, options);
  return app;
}

function bareServer({ logger, bodyLimit = 16 * MIB }: ServerOptions, traffic: Traffic): App {
  const loggerInstance: FastifyBaseLogger = logger;
  return fastify({
    bodyLimit,
    loggerInstance,
    // The access log is written by the traffic, when an exchange has ended.
    logController: new LogController({ disableRequestLogging: true }),
    // The logger finds the request's id in the context; a child a request would cost more than the line.
    childLoggerFactory: (parent) => parent,
    genReqId: requestIdOf,
    // Keys of entities are path segments.
    routerOptions: { maxParamLength: 1024 },
    // While the server drains, requests on open connections are still answered.
    return503OnClosing: false,
    frameworkErrors: answerWithProblem,
    clientErrorHandler: (error, socket) => refuseMalformedRequest(error, socket, traffic),
  }).withTypeProvider<TypeBoxTypeProvider>();
}

function followRequests(app: App, options: ServerOptions): void {
  const { requestTimeoutMs = DEFAULT_TIMEOUT_MS, quotas, tracing } = options;
  const unmatched = policyOfUnmatched(requestTimeoutMs);
  const pace = new RefusalPace(REFUSALS_PER_MS);
  app.addHook("onRequest", (request, reply, done) => {
    const policy = request.routeOptions.config.policy ?? unmatched;
    const tenant = quotas?.tenantOf(request.headers) ?? "";
    const refusal = refusalAtHead(policy, tenant, quotas);
    if (refusal !== undefined) {
      app.traffic.countShed(refusal.code);
      refuseEarly(reply, policy, refusal, pace.refuse(request.raw, reply.raw));
      return;
    }
    request.exchange = app.traffic.begin(request, reply, unmatched);
    if (policy.admission !== undefined)
      request.exchange.place = new Place(policy.admission, tenant);
    if (tracing !== undefined) request.exchange.span = startRequestSpan(tracing, request);
    reply.header(REQUEST_ID_HEADER, request.id);
    if (request.is404) {
      request.exchange.enter(unmatched);
      // Before its body is read: anybody may send one, without a key.
      refuseUnknownRoute(request, reply);
    }
    runInContext(request.exchange, done);
  });
}

/** Why a request is not taken in; undefined when it is. */
function refusalAtHead(
  { scope, admission }: RoutePolicy,
  tenant: string,
  quotas: Quotas | undefined,
): SluiceError | undefined {
  const overQuota = scope === undefined ? undefined : quotas?.refusalOf(tenant);
  if (overQuota !== undefined) return overQuota;
  return admission === undefined || admission.tryEnter(tenant, performance.now())
    ? undefined
    : SATURATED;
}

function applyPolicies(app: App, options: ServerOptions): void {
  const { requestTimeoutMs = DEFAULT_TIMEOUT_MS } = options;
  app.addHook("onRoute", (route) => {
    const policy = policyOf(route, { timeoutMs: requestTimeoutMs, admission: options.admission });
    if (route.schema?.body !== undefined && route.config?.allowUnknownFields !== true) {
      route.schema = { ...route.schema, body: closeObjects(route.schema.body) };
    }
    if (isOptionalBody(route.schema?.body))
      route.preValidation = [fillEmptyBody, ...[route.preValidation ?? []].flat()];
    route.config = { ...route.config, policy };
    const enter = enterBy(policy, options);
    route.onRequest = [enter, ...[route.onRequest ?? []].flat()];
  });
}

function enterBy(policy: RoutePolicy, options: ServerOptions): onRequestAsyncHookHandler {
  const { scope } = policy;
  return async (request) => {
    request.exchange.enter(policy);
    const begun = request.exchange.place?.begin();
    if (begun !== undefined) await begun;
    if (scope !== undefined) await identify(request, scope, options);
  };
}

/** Finds out who sends the request and holds them to their quotas. */
async function identify(
  request: FastifyRequest,
  scope: string,
  { authenticate, quotas }: ServerOptions,
): Promise<void> {
  const principal = await authenticate(request, scope);
  request.principal = principal;
  if (quotas !== undefined) request.exchange.hold(await quotas.admit(principal));
}
