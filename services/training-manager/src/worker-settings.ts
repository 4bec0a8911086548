import { Type } from "typebox";
import { Settings } from "./settings.ts";

const {
  SLUICE_PROFILE,
  SLUICE_WORKLOADS_FILE,
  SLUICE_LOG_LEVEL,
  SLUICE_TRAINING_URL,
  SLUICE_WEBHOOK_ALLOW_PRIVATE,
  SLUICE_CONTROL_TOKEN,
} = Settings.properties;

/** The worker's environment. */
export const WorkerSettings = Type.Object({
  SLUICE_INTERNAL_PORT: Type.Integer({
    minimum: 0,
    maximum: 65_535,
    default: 8105,
    description: "metrics and health; there is no public port",
  }),
  SLUICE_PROFILE,
  SLUICE_WORKLOADS_FILE,
  SLUICE_LOG_LEVEL,
  SLUICE_TRAINING_URL,
  SLUICE_WEBHOOK_ALLOW_PRIVATE,
  SLUICE_CONTROL_TOKEN,
  SLUICE_REDIS_URL: Type.String({ pattern: "^rediss?://" }),
  SLUICE_OUTBOX_BACKOFF_MS: Type.Integer({
    minimum: 1,
    maximum: 3_600_000,
    default: 5_000,
    description:
      "pause after the first try of a retry or webhook that failed; it doubles each time",
  }),
});
