import type { Check } from "../check.ts";

const LIMIT_MS = 1_000;

export const clockSkew: Check = {
  code: "CLOCK_SKEW",
  why: "Keys expire, heartbeats are judged and retries fall due by the clock: two that differ make healthy ranks look lost.",
  async find({ sql, now }) {
    const asked = now();
    const [row] = await sql<{ ms: string }[]>`
      select (extract(epoch from clock_timestamp()) * 1000)::text as ms`;
    const answered = now();
    // The server's reading was made some time in between: what that explains is no skew.
    const server = Number(row?.ms);
    const skew = Math.max(asked - server, server - answered, 0);
    if (skew <= LIMIT_MS) return [];
    return [
      {
        what: `PostgreSQL's clock and this machine's differ by ${(skew / 1000).toFixed(1)} s.`,
        todo: "Let both follow the same time server (timedatectl, chronyc tracking).",
      },
    ];
  },
};
