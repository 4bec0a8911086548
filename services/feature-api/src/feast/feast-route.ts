import { renderFeastProblem } from "./render-problem.ts";

/** Route configuration shared by the routes that Feast's clients call: they send fields we do not know, and bare NaN. */
export const FEAST_ROUTE = {
  renderProblem: renderFeastProblem,
  nonFiniteAsNull: true,
  allowUnknownFields: true,
} as const;
