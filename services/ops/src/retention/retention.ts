import type { Queryable } from "@sluice/auth";
import {
  forgetAlerts,
  forgetAuditLog,
  forgetConfigChanges,
  type Forget,
  forgetScalingEvents,
} from "./queries.ts";
import type { RetentionSettings } from "./retention-settings.ts";

/** How many rows were forgotten, by what they were. */
export type Forgotten = Readonly<Record<"alerts" | "audit" | "scaling" | "changes", number>>;

/** Forgets what is older than it is to be kept, a batch at a time. What is interrupted goes on with the next time. */
export async function forgetOld(db: Queryable, settings: RetentionSettings): Promise<Forgotten> {
  return {
    alerts: await forgetAll(db, forgetAlerts, settings.SLUICE_ALERTS_DAYS),
    audit: await forgetAll(db, forgetAuditLog, settings.SLUICE_AUDIT_DAYS),
    scaling: await forgetAll(db, forgetScalingEvents, settings.SLUICE_SCALING_EVENTS_DAYS),
    changes: await forgetAll(db, forgetConfigChanges, settings.SLUICE_CONFIG_CHANGES_DAYS),
  };
}

async function forgetAll(db: Queryable, forget: Forget, days: number): Promise<number> {
  let forgotten = 0;
  for (;;) {
    const batch = await forget(db, days);
    if (batch === 0) return forgotten;
    forgotten += batch;
  }
}
