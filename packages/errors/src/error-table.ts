/** One way in which a request, or a process, can fail. */
export interface ErrorDefinition {
  /** HTTP status of the answer. */
  readonly status: number;
  /** Short text that is the same for every occurrence. */
  readonly title: string;
  /** What it means and what to do next; becomes docs/errors.md. */
  readonly doc: string;
  /** Sent as `Retry-After` unless the error states its own. */
  readonly retryAfterSeconds?: number;
}

const TABLE = {
  INVALID_REQUEST: {
    status: 400,
    title: "Malformed request",
    doc: "The request line, a header or the path is not valid HTTP. Correct the client; a repetition fails alike.",
  },
  INVALID_JSON: {
    status: 400,
    title: "Malformed JSON",
    doc: "The body is not a JSON text in UTF-8. `position` is the offset in characters where the parser stopped, when it is known.",
  },
  UNAUTHENTICATED: {
    status: 401,
    title: "No valid API key",
    doc: "The key is missing, malformed, unknown, expired or revoked. Send `Authorization: Bearer sluice_<id>_<secret>`.",
  },
  FORBIDDEN: {
    status: 403,
    title: "Key lacks a scope",
    doc: "The key is valid and does not have the scope that the route asks for, which `scope` names. Use another key, or have one issued with it.",
  },
  NOT_FOUND: {
    status: 404,
    title: "No such resource",
    doc: "No route has this path, or the thing that it names does not exist. `/openapi.json` lists the routes.",
  },
  TENANT_NOT_FOUND: {
    status: 404,
    title: "No such tenant",
    doc: "No tenant has this name.",
  },
  PROJECT_NOT_FOUND: {
    status: 404,
    title: "No such project",
    doc: "No project of the key's tenant has this name. A project of somebody else answers exactly alike.",
  },
  KEY_NOT_FOUND: {
    status: 404,
    title: "No such API key",
    doc: "The tenant has no key with this id.",
  },
  FEATURE_VIEW_NOT_FOUND: {
    status: 404,
    title: "No such feature view",
    doc: "The project has no feature view of this name. Make it with `PUT …/feature-views/{view}`.",
  },
  FEATURE_SERVICE_NOT_FOUND: {
    status: 404,
    title: "No such feature service",
    doc: "The project has no feature service of this name. Make it with `PUT …/feature-services/{name}`.",
  },
  ENTITY_NOT_FOUND: {
    status: 404,
    title: "No values for this entity",
    doc: "Nothing was ever written to the feature view for this entity, or it was deleted.",
  },
  JOB_NOT_FOUND: {
    status: 404,
    title: "No such job",
    doc: "The project has no job with this id.",
  },
  WEBHOOK_NOT_FOUND: {
    status: 404,
    title: "No such webhook",
    doc: "The project has no webhook of this name. Make it with `PUT …/webhooks/{name}`.",
  },
  DEAD_LETTER_NOT_FOUND: {
    status: 404,
    title: "No such dead letter",
    doc: "The project has no dead letter with this id: it was deleted, is being tried again, or never was one.",
  },
  DATASET_NOT_FOUND: {
    status: 404,
    title: "No such dataset",
    doc: "The project has no dataset of this name.",
  },
  VERSION_NOT_FOUND: {
    status: 404,
    title: "No such dataset version",
    doc: "The dataset has no version of this number.",
  },
  PART_NOT_FOUND: {
    status: 404,
    title: "No such upload part",
    doc: "The draft version has no part with this id.",
  },
  SAMPLE_NOT_FOUND: {
    status: 404,
    title: "No such sample",
    doc: "The version holds no sample with this id.",
  },
  PLAN_NOT_FOUND: {
    status: 404,
    title: "No such plan",
    doc: "The project has no plan with this id. Plans are made with `POST …/plans`; the same request gives the same id.",
  },
  STEP_OUT_OF_RANGE: {
    status: 404,
    title: "Step beyond the end of the epoch",
    doc: "The plan has fewer steps in an epoch than was asked for; `steps` says how many.",
  },
  CONFIG_CHANGE_NOT_FOUND: {
    status: 404,
    title: "No such configuration change",
    doc: "No change was ever asked for under this id.",
  },
  OPERATION_NOT_FOUND: {
    status: 404,
    title: "No such operation",
    doc: "The project has no long-running operation with this id.",
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: "Method not allowed",
    doc: "The path exists, but not for this method. The header `Allow` lists the methods that it has.",
  },
  NOT_ACCEPTABLE: {
    status: 406,
    title: "No acceptable encoding",
    doc: "The route can produce none of the media types in `Accept`; the detail lists those that it can.",
  },
  REQUEST_TIMEOUT: {
    status: 408,
    title: "Request arrived too slowly",
    doc: "The head or the body of the request did not arrive within the time limit of the connection.",
  },
  ALREADY_EXISTS: {
    status: 409,
    title: "Name already taken",
    doc: "Something of this kind already has the name.",
  },
  CHANGE_IN_PROGRESS: {
    status: 409,
    title: "Another change is being tried",
    doc: "One configuration change is tried at a time, or nobody could tell which of two made things worse. `change_id` names it. Repeat when it has ended.",
  },
  FEATURE_TYPE_CHANGED: {
    status: 409,
    title: "Feature cannot change its type",
    doc: "Features can be added to a view; a type or a join key, once declared, stays. Use a new feature name or a new view.",
  },
  INVALID_STATE_TRANSITION: {
    status: 409,
    title: "Illegal state transition",
    doc: "The job is in a state from which the requested one cannot be reached; `current` and `requested` name both. Nothing was changed.",
  },
  STALE_ATTEMPT: {
    status: 409,
    title: "Attempt was superseded",
    doc: "Attempt or token is not the current one of the job; `current_attempt` is. Nothing was changed. The worker should stop.",
  },
  VERSION_SEALED: {
    status: 409,
    title: "Version is sealed",
    doc: "A sealed version never changes. Start a draft with `base_version` to add to it.",
  },
  VERSION_NOT_SEALED: {
    status: 409,
    title: "Version is still a draft",
    doc: "Only a sealed version can be read in a stable order. Seal it first.",
  },
  PART_CONFLICT: {
    status: 409,
    title: "Part exists with other content",
    doc: "A part with this id was uploaded before with other bytes, or to be read otherwise. Delete it, or use another id.",
  },
  DUPLICATE_SAMPLES: {
    status: 409,
    title: "Sample ids occur more than once",
    doc: "The version cannot be sealed while a sample id occurs in it twice; `examples` names some.",
  },
  FINGERPRINT_MISMATCH: {
    status: 409,
    title: "Dataset differs from the one the reader began with",
    doc: "The fingerprint that the reader sent is not that of the plan; `expected`, `actual` and `changed` say how they differ. Nothing is reshuffled silently.",
  },
  IDEMPOTENCY_IN_PROGRESS: {
    status: 409,
    title: "Same request is still being worked on",
    doc: "Another request with this `Idempotency-Key` has not been answered yet. Repeat it after a moment.",
    retryAfterSeconds: 1,
  },
  VERSION_DELETED: {
    status: 410,
    title: "Version was deleted",
    doc: "The version existed and was deleted. Its number is not used again.",
  },
  PAYLOAD_TOO_LARGE: {
    status: 413,
    title: "Body too large",
    doc: "The body is over the limit of the route (16 MiB unless documented otherwise). Split it.",
  },
  URI_TOO_LONG: {
    status: 414,
    title: "Path too long",
    doc: "A path segment is longer than the router accepts.",
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: "Unsupported media type",
    doc: "The route does not read bodies of this `Content-Type` or `Content-Encoding`.",
  },
  VALIDATION_FAILED: {
    status: 422,
    title: "Request does not match the schema",
    doc: "`errors` lists each fault as `{path, message}`. `/openapi.json` has the schemas.",
  },
  UNKNOWN_FIELD: {
    status: 422,
    title: "Unknown field in the body",
    doc: "The body has fields that the route does not know, which `fields` names: most often a misspelt option that would otherwise be ignored.",
  },
  OVER_BUDGET: {
    status: 422,
    title: "More connections than there are",
    doc: "With this change the pools or gates together could ask for more connections than the budget has; the detail says by how much. Make another one smaller first.",
  },
  UNKNOWN_FEATURE: {
    status: 422,
    title: "Unknown feature",
    doc: "A feature that the request names is not in its view.",
  },
  TOO_MANY_ROWS: {
    status: 422,
    title: "Too many rows or ids in one call",
    doc: "The call is over the limit of the route; `limit` says how many it takes. Split it.",
  },
  INVALID_ROW: {
    status: 422,
    title: "Bad rows in the upload",
    doc: "`errors` lists up to 100 rows as `{line, column, value, reason}`; lines count from 1. Nothing of the part was kept.",
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    title: "Idempotency-Key used for another request",
    doc: "The same key was sent within 24 hours with another body. Use a new key for a new request.",
  },
  QUOTA_EXCEEDED: {
    status: 429,
    title: "Quota exceeded",
    doc: "The tenant is over its rate or concurrency quota. Repeat after `Retry-After` seconds.",
    retryAfterSeconds: 1,
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    title: "Headers too large",
    doc: "The head of the request is over 16 KiB.",
  },
  CLIENT_CLOSED_REQUEST: {
    status: 499,
    title: "Client went away",
    doc: "The client closed the connection before the answer. Seen in logs and metrics only. The work was cancelled.",
  },
  INTERNAL: {
    status: 500,
    title: "Internal error",
    doc: "A fault of the server. Its log has the cause under the request id.",
  },
  CONFIG_INVALID: {
    status: 500,
    title: "Configuration is not valid",
    doc: "A process refused to start; it printed every fault of its environment and settings. Not sent over HTTP.",
  },
  BUDGET_EXCEEDED: {
    status: 500,
    title: "Connection budget exceeded",
    doc: "A process refused to start because its gates would break the connection budget; it printed by how much. Not sent over HTTP.",
  },
  POOL_TIMEOUT: {
    status: 503,
    title: "No database connection in time",
    doc: "The request waited its full share for a slot of its workload's gate. Repeat after `Retry-After` seconds.",
    retryAfterSeconds: 1,
  },
  POOL_SATURATED: {
    status: 503,
    title: "Too many requests wait already",
    doc: "A queue is full (of the workload's gate, or of claims and event streams that wait), so the request was refused at once rather than after a time-out. Repeat after `Retry-After` seconds.",
    retryAfterSeconds: 1,
  },
  DATABASE_UNAVAILABLE: {
    status: 503,
    title: "Database unavailable",
    doc: "PostgreSQL or PgBouncer cannot be reached or is restarting. Reads and repeatable writes were retried already. Repeat after `Retry-After` seconds.",
    retryAfterSeconds: 1,
  },
  NO_SAMPLE: {
    status: 503,
    title: "Nothing seen yet",
    doc: "The layer that was asked about has not been looked at since this instance started, or could not be. Repeat after Retry-After.",
    retryAfterSeconds: 1,
  },
  SHUTTING_DOWN: {
    status: 503,
    title: "Instance is shutting down",
    doc: "This instance takes no new work. Repeat; another instance, or the restarted one, will answer.",
    retryAfterSeconds: 1,
  },
  DEADLINE_EXCEEDED: {
    status: 504,
    title: "Deadline passed",
    doc: "The work did not end before the request's deadline (the server's limit, or the client's `x-request-timeout-ms` when that is shorter) and was cancelled. 504 rather than 503, because it is the deadline and not an overload that ended it: allow more time before repeating.",
  },
} as const satisfies Record<string, ErrorDefinition>;

/** The stable code of a failure; what a client switches on. */
export type ErrorCode = keyof typeof TABLE;

/** Every code with its status, title and documentation. */
export const ERRORS: Readonly<Record<ErrorCode, ErrorDefinition>> = TABLE;
