import { readFileSync } from "node:fs";

/** stack.json: where everything of a local stack is, and the keys to it. */
export interface Stack {
  readonly project: string;
  readonly services: Readonly<
    Record<string, { readonly url: string; readonly internal_url: string; readonly pid: number }>
  >;
  readonly postgres: { readonly url: string; readonly pid: number };
  readonly pgbouncer: {
    readonly urls: Readonly<Record<string, string>>;
    readonly admin_url: string;
    readonly databases_file: string;
    readonly pid: number;
  };
  readonly redis: { readonly url: string; readonly pid: number };
  readonly keys: { readonly platform: string; readonly demo: string };
}

/**
 * The stack of this test run, or another one's, as it is now: read it again after a part was killed, its pid changes.
 * @throws Error when the run has no stack.
 */
export function readStack(file = process.env["SLUICE_STACK"]): Stack {
  if (file === undefined)
    throw new Error(
      "SLUICE_STACK is not set: only the projects integration, e2e and chaos have a stack",
    );
  return JSON.parse(readFileSync(file, "utf8")) as Stack;
}
