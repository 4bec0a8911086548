import type { ErrorCode, Problem } from "@sluice/errors";
import { type RenderedProblem, stringifyJson } from "@sluice/http";

/** Feast's exceptions that take one text, so that its client can rebuild them; all else is their base class. */
const CLASSES: Partial<Record<ErrorCode, string>> = {
  FEATURE_VIEW_NOT_FOUND: "FeatureViewNotFoundException",
  FEATURE_SERVICE_NOT_FOUND: "FeatureServiceNotFoundException",
  FORBIDDEN: "FeastPermissionError",
};

/**
 * An error as Feast's server writes it: a JSON string that holds JSON. The client reads module, class and message of
 * it and lets the other members be, so that they carry what a problem does.
 */
export function renderFeastProblem(problem: Problem): RenderedProblem {
  const { type: _type, title: _title, detail, ...members } = problem;
  const error = {
    module: "feast.errors",
    class: CLASSES[problem.code] ?? "FeastError",
    message: detail,
    ...members,
  };
  return { contentType: "application/json", body: JSON.stringify(stringifyJson(error)) };
}
