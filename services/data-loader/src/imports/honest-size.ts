import { SluiceError } from "@sluice/errors";

/** More for each byte come of run lengths and dictionaries that were made up. */
const MAX_ROWS_A_BYTE = 100;
const FREE_ROWS = 1_000_000;
const MAX_CHARACTERS_A_BYTE = 1_000;
const FREE_CHARACTERS = 1_000_000_000;
/** Positions in a segment are 32-bit integers. */
const MAX_ROWS = 2_000_000_000;

/**
 * @param rows That the upload holds, or claims to
 * @throws SluiceError PAYLOAD_TOO_LARGE for more than its bytes can honestly hold
 */
export function refuseExcess(rows: number | bigint, bytes: number, characters = 0): void {
  const isHonest =
    rows <= FREE_ROWS + bytes * MAX_ROWS_A_BYTE &&
    characters <= FREE_CHARACTERS + bytes * MAX_CHARACTERS_A_BYTE;
  if (isHonest && rows <= MAX_ROWS) return;
  const most = `${MAX_ROWS_A_BYTE} rows or ${MAX_CHARACTERS_A_BYTE} characters a byte, or ${MAX_ROWS} rows in all`;
  throw new SluiceError("PAYLOAD_TOO_LARGE", `The upload holds more than ${most}. Split it.`);
}
