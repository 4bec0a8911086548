import type { FastifyContextConfig } from "fastify";
import type { Problem } from "@sluice/errors";
import type { AdmissionOptions } from "./admission.ts";
import type { RoutePolicy } from "./route-policy.ts";

/** Who a request acts for. The package that supplies `authenticate` declares its members. */
// oxlint-disable-next-line typescript/no-empty-object-type -- open for declaration merging
export interface Principal {}

/** A problem in the shape of another protocol. */
export interface RenderedProblem {
  readonly contentType: string;
  readonly body: string;
}

/** What a route declares of itself in `config`. */
export type RouteConfig = FastifyContextConfig;

declare module "fastify" {
  interface FastifyContextConfig {
    /** Scope that the key needs. A route declares this or `public`. */
    scope?: string;
    /** The route answers without a key. */
    public?: true;
    /** Writes errors in a compatibility protocol's own shape. @default problem+json */
    renderProblem?: (problem: Problem) => RenderedProblem;
    /** Reads bare NaN, Infinity and -Infinity in a JSON body as null. @default false */
    nonFiniteAsNull?: boolean;
    /** Lets the body have fields that its schema does not name. @default false */
    allowUnknownFields?: boolean;
    /** Limit of the whole exchange in milliseconds; null = none, for streams. @default the server's */
    timeoutMs?: number | null;
    /** How much of the route may be in hand before further requests are refused. @default the server's */
    admission?: AdmissionOptions;
    /** What the server makes of the members above. */
    policy?: RoutePolicy;
  }

  interface FastifyRequest {
    /** Who the request acts for; set on every route that has a scope, undefined on public ones. */
    principal: Principal;
  }
}
