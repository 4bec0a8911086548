declare global {
  interface JSON {
    /** ECMAScript 2026; TypeScript's library does not declare it yet. */
    rawJSON(text: string): unknown;
    isRawJSON(value: unknown): value is { readonly rawJSON: string };
  }
}

/** `JSON.stringify` that writes a BigInt as the integer it is. */
export function stringifyJson(value: unknown): string {
  return JSON.stringify(value, exactIntegers);
}

function exactIntegers(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? JSON.rawJSON(value.toString()) : value;
}
