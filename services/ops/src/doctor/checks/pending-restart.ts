import type { Check } from "../check.ts";

export const pendingRestart: Check = {
  code: "RESTART_PENDING",
  why: "A file says one thing and the server does another, until some restart changes it at a time that nobody chose.",
  async find({ sql }) {
    const rows = await sql<{ name: string }[]>`
      select name from pg_catalog.pg_settings where pending_restart order by 1`;
    return rows.map(({ name }) => ({
      what: `${name} was changed and waits for a restart of PostgreSQL.`,
      todo: "Restart PostgreSQL at a quiet time, or take the change back.",
    }));
  },
};
