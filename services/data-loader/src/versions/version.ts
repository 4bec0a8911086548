import { SluiceError } from "@sluice/errors";
import { isUniqueViolation } from "@sluice/db";
import type { Queryable } from "../data-loader.ts";
import {
  findKeyedVersion,
  findLatestVersion,
  findVersion,
  insertVersion,
  type VersionRow,
  type VersionState,
} from "./queries.ts";

/** A version whose samples never change. */
export interface SealedVersion extends VersionRow {
  readonly samples: string;
  readonly fingerprint: string;
}

/** @throws SluiceError VERSION_NOT_FOUND */
export async function getVersion(
  db: Queryable,
  datasetId: string,
  version: number,
): Promise<VersionRow> {
  const row = await findVersion(db, datasetId, version);
  if (row === undefined) throw notFound(version);
  return row;
}

/**
 * A version that can be read in a stable order; the newest one when `version` is undefined.
 * @throws SluiceError VERSION_NOT_FOUND, VERSION_NOT_SEALED, VERSION_DELETED
 */
export async function getSealed(
  db: Queryable,
  datasetId: string,
  version: number | undefined,
): Promise<SealedVersion> {
  const row =
    version === undefined
      ? await findLatestVersion(db, datasetId)
      : await getVersion(db, datasetId, version);
  if (row === undefined) {
    const detail = "The dataset has no sealed version yet. Upload samples to a draft and seal it.";
    throw new SluiceError("VERSION_NOT_FOUND", detail);
  }
  return requireSealed(row);
}

export function requireSealed(row: VersionRow): SealedVersion {
  requireSealedState(row.version, row.state);
  return row as SealedVersion;
}

/**
 * Refuses what cannot be read in a stable order; a `state` of undefined is that of a version that does not exist.
 * @throws SluiceError VERSION_NOT_FOUND, VERSION_NOT_SEALED, VERSION_DELETED
 */
export function requireSealedState(version: number, state: VersionState | undefined): void {
  if (state === "sealed") return;
  if (state === undefined) throw notFound(version);
  requireNotDeleted({ version, state });
  const detail = `Version ${version} is a draft. Seal it with POST …/versions/${version}/seal first.`;
  throw new SluiceError("VERSION_NOT_SEALED", detail);
}

/** @throws SluiceError VERSION_SEALED, VERSION_DELETED */
export function requireDraft(row: VersionRow): VersionRow {
  requireNotDeleted(row);
  if (row.state === "draft") return row;
  const detail = `Version ${row.version} is sealed and never changes. Begin a draft with {"base_version": ${row.version}} to add to it.`;
  throw new SluiceError("VERSION_SEALED", detail);
}

function notFound(version: number): SluiceError {
  const detail = `The dataset has no version ${version}. GET …/versions lists its versions.`;
  return new SluiceError("VERSION_NOT_FOUND", detail);
}

/** @throws SluiceError VERSION_DELETED */
export function requireNotDeleted({ state, version }: Pick<VersionRow, "state" | "version">): void {
  if (state === "draft" || state === "sealed") return;
  throw new SluiceError("VERSION_DELETED", `Version ${version} was deleted.`);
}

/**
 * Begins a draft. With an idempotency key that was used for this dataset before, the first answer is given again.
 * @throws SluiceError IDEMPOTENCY_KEY_REUSED, VERSION_NOT_FOUND, VERSION_NOT_SEALED, VERSION_DELETED for the base
 */
export async function beginVersion(
  db: Queryable,
  datasetId: string,
  baseVersion: number | null,
  idempotencyKey: string | null,
): Promise<VersionRow> {
  if (idempotencyKey !== null) {
    const known = await findKeyedVersion(db, datasetId, idempotencyKey);
    if (known !== undefined) return asBegun(known, baseVersion, idempotencyKey);
  }
  try {
    const begun = await insertVersion(db, datasetId, {
      baseVersion,
      idempotencyKey,
      filter: null,
    });
    if (begun !== undefined) return begun;
  } catch (error) {
    // Somebody sent the same key at the same time, and was first.
    if (!isUniqueViolation(error, "versions_idempotency_key")) throw error;
    return beginVersion(db, datasetId, baseVersion, idempotencyKey);
  }
  if (baseVersion === null)
    throw new SluiceError("DATASET_NOT_FOUND", "The dataset was deleted a moment ago.");
  await getSealed(db, datasetId, baseVersion);
  throw new SluiceError(
    "VERSION_NOT_SEALED",
    `Version ${baseVersion} was not sealed a moment ago. Repeat.`,
  );
}

function asBegun(known: VersionRow, baseVersion: number | null, key: string): VersionRow {
  if (known.base_version === baseVersion)
    return { ...known, state: "draft", samples: null, fingerprint: null, sealed_at: null };
  const detail = `Idempotency-Key "${key}" was used for another request. Send a new key with a new request.`;
  throw new SluiceError("IDEMPOTENCY_KEY_REUSED", detail);
}

/** A version as the API shows it. */
export function renderVersion(row: VersionRow): object {
  const { version, state, base_version, filter, samples, fingerprint, created_at, sealed_at } = row;
  return {
    version,
    state,
    base_version,
    filter,
    samples: samples === null ? null : BigInt(samples),
    fingerprint,
    created_at,
    sealed_at,
  };
}
