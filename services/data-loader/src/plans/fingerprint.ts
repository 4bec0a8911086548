import { SluiceError } from "@sluice/errors";
import type { Queryable } from "../data-loader.ts";
import type { Plan } from "./plan.ts";
import { findVersionByFingerprint } from "./queries.ts";

/**
 * Refuses a reader that began with other data than the plan's: nothing is ever reshuffled silently.
 * @throws SluiceError FINGERPRINT_MISMATCH with what changed
 */
export async function requireFingerprint(
  db: Queryable,
  { datasetId, definition }: Plan,
  fingerprint: string | undefined,
): Promise<void> {
  const { fingerprint: actual, version, dataset } = definition;
  if (fingerprint === undefined || fingerprint === actual) return;
  const other = await findVersionByFingerprint(db, datasetId, fingerprint);
  const began =
    other === undefined
      ? "which no version of the dataset has"
      : `which is version ${other}'s, while the plan reads version ${version}`;
  const detail = `The reader began with data of fingerprint ${fingerprint}, ${began}. Go on with the plan of that version of "${dataset}", or start the epoch anew.`;
  throw new SluiceError("FINGERPRINT_MISMATCH", detail, {
    extra: {
      expected: fingerprint,
      actual,
      changed: [other === undefined ? "content" : "version"],
    },
  });
}
