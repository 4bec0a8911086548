import type { Check } from "../check.ts";

export const replicationSlots: Check = {
  code: "REPLICATION_SLOT",
  why: "PostgreSQL keeps all its log for a reader that may never come back, until the disk is full.",
  async find({ sql }) {
    const rows = await sql<{ name: string; kept: string | null }[]>`
      select slot_name as name, pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)) as kept
      from pg_catalog.pg_replication_slots where not active and restart_lsn is not null order by 1`;
    return rows.map(({ name, kept }) => ({
      what: `Nobody reads the replication slot ${name}, for which ${kept} of log are kept.`,
      todo: `Start its reader, or: SELECT pg_drop_replication_slot('${name}');`,
    }));
  },
};
