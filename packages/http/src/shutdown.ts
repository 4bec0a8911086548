import type { Logger } from "@sluice/telemetry";

/** A named step of a shutdown; it is left behind when it takes longer than its limit. */
export interface ShutdownPhase {
  readonly name: string;
  readonly limitMs: number;
  readonly run: () => unknown;
  /** Ends by force what `run` waits for, when the limit has passed. */
  readonly force?: () => unknown;
}

const RESOURCE_LIMIT_MS = 5_000;

/** Closes what a process opened, the last opened first. */
export function resourcePhases(onClose: readonly (() => unknown)[]): ShutdownPhase[] {
  return onClose.toReversed().map((run, i) => ({
    name: `resource ${onClose.length - i}`,
    limitMs: RESOURCE_LIMIT_MS,
    run,
  }));
}

/** Runs the phases one after the other, whatever becomes of each. @throws Error that names those that failed */
export async function shutDown(phases: readonly ShutdownPhase[], logger: Logger): Promise<void> {
  const failed = await runPhases(phases, logger);
  if (failed.length > 0) throw new Error(`The shutdown was not clean: ${failed.join(", ")}.`);
}

/** @returns the names of those that failed. */
async function runPhases(phases: readonly ShutdownPhase[], logger: Logger): Promise<string[]> {
  const failed: string[] = [];
  for (const phase of phases) {
    logger.info({ phase: phase.name }, "shutting down");
    try {
      await withinLimit(phase);
    } catch (err) {
      failed.push(phase.name);
      logger.error({ phase: phase.name, err }, "shutdown phase failed");
    }
  }
  return failed;
}

async function withinLimit({ name, limitMs, run, force }: ShutdownPhase): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`Phase "${name}" did not end within ${limitMs} ms.`));
    }, limitMs);
  });
  try {
    await Promise.race([Promise.try(run), late]);
  } catch (error) {
    await force?.();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
