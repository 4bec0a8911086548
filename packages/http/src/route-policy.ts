import type { Problem } from "@sluice/errors";
import type { RouteOptions } from "fastify";
import { Admission, type AdmissionOptions } from "./admission.ts";
import { renderProblemJson } from "./problem-json.ts";
import type { RenderedProblem } from "./route-config.ts";

/** What the server needs to know of a route while it answers, worked out once. */
export interface RoutePolicy {
  /** The path as it was registered, e.g. "/v1/projects/:project"; bounded, unlike paths of requests. */
  readonly route: string;
  /** undefined = no limit */
  readonly timeoutMs: number | undefined;
  /** undefined = public */
  readonly scope: string | undefined;
  /** Whether a request is taken in; undefined = public routes, streams and long polls, which are not refused. */
  readonly admission: Admission | undefined;
  readonly nonFiniteAsNull: boolean;
  readonly renderProblem: (problem: Problem) => RenderedProblem;
}

/**
 * The policy of a route.
 * @throws Error when it declares neither a scope nor that it is public
 */
export function policyOf(
  options: RouteOptions,
  { timeoutMs, admission }: { timeoutMs: number; admission: AdmissionOptions | undefined },
): RoutePolicy {
  const config = options.config ?? {};
  if ((config.scope === undefined) === (config.public === undefined)) {
    const name = `${String(options.method)} ${options.url}`;
    throw new Error(`${name} must declare either config.scope or config.public.`);
  }
  const renderProblem = config.renderProblem ?? renderProblemJson;
  // Streams and long polls stay for as long as they like: they say nothing of how fast requests are answered.
  const isQueued = config.scope !== undefined && config.timeoutMs !== null;
  return {
    route: options.url,
    timeoutMs: config.timeoutMs === undefined ? timeoutMs : (config.timeoutMs ?? undefined),
    scope: config.scope,
    // Routes differ a hundredfold in what a request costs: the rate of one says nothing of another.
    admission: isQueued ? new Admission({ ...admission, ...config.admission }) : undefined,
    nonFiniteAsNull: config.nonFiniteAsNull ?? false,
    renderProblem,
  };
}

/** The policy of requests that no route takes: they are refused before their body is read. */
export function policyOfUnmatched(timeoutMs: number): RoutePolicy {
  return {
    route: "unmatched",
    timeoutMs,
    scope: undefined,
    admission: undefined,
    nonFiniteAsNull: false,
    renderProblem: renderProblemJson,
  };
}
