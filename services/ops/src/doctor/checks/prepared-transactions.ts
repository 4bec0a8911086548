import type { Check } from "../check.ts";

export const preparedTransactions: Check = {
  code: "PREPARED_TRANSACTION",
  why: "It keeps its locks and holds back vacuum until somebody finishes it, through restarts too.",
  async find({ sql }) {
    const rows = await sql<{ gid: string; prepared: string }[]>`
      select gid, prepared::text from pg_catalog.pg_prepared_xacts
      where prepared < clock_timestamp() - interval '5 minutes' order by prepared`;
    return rows.map(({ gid, prepared }) => ({
      what: `The transaction ${gid} has been prepared since ${prepared}.`,
      todo: `COMMIT PREPARED '${gid}'; or ROLLBACK PREPARED '${gid}';`,
    }));
  },
};
