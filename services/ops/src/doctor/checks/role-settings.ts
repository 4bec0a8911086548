import { roleSettings } from "@sluice/workloads";
import type { Check, Fault } from "../check.ts";
import { isSameSetting } from "../setting-value.ts";

export const roleTimeouts: Check = {
  code: "ROLE_SETTINGS",
  why: "Time-outs have to stand on the role, since startup parameters do not survive PgBouncer; without them one statement holds a slot for ever.",
  async find({ sql, profile }) {
    const rows = await sql<{ role: string; settings: string[] | null }[]>`
      select r.rolname as role,
        (select array_agg(c order by s.setdatabase) from pg_catalog.pg_db_role_setting s, unnest(s.setconfig) c
          where s.setrole = r.oid
            and s.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database())))
          as settings
      from pg_catalog.pg_roles r`;
    const found = new Map(rows.map(({ role, settings }) => [role, readSettings(settings ?? [])]));
    return roleSettings(profile).flatMap(({ role, settings }) => {
      const actual = found.get(role);
      if (actual === undefined) return [fault(`The role ${role} does not exist.`)];
      return Object.entries(settings).flatMap(([name, value]) => {
        const set = actual.get(name.toLowerCase());
        if (set === undefined) return [fault(`The role ${role} has no ${name} (${value}).`)];
        return isSameSetting(set, value)
          ? []
          : [fault(`The role ${role} has ${name} = ${set}, and ${value} in workloads.yaml.`)];
      });
    });
  },
};

/** Those of the database come after those of the role, and win. */
function readSettings(settings: readonly string[]): Map<string, string> {
  return new Map(
    settings.map((each) => {
      const equals = each.indexOf("=");
      return [each.slice(0, equals).toLowerCase(), each.slice(equals + 1)];
    }),
  );
}

function fault(what: string): Fault {
  return {
    what,
    todo: "`sluice migrate` sets it; connections that are open keep the old value until RECONNECT.",
  };
}
