import { isUniqueViolation } from "@sluice/db";
import { SluiceError } from "@sluice/errors";
import type { Profile } from "@sluice/workloads";
import {
  type ConfigChange,
  findChange,
  findOpenChange,
  insertChange,
  type NewChange,
  type Queryable,
} from "./queries.ts";
import { checkChange } from "./settings.ts";

const ROLLBACK =
  "By itself when error rate or wait grow while it is tried. Later: the same call with `previous` as settings.";

/** A change as it is asked for. */
export type WantedChange = Omit<NewChange, "rollback"> & { readonly rollback?: string | undefined };

/**
 * Accepts a change, which the leader tries within a second or two.
 * @throws SluiceError VALIDATION_FAILED, OVER_BUDGET, CHANGE_IN_PROGRESS
 */
export async function requestChange(
  db: Queryable,
  profile: Profile,
  change: WantedChange,
): Promise<ConfigChange> {
  checkChange(change.target, change.settings, profile);
  const open = await findOpenChange(db);
  if (open !== undefined) throw inProgress(open.id);
  const { rollback = ROLLBACK } = change;
  return insertChange(db, { ...change, rollback }).catch((error: unknown) => {
    throw isUniqueViolation(error) ? inProgress() : error;
  });
}

function inProgress(id?: string): SluiceError {
  const which = id === undefined ? "Another change" : `Change ${id}`;
  const detail = `${which} is being tried. Repeat when it has ended.`;
  return new SluiceError("CHANGE_IN_PROGRESS", detail, { extra: { change_id: id ?? null } });
}

/** @throws SluiceError CONFIG_CHANGE_NOT_FOUND */
export async function getChange(db: Queryable, id: string): Promise<ConfigChange> {
  const change = await findChange(db, id);
  if (change !== undefined) return change;
  throw new SluiceError("CONFIG_CHANGE_NOT_FOUND", `There is no configuration change ${id}.`);
}
