import { announceRevocation, revokeKey } from "@sluice/auth";
import type { Command } from "../command.ts";
import { lateNote } from "../created-key.ts";
import { withKeyStore } from "../key-store.ts";
import { renderFields } from "../table.ts";

export const keysRevoke: Command = {
  words: "keys revoke",
  summary: "End a key for good, everywhere within 1 s (10 s when Redis is away)",
  synopsis: "<id> [--tenant <tenant>] [--json]",
  operands: ["id"],
  options: { tenant: { type: "string", value: "<tenant>", help: "Only if it is this tenant's" } },
  async run(given, environment) {
    const reference = { id: given.operand("id"), tenant: given.text("tenant") };
    const revoked = await withKeyStore(environment, async (store, redis) => ({
      ...(await revokeKey(store, reference)),
      announced: await announceRevocation(redis, reference.id),
    }));
    const { id, name, tenant, project, revoked_at } = revoked;
    return {
      json: revoked,
      text: renderFields({ id, name, tenant, project, revoked_at }),
      note: lateNote(revoked.announced),
    };
  },
};
