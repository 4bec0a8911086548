import { until } from "../../integration/until.ts";

/** Waits for what has to come true. @returns what is broken when it does not */
export async function unless(
  what: string,
  condition: () => Promise<boolean>,
  timeoutMs?: number,
): Promise<string[]> {
  try {
    await until(what, condition, timeoutMs);
    return [];
  } catch (error) {
    return [String(error)];
  }
}
