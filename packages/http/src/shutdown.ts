import type { Logger } from "@sluice/telemetry";

/** A named step of a shutdown; it is left behind when it takes longer than its limit. */
export interface ShutdownPhase {
  readonly name: string;
  readonly limitMs: number;
  readonly run: () => unknown;
  /** Ends by force what `run` waits for, when the limit has passed. */
  readonly force?: () => unknown;
}

/** Runs the phases one after the other, whatever becomes of each. Returns the names of those that failed. */
export async function runPhases(
  phases: readonly ShutdownPhase[],
  logger: Logger,
): Promise<string[]> {
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
