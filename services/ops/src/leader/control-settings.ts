import { type Static, Type } from "typebox";

const URLS = "^postgres(ql)?://[^,]+(,postgres(ql)?://[^,]+)*$";

/** What the environment says of the pools that are looked after. Without consoles nobody looks after them here. */
export const ControlSettings = Type.Object({
  SLUICE_PGBOUNCER_ADMIN_URLS: Type.Optional(
    Type.String({
      pattern: URLS,
      description:
        "consoles of all PgBouncer processes, as a user who may change things, with commas between",
    }),
  ),
  SLUICE_PGBOUNCER_DATABASES_FILES: Type.Optional(
    Type.String({
      description:
        "the list of aliases that each of them includes, in the same order; without, nothing is written",
    }),
  ),
  SLUICE_AUTOSCALER_EFFECTOR: Type.Enum(["file", "set", "print"], {
    default: "file",
    description: "how pool sizes are changed: in the files, by SET, or only in the log",
  }),
  SLUICE_AUTOSCALER_TICK_MS: Type.Integer({
    minimum: 100,
    default: 5_000,
    description: "how often the autoscaler looks",
  }),
  SLUICE_CONTROL_TOKEN: Type.Optional(
    Type.String({
      minLength: 16,
      description: "what internal listeners want to hear before they change a gate",
    }),
  ),
});

export type ControlSettings = Static<typeof ControlSettings>;
