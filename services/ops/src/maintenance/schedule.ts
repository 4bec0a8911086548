import type { Queryable } from "@sluice/auth";
import { TaskQueue, TaskWorker } from "@sluice/queue";
import type { Logger } from "@sluice/telemetry";
import { forgetOld } from "../retention/retention.ts";
import type { RetentionSettings } from "../retention/retention-settings.ts";
import { makeReport } from "./report.ts";

/** Mondays at four, UTC. */
const CRON = "0 4 * * 1";
const TRIES = 5;
const BACKOFF_MS = 60_000;
/** Redis may have forgotten the schedule: it is told again so often. */
const REMIND_MS = 10 * 60_000;

type MaintenanceKinds = { readonly report: Record<string, never> };

export interface MaintenanceScheduleOptions {
  readonly monitor: Queryable;
  readonly redisUrl: string;
  readonly retention: RetentionSettings;
  readonly logger: Logger;
}

/** Has a report made each week, and what is old forgotten, by one of the instances, whoever takes the task. */
export class MaintenanceSchedule {
  readonly #queue: TaskQueue<MaintenanceKinds>;
  readonly #worker: TaskWorker<MaintenanceKinds>;
  readonly #timer: NodeJS.Timeout;
  #stopped: Promise<void> | undefined;

  constructor({ monitor, redisUrl, retention, logger }: MaintenanceScheduleOptions) {
    const name = "maintenance";
    this.#queue = new TaskQueue<MaintenanceKinds>({
      name,
      kinds: ["report"],
      redisUrl,
      logger,
      tries: TRIES,
      backoffMs: BACKOFF_MS,
    });
    this.#worker = new TaskWorker<MaintenanceKinds>({
      name,
      redisUrl,
      logger,
      handlers: {
        report: {
          concurrency: 1,
          handle: async () => {
            const { report_id } = await makeReport(monitor);
            const forgotten = await forgetOld(monitor, retention);
            logger.info({ report_id, forgotten }, "the weekly maintenance report is there");
          },
          giveUp: async (_task, err) => logger.error({ err }, "no maintenance report this week"),
        },
      },
    });
    const remind = (): void => {
      // The queue tells of a Redis that is away; the next time is soon.
      this.#queue.schedule("report", { id: "weekly", cron: CRON, data: {} }).catch(() => undefined);
    };
    remind();
    this.#timer = setInterval(remind, REMIND_MS).unref();
  }

  /** Idempotent. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  async #stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([this.#queue.close(), this.#worker.stop()]);
  }
}
