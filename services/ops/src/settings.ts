import { Type } from "typebox";
import { ControlSettings } from "./leader/control-settings.ts";
import { RetentionSettings } from "./retention/retention-settings.ts";

/** The service's environment. */
export const Settings = Type.Object({
  SLUICE_HOST: Type.String({ default: "127.0.0.1" }),
  SLUICE_PORT: Type.Integer({
    minimum: 0,
    maximum: 65_535,
    default: 7104,
    description: "public port",
  }),
  SLUICE_INTERNAL_PORT: Type.Integer({
    minimum: 0,
    maximum: 65_535,
    default: 8104,
    description: "metrics and health",
  }),
  SLUICE_PROFILE: Type.String({ default: "local", description: "a profile of workloads.yaml" }),
  SLUICE_WORKLOADS_FILE: Type.Optional(Type.String()),
  SLUICE_LOG_LEVEL: Type.Enum(["trace", "debug", "info", "warn", "error", "fatal"], {
    default: "info",
  }),
  SLUICE_ADMIN_URL: Type.String({
    pattern: "^postgres(ql)?://",
    description: "PgBouncer's alias for administration",
  }),
  SLUICE_MONITOR_URL: Type.String({
    pattern: "^postgres(ql)?://",
    description: "PgBouncer's alias for diagnostics",
  }),
  SLUICE_PGBOUNCER_URLS: Type.Optional(
    Type.String({
      description:
        "consoles of all PgBouncer processes, with commas; without it, that of SLUICE_MONITOR_URL",
    }),
  ),
  SLUICE_INSTANCES: Type.String({
    default: "",
    description: "internal URLs of the services: feature-api=http://host:8101,…",
  }),
  SLUICE_DISK_PATH: Type.String({ default: "/", description: "the file system to look at" }),
  SLUICE_REDIS_URL: Type.Optional(Type.String({ pattern: "^rediss?://" })),
  ...ControlSettings.properties,
  ...RetentionSettings.properties,
});
