import { SluiceError } from "@sluice/errors";
import { InvalidValue } from "@sluice/values";

/** As many as help a reader; a wrong column of 10,000 rows needs no 10,000 messages. */
export const MAX_LISTED = 100;

/** Everything found wrong with one request, so that the caller can mend it in one go. */
export class Faults {
  readonly #errors: { path: string; message: string }[] = [];
  #count = 0;

  add(path: string, message: string): void {
    this.#count += 1;
    if (this.#errors.length < MAX_LISTED) this.#errors.push({ path, message });
  }

  /** Runs `parse` and returns what it returns; an InvalidValue is noted under `path`, and null returned. */
  collect<T>(path: () => string, parse: () => T): T | null {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      this.add(path() + error.path, error.message);
      return null;
    }
  }

  /** @throws SluiceError VALIDATION_FAILED that lists the first 100 faults, if there are any. */
  throwIfAny(): void {
    const first = this.#errors[0];
    if (first === undefined) return;
    const others = this.#count > 1 ? `, and ${this.#count - 1} more` : "";
    throw new SluiceError("VALIDATION_FAILED", `${first.path}: ${first.message}${others}.`, {
      extra: { errors: this.#errors },
    });
  }
}
