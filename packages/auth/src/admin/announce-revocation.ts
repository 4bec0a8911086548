import type { Redis } from "ioredis";
import { REVOCATION_CHANNEL } from "../revocation-channel.ts";

const ANNOUNCE_TIMEOUT_MS = 1_000;

/**
 * Tells every service to read the key anew. False when Redis did not take the message within a second:
 * they do so by themselves within 10 s.
 */
export async function announceRevocation(
  redis: Redis | undefined,
  keyId: string,
): Promise<boolean> {
  if (redis === undefined) return false;
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ANNOUNCE_TIMEOUT_MS, false);
  });
  const published = redis.publish(REVOCATION_CHANNEL, keyId).then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([published, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
