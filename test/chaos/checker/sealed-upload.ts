/** A version as its importer knows it. */
export interface SealedUpload {
  readonly version: number;
  /** Whether each part was acknowledged. */
  readonly acknowledged: readonly boolean[];
  /** As sealing told. */
  readonly samples: number;
}

/** A part as it is stored in a sealed version. */
export interface StoredPart {
  readonly version: number;
  readonly part: number;
  readonly rows: number;
  readonly distinct_rows: number;
  /** All of its samples were uploaded to this version. */
  readonly own: boolean;
}

/** What is wrong with a version, whose parts have `rows` samples each. */
export function faultsOfVersion(
  { version, acknowledged, samples }: SealedUpload,
  all: readonly StoredPart[],
  rows: number,
): string[] {
  const stored = all.filter((part) => part.version === version);
  const faults = acknowledged.flatMap((isAcknowledged, part) =>
    faultsOfPart(
      stored.find((each) => each.part === part),
      isAcknowledged,
      rows,
    ).map((fault) => `version ${version}, part ${part}: ${fault}`),
  );
  const count = stored.reduce((sum, part) => sum + part.rows, 0);
  if (count !== samples)
    faults.push(`version ${version}: ${samples} samples told, ${count} stored`);
  return faults;
}

function faultsOfPart(
  stored: StoredPart | undefined,
  isAcknowledged: boolean,
  rows: number,
): string[] {
  if (stored === undefined) return isAcknowledged ? ["acknowledged and lost"] : [];
  const faults: string[] = [];
  if (stored.distinct_rows < rows) faults.push(`${stored.distinct_rows} samples of ${rows}`);
  if (stored.rows > stored.distinct_rows) faults.push(`${stored.rows} rows, some of them doubled`);
  if (!stored.own) faults.push("samples of another version");
  return faults;
}
