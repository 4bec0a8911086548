import { setTimeout as sleep } from "node:timers/promises";

const LOOK_EVERY_MS = 500;

/** The most memory, in bytes, that a service was seen to take while `work` ran. Its internal listener is asked. */
export async function peakMemory(
  internalUrl: string,
  work: () => Promise<unknown>,
): Promise<number> {
  let peak = 0;
  let isDone = false;
  const watch = async (): Promise<void> => {
    while (!isDone) {
      peak = Math.max(peak, await residentMemory(internalUrl));
      await sleep(LOOK_EVERY_MS);
    }
  };
  const working = work().finally(() => {
    isDone = true;
  });
  await Promise.all([working, watch()]);
  return peak;
}

async function residentMemory(internalUrl: string): Promise<number> {
  const response = await fetch(`${internalUrl}/metrics`);
  const [, bytes] = /^process_resident_memory_bytes\S* (\S+)$/m.exec(await response.text()) ?? [];
  return Number(bytes);
}
