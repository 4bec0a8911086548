import { announceRevocation, rotateKey } from "@sluice/auth";
import type { Command } from "../command.ts";
import { answerCreatedKey, lateNote } from "../created-key.ts";
import { parseDuration } from "../duration.ts";
import { withKeyStore } from "../key-store.ts";

export const keysRotate: Command = {
  words: "keys rotate",
  summary: "Replace a key by one with the same rights; the old one is valid for the grace",
  synopsis: "<id> [--tenant <tenant>] [--grace <duration>] [--json]",
  operands: ["id"],
  options: {
    tenant: { type: "string", value: "<tenant>", help: "Only if it is this tenant's" },
    grace: { type: "string", value: "<duration>", help: "90s, 15m, 24h, 7d (0)" },
  },
  async run(given, environment) {
    const graceSeconds = parseDuration("grace", given.text("grace") ?? "0");
    const request = { id: given.operand("id"), tenant: given.text("tenant"), graceSeconds };
    const created = await withKeyStore(environment, async (store, redis) => ({
      ...(await rotateKey(store, request)),
      announced: await announceRevocation(redis, request.id),
    }));
    return answerCreatedKey(created, lateNote(created.announced));
  },
};
