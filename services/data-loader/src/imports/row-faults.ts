import { SluiceError } from "@sluice/errors";
import { show } from "@sluice/values";

const MAX_FAULTS = 100;

/** What is wrong with a row. */
export interface RowFault {
  /** Lines and rows count from 1. */
  readonly line: number;
  /** null: it is the whole row. */
  readonly column: string | null;
  readonly value: unknown;
  readonly reason: string;
}

/** Collects what is wrong with an upload, up to a hundred rows of it. */
export class RowFaults {
  readonly #faults: (Omit<RowFault, "value"> & { readonly value: string | null })[] = [];

  get any(): boolean {
    return this.#faults.length > 0;
  }

  /** @throws SluiceError INVALID_ROW when enough were found */
  add({ line, column, value, reason }: RowFault): void {
    const shown = value === undefined ? null : show(value);
    this.#faults.push({ line, column, value: shown, reason });
    if (this.#faults.length === MAX_FAULTS) this.throwIfAny();
  }

  /** @throws SluiceError INVALID_ROW */
  throwIfAny(): void {
    // A format finds its faults some rows ahead of those that are found in the values.
    const errors = this.#faults.toSorted((a, b) => a.line - b.line);
    const [first] = errors;
    if (first === undefined) return;
    const place = first.column === null ? "" : `, column "${first.column}"`;
    const detail = `Line ${first.line}${place}: ${first.reason}. Nothing of the part was kept; correct it and upload it again.`;
    throw new SluiceError("INVALID_ROW", detail, { extra: { errors } });
  }
}

/** An INVALID_ROW after which the rest cannot be read. */
export function unreadable(faults: RowFaults, fault: RowFault): never {
  faults.add(fault);
  faults.throwIfAny();
  throw new Error("unreachable: a fault was added");
}
