export { ERRORS, type ErrorCode, type ErrorDefinition } from "./error-table.ts";
export { renderErrorsDoc } from "./errors-doc.ts";
export { type Problem, toProblem, toSluiceError } from "./problem.ts";
export { SluiceError, type SluiceErrorOptions } from "./sluice-error.ts";
