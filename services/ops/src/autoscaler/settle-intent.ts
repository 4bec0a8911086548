import type { Logger } from "@sluice/telemetry";
import type { Profile } from "@sluice/workloads";
import type { ChangeDeps } from "./change-pool.ts";
import { sizesOf } from "./fleet.ts";
import { closeIntent, findIntent } from "./queries.ts";
import { configuredSize } from "./wanted-sizes.ts";

/**
 * Ends the change that a leader began and did not live to end. If PgBouncer has the new size, it has happened. If not,
 * what it was decided on has passed: it is abandoned, and a size that stands in the file and was never loaded is taken
 * back, or the next RELOAD would bring it.
 */
export async function settleIntent(
  { db, lease, processes }: ChangeDeps,
  { profile, logger }: { readonly profile: Profile; readonly logger: Logger },
): Promise<void> {
  const intent = await findIntent(db);
  if (intent === undefined) return;
  const { event_id, alias, action, reason, size_before: from, size_asked: to, actor } = intent;
  const sizes = await sizesOf(processes, alias);
  const happened = sizes.every((size) => size === to);
  if (!happened)
    await Promise.allSettled(
      processes.map(async ({ effector }) => effector?.apply(alias, from, lease.term)),
    );
  const configured = configuredSize(profile, alias);
  // What a person's change comes to is for its trial to say.
  const lasts =
    happened && action !== "restore" && reason !== "config_change" && configured !== undefined;
  await closeIntent(db, event_id, {
    outcome: happened ? "applied" : "abandoned",
    readBack: sizes[0] ?? null,
    servers: null,
    detail: `${actor} began to change ${from} to ${to} and was gone before it ended`,
    lasting: lasts ? { poolSize: to, configured } : null,
  });
  logger.warn({ alias, from, to, actor, happened }, "a change that nobody ended was settled");
}
