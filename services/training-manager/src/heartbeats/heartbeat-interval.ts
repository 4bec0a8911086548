/** Heartbeats that fit into the time-out: two may get lost before a rank is taken for lost. */
const BEATS_PER_TIMEOUT = 3;

/** How often a rank should beat, seconds. */
export function heartbeatInterval(timeoutSeconds: number): number {
  return timeoutSeconds / BEATS_PER_TIMEOUT;
}
