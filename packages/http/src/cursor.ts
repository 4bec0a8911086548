import { createHash } from "node:crypto";
import { invalidArgument } from "./invalid-argument.ts";

/** Enough to tell a cursor of ours from a damaged or made-up one; it gives no rights, so that it needs no secret. */
const CHECKSUM_BYTES = 9;

/** The opaque position after the row `last`. `list` binds it to the list it came from. */
export function encodeCursor(list: string, last: string): string {
  const position = Buffer.from(last);
  return Buffer.concat([checksum(list, position), position]).toString("base64url");
}

/**
 * What `encodeCursor` put into a cursor of the same list.
 * @throws SluiceError VALIDATION_FAILED when it did not make this one.
 */
export function decodeCursor(list: string, cursor: string): string {
  const bytes = Buffer.from(cursor, "base64url");
  const position = bytes.subarray(CHECKSUM_BYTES);
  const isOurs =
    bytes.toString("base64url") === cursor &&
    bytes.subarray(0, CHECKSUM_BYTES).equals(checksum(list, position));
  if (!isOurs) {
    throw invalidArgument(
      "/cursor",
      "is not from this list; send next_cursor of the last page unchanged",
    );
  }
  return position.toString();
}

function checksum(list: string, position: Buffer): Buffer {
  const hash = createHash("sha256").update(`sluice cursor\0${list}\0`).update(position);
  return hash.digest().subarray(0, CHECKSUM_BYTES);
}
