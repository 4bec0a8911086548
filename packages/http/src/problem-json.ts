import type { Problem } from "@sluice/errors";
import type { RenderedProblem } from "./route-config.ts";
import { stringifyJson } from "./stringify-json.ts";

/** A problem as RFC 9457 writes it. */
export function renderProblemJson(problem: Problem): RenderedProblem {
  return { contentType: "application/problem+json", body: stringifyJson(problem) };
}
