import { type Static, Type } from "typebox";

const Days = (least: number, days: number, what: string) =>
  Type.Integer({
    minimum: least,
    maximum: 36_500,
    default: days,
    description: `days after which ${what} are forgotten`,
  });

/** How long ops keeps what it writes down. Forgotten is once a week, with the maintenance report. */
export const RetentionSettings = Type.Object({
  SLUICE_ALERTS_DAYS: Days(1, 90, "alerts that fire no more"),
  // The database refuses to forget younger ones: migration 0012.
  SLUICE_AUDIT_DAYS: Days(90, 400, "lines of the audit log"),
  SLUICE_SCALING_EVENTS_DAYS: Days(1, 90, "decisions of the autoscaler"),
  SLUICE_CONFIG_CHANGES_DAYS: Days(1, 400, "configuration changes"),
});

export type RetentionSettings = Static<typeof RetentionSettings>;
