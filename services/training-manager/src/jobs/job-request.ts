import { SluiceError } from "@sluice/errors";
import { stringifyJson } from "@sluice/http";
import type { JobRequest } from "./create-job.ts";
import type { JobRow } from "./job.ts";
import type { CompleteJobBody } from "./schemas.ts";

const MAX_SPEC_BYTES = 1024 * 1024;

/** What a client asks for. @throws SluiceError PAYLOAD_TOO_LARGE for a spec over 1 MiB */
export function requestOf(body: CompleteJobBody): JobRequest {
  const spec = stringifyJson(body.spec);
  const bytes = Buffer.byteLength(spec);
  if (bytes > MAX_SPEC_BYTES) {
    const detail = `spec takes ${bytes} bytes of at most ${MAX_SPEC_BYTES}. Keep large inputs in storage of their own and name them in the spec.`;
    throw new SluiceError("PAYLOAD_TOO_LARGE", detail, { extra: { limit: MAX_SPEC_BYTES } });
  }
  return {
    name: body.name,
    queue: body.queue,
    priority: body.priority,
    worldSize: body.world_size,
    maxAttempts: body.max_attempts,
    heartbeatTimeoutSeconds: body.heartbeat_timeout_seconds,
    retryPolicy: body.retry_policy,
    labels: body.labels,
    spec,
    retryOf: null,
  };
}

/** The same job once more. */
export function retryOf(job: JobRow): JobRequest {
  return {
    name: job.name,
    queue: job.queue,
    priority: job.priority,
    worldSize: job.world_size,
    maxAttempts: job.max_attempts,
    heartbeatTimeoutSeconds: job.heartbeat_timeout_seconds,
    retryPolicy: {
      initial_delay_seconds: job.retry_initial_delay_seconds,
      factor: job.retry_factor,
      max_delay_seconds: job.retry_max_delay_seconds,
      jitter: job.retry_jitter,
    },
    labels: job.labels,
    spec: job.spec,
    retryOf: job.job_id,
  };
}
