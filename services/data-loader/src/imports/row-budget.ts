import { invalidArgument } from "@sluice/http";

/** A row's attributes may have a mebibyte as JSON, and a text outside of them far less. */
const MAX_ROW = 2 * 1024 * 1024;
/** Rows that are held at once. */
const AT_ONCE = 1024 * 1024;

/**
 * Bounds what is read at once of a format in which few bytes can be many values, as words of a dictionary are: bytes of
 * texts and numbers of items, spent before they are made.
 */
export class RowBudget {
  #spent = 0;
  #limit = MAX_ROW;
  #line = 0;

  /** So much has been read that it should be dealt with before the next row. */
  get isSpent(): boolean {
    return this.#spent >= AT_ONCE;
  }

  /** What was read before is dealt with. */
  begin(): void {
    this.#spent = 0;
  }

  beginRow(line: number): void {
    this.#line = line;
    this.#limit = this.#spent + MAX_ROW;
  }

  /** @throws SluiceError VALIDATION_FAILED when the row becomes larger than any that could be stored */
  spend(amount: number, column: string): void {
    this.#spent += amount;
    if (this.#spent <= this.#limit) return;
    const at = `has a row ${this.#line} of more than ${MAX_ROW} bytes, in column "${column}"`;
    throw invalidArgument("/body", at);
  }
}
