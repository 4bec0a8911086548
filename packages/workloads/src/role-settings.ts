import type { Profile } from "./profile.ts";
import { WORKLOADS } from "./workloads.ts";

/** The time-outs and session defaults of one workload's role, as PostgreSQL setting names and values. */
export interface RoleSettings {
  readonly role: string;
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * What each workload's role carries. The settings stand on the role because startup parameters do not
 * survive PgBouncer: it refuses or silently drops them.
 */
export function roleSettings(profile: Profile): RoleSettings[] {
  return WORKLOADS.map((workload) => {
    const { role, statement_timeout_ms, idle_in_transaction_timeout_ms } =
      profile.workloads[workload];
    return {
      role,
      settings: {
        statement_timeout: `${statement_timeout_ms}ms`,
        idle_in_transaction_session_timeout: `${idle_in_transaction_timeout_ms}ms`,
        // A statement whose client is gone, and whom no cancel request reached, ends all the same (PostgreSQL >= 14).
        client_connection_check_interval: "1000ms",
        timezone: "UTC",
        search_path: "",
      },
    };
  });
}

/** The same as statements: `ALTER ROLE … SET …`, one for each setting. */
export function renderRoleSettings(profile: Profile): string[] {
  return roleSettings(profile).flatMap(({ role, settings }) =>
    Object.entries(settings).map(([name, value]) => `ALTER ROLE ${role} SET ${name} = '${value}'`),
  );
}
