import type { Check } from "../check.ts";
import { isSameSetting } from "../setting-value.ts";

export const postgresDrift: Check = {
  code: "POSTGRES_DRIFT",
  why: "Budget and memory were computed from workloads.yaml, and PostgreSQL runs with other figures.",
  async find({ sql, profile }) {
    const { max_connections, superuser_reserved_connections, settings } = profile.postgres;
    const expected = {
      max_connections: String(max_connections),
      superuser_reserved_connections: String(superuser_reserved_connections),
      ...settings,
    };
    const rows = await sql<
      { name: string; value: string; context: string; sourcefile: string | null }[]
    >`
      select name, current_setting(name) as value, context, sourcefile from pg_catalog.pg_settings
      where name = any (${Object.keys(expected)})`;
    const actual = new Map(rows.map((row) => [row.name, row]));
    return Object.entries(expected).flatMap(([name, value]) => {
      const row = actual.get(name);
      if (row === undefined || isSameSetting(row.value, value)) return [];
      const apply = row.context === "postmaster" ? "restart PostgreSQL" : "SELECT pg_reload_conf()";
      return [
        {
          what: `PostgreSQL's ${name} is ${row.value} (${row.sourcefile ?? "not from a file"}), and ${value} in workloads.yaml.`,
          todo: `ALTER SYSTEM RESET ${name} if it was set so; else set it in postgresql.conf; then ${apply}.`,
        },
      ];
    });
  },
};
