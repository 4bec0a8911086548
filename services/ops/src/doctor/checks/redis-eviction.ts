import type { Check } from "../check.ts";

export const redisEviction: Check = {
  code: "REDIS_EVICTION",
  why: "A Redis that evicts keys when memory is short loses queued tasks: BullMQ needs refusals instead.",
  async find({ redis }) {
    const info = await redis.info("memory");
    const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
    if (policy === "noeviction") return [];
    return [
      {
        what: `Redis' maxmemory-policy is ${policy}.`,
        todo: "Set maxmemory-policy noeviction in redis.conf, and at once: CONFIG SET maxmemory-policy noeviction.",
      },
    ];
  },
};
