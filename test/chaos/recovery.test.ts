import { readStack } from "@sluice/testing";
import { loadWorkloads, proveBudget, selectProfile } from "@sluice/workloads";
import postgres from "postgres";
import { expect, test } from "vitest";
import { until } from "../integration/until.ts";
import { FAULTS } from "./faults.ts";
import { type Outcome, startLoad } from "./load.ts";
import { lookUp } from "./look-up.ts";
import { serviceMetric } from "./service-metrics.ts";

/** More by hand: SLUICE_CHAOS_ROUNDS=20 npm test -- --project chaos */
const ROUNDS = Number(process.env["SLUICE_CHAOS_ROUNDS"] ?? 2);
const CLIENTS = 64;
/** A request's own deadline, and some time for a busy machine to say so. */
const DEADLINE_MS = 30_000 + 1_000;
const TYPED = ["DATABASE_UNAVAILABLE", "POOL_TIMEOUT", "POOL_SATURATED", "DEADLINE_EXCEEDED"];

const succeeded = ({ status }: Outcome): boolean => status === 200;

for (const { name, strike } of FAULTS) {
  test.each(Array.from({ length: ROUNDS }, (_, round) => round + 1))(
    `${name}, ${CLIENTS} clients looking up, round %d`,
    async () => {
      const service = readStack().services["feature-api"]!.pid;
      const load = startLoad(CLIENTS, lookUp);
      await until("the load runs", () => load.outcomes.filter(succeeded).length > 500, 30_000);
      const struckAt = performance.now();
      await strike();
      const acceptsAt = performance.now();
      const after = (): Outcome[] => load.outcomes.filter(({ endedAt }) => endedAt > acceptsAt);
      await until("look-ups succeed again", () => after().filter(succeeded).length > 500, 30_000);
      await load.stop();

      const refused = load.outcomes.filter((outcome) => !succeeded(outcome));
      for (const { status, code, retryAfter } of refused) {
        expect({ status, code }).toEqual({ status: 503, code: expect.toBeOneOf(TYPED) as unknown });
        expect(Number(retryAfter)).toBeGreaterThan(0);
      }
      expect(Math.max(...load.outcomes.map(({ tookMs }) => tookMs))).toBeLessThan(DEADLINE_MS);
      expect(readStack().services["feature-api"]!.pid).toBe(service); // nothing uncaught: that would end the process
      await until(
        "no slot is held",
        async () => (await serviceMetric("feature-api", "db_active_connections")) === 0,
      );
      expect(await serviceMetric("feature-api", "db_connection_leaked_total")).toBe(0);
      expect(await serviceMetric("feature-api", "db_circuit_state")).toBe(0);
      expect(await serverConnections()).toBeLessThanOrEqual(serverLimit());
      report(name, load.outcomes, refused.length, {
        struckAt,
        acceptsAt,
        firstAt: after().find(succeeded)!.endedAt,
      });
    },
  );
}

async function serverConnections(): Promise<number> {
  const sql = postgres(readStack().postgres.url, { max: 1, onnotice: () => {} });
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int4 as count from pg_stat_activity where usename like 'sluice\\_%'`;
  await sql.end();
  return row!.count;
}

function serverLimit(): number {
  const { server } = proveBudget(selectProfile(loadWorkloads(), "local"));
  const aliases = server.terms.filter((term) => term.name.startsWith("sluice_"));
  return aliases.reduce((sum, { connections }) => sum + connections, 0);
}

/** For whoever reads the log; a time never decides a test. */
function report(
  name: string,
  outcomes: readonly Outcome[],
  refused: number,
  { struckAt, acceptsAt, firstAt }: { struckAt: number; acceptsAt: number; firstAt: number },
): void {
  process.stdout.write(
    `  ${name}: down ${Math.round(acceptsAt - struckAt)} ms, first success ${Math.round(firstAt - acceptsAt)} ms after it accepted, ` +
      `${refused} of ${outcomes.length} requests refused\n`,
  );
}
