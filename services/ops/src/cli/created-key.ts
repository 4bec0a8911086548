import type { CreatedKey } from "@sluice/auth";
import type { Answer } from "./command.ts";
import { renderFields } from "./table.ts";

/** A new key, whose text is seen here and never again. */
export function answerCreatedKey(created: CreatedKey, note?: string): Answer {
  const { key, id, name, tenant, project, scopes, expires_at } = created;
  const text = renderFields({
    key,
    id,
    name,
    tenant,
    project,
    scopes: scopes.join(","),
    expires_at,
  });
  const once = "Keep the key: it is not stored and cannot be shown again.";
  return { json: created, text, note: note === undefined ? once : `${once}\n${note}` };
}

/** Says so when the services could not be told that a key has ended; undefined when they were. */
export function lateNote(announced: boolean): string | undefined {
  return announced
    ? undefined
    : "Redis could not be reached: services accept the old state for up to 10 s.";
}
