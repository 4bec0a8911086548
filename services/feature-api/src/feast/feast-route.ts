import { renderFeastProblem } from "./render-problem.ts";

/**
 * Route configuration shared by the routes that Feast's clients call: they send fields we do not know, and bare NaN, and
 * ask for many entities at once, so that fewer requests are a burst.
 */
export const FEAST_ROUTE = {
  renderProblem: renderFeastProblem,
  nonFiniteAsNull: true,
  allowUnknownFields: true,
  admission: { burst: 64 },
} as const;
