import { PgbouncerConsole } from "@sluice/pgbouncer";
import { readStack } from "@sluice/testing";
import { openSuperuser } from "../../integration/open-database.ts";
import type { Section } from "../../report/report.ts";
import { killServer } from "../../chaos/faults/kill.ts";
import { type LookUpCost, sluiceCost, sqlCost } from "./look-up-cost.ts";
import { observe, type Observed } from "./observe.ts";
import { type Platform, sluicePlatform, sqlPlatform } from "./platforms.ts";
import type { Outcome } from "./plan.ts";
import { renderReplay } from "./render-replay.ts";
import { sluiceRequests } from "./sluice-requests.ts";
import { dropTables, makeTables } from "./tables.ts";

const MAX_CLIENT_CONN = 10_000;

/** How long everything is looked at. */
export interface ReplayOptions {
  readonly rounds: number;
  /** Of a window. */
  readonly seconds: number;
  /** Numbers of jobs, the last of which is the load of all other figures. */
  readonly jobs: readonly number[];
  readonly samples: number;
}

/** What was seen of one platform. */
export interface Seen {
  readonly name: string;
  /** At the highest load, a window a round. */
  readonly windows: readonly Observed[];
  /** By number of jobs. */
  readonly ramp: ReadonlyMap<number, Observed>;
  readonly cost: LookUpCost;
  /** A window in which PostgreSQL was killed. */
  readonly killed: Outcome;
}

/**
 * The field report's platform before its cure, after it, and on Sluice, in turns: the same jobs and workers read batches
 * and write their status.
 */
export async function replay(options: ReplayOptions): Promise<Section[]> {
  await using superuser = openSuperuser();
  const pooler = new PgbouncerConsole({ url: readStack().pgbouncer.admin_url });
  const { samples } = options;
  try {
    // The report's: the local stack has no need of so many.
    await pooler.set("max_client_conn", MAX_CLIENT_CONN);
    const direct = await makeTables(superuser, samples);
    const pooled = readStack().pgbouncer.urls["training"]!;
    const requests = await sluiceRequests(superuser, samples);
    const platforms = [
      sqlPlatform("before", { style: "direct", url: direct, samples }),
      sqlPlatform("the report's cure", { style: "pooled", url: pooled, samples }),
      sluicePlatform("Sluice", requests),
    ];
    const costs = [
      await sqlCost(superuser, { url: direct, table: "before", samples, together: false }),
      await sqlCost(superuser, { url: pooled, table: "cured", samples, together: true }),
      await sluiceCost(superuser, requests),
    ];
    const look = (platform: Platform, jobs: number): Promise<Observed> =>
      observe(platform, { jobs, seconds: options.seconds, superuser });
    const most = options.jobs.at(-1)!;
    const ramps = platforms.map(() => new Map<number, Observed>());
    for (const jobs of options.jobs)
      for (const [index, platform] of platforms.entries())
        ramps[index]!.set(jobs, await look(platform, jobs));
    const windows = platforms.map((): Observed[] => []);
    for (let round = 0; round < options.rounds; round += 1)
      for (const [index, platform] of platforms.entries())
        windows[index]!.push(await look(platform, most));
    const killed: Outcome[] = [];
    for (const { run } of platforms) {
      // A load that the first platform can bear: what fails then fails of the kill.
      const window = run(options.jobs[0]!, options.seconds);
      await killServer("postgres");
      killed.push(await window);
    }
    return renderReplay(
      platforms.map(({ name }, index) => ({
        name,
        windows: windows[index]!,
        ramp: ramps[index]!,
        cost: costs[index]!,
        killed: killed[index]!,
      })),
      options,
    );
  } finally {
    await pooler.reload();
    await pooler.close();
    await dropTables(superuser);
  }
}
