const SHOWN_CHARACTERS = 60;

/** A value that does not fit its declared type. `path` leads to the spot inside the value, e.g. `[2]`. */
export class InvalidValue extends Error {
  readonly path: string;

  constructor(reason: string, path = "") {
    super(reason);
    this.name = "InvalidValue";
    this.path = path;
  }
}

/** `value` as a caller would recognise it in an error message, cut short. */
export function show(value: unknown): string {
  const text =
    typeof value === "bigint" || value === Infinity || value === -Infinity
      ? value.toString()
      : (JSON.stringify(value, bigIntAsText) ?? typeof value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

function bigIntAsText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
