import type { Arguments } from "./arguments.ts";
import type { Environment } from "./environment.ts";

/** One option of a command, as node:util's parseArgs takes it, with a line of help. */
export interface Option {
  readonly type: "string" | "boolean";
  readonly multiple?: boolean;
  /** Stands after the option in the help: `<name>`. */
  readonly value?: string;
  readonly help: string;
}

/** What a command answers: one value for programs, one text for people. */
export interface Answer {
  readonly json: unknown;
  readonly text: string;
  /** For people only, on standard error, so that it is not taken for output. */
  readonly note?: string | undefined;
  /** The command worked and found something wrong: exit code 1. @default false */
  readonly found?: boolean;
}

export interface Command {
  /** As typed: `keys create`. */
  readonly words: string;
  readonly summary: string;
  /** What follows the words: `<tenant> [--json]`. */
  readonly synopsis: string;
  /** Names of the arguments without a dash, all of them needed. */
  readonly operands: readonly string[];
  readonly options: Readonly<Record<string, Option>>;
  run(given: Arguments, environment: Environment): Promise<Answer>;
}
