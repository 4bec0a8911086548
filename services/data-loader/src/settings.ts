import { Type } from "typebox";

/** The service's environment. */
export const Settings = Type.Object({
  SLUICE_HOST: Type.String({ default: "127.0.0.1" }),
  SLUICE_PORT: Type.Integer({
    minimum: 0,
    maximum: 65_535,
    default: 7103,
    description: "public port",
  }),
  SLUICE_INTERNAL_PORT: Type.Integer({
    minimum: 0,
    maximum: 65_535,
    default: 8103,
    description: "metrics and health",
  }),
  SLUICE_PROFILE: Type.String({ default: "local", description: "a profile of workloads.yaml" }),
  SLUICE_WORKLOADS_FILE: Type.Optional(Type.String()),
  SLUICE_LOG_LEVEL: Type.Enum(["trace", "debug", "info", "warn", "error", "fatal"], {
    default: "info",
  }),
  SLUICE_SAMPLE_URL: Type.String({
    pattern: "^postgres(ql)?://",
    description: "PgBouncer's alias for reading",
  }),
  SLUICE_IMPORT_URL: Type.String({
    pattern: "^postgres(ql)?://",
    description: "PgBouncer's alias for imports, sealing and purges",
  }),
  SLUICE_CONTROL_TOKEN: Type.Optional(
    Type.String({ minLength: 16, description: "with which the internal listener changes gates" }),
  ),
  SLUICE_REDIS_URL: Type.Optional(Type.String({ pattern: "^rediss?://" })),
});
