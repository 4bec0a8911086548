import { parseArgs } from "node:util";
import type { Command, Option } from "./command.ts";
import { UsageError } from "./usage-error.ts";

/** Every command has these. */
export const COMMON_OPTIONS: Readonly<Record<string, Option>> = {
  json: { type: "boolean", help: "Print one JSON value" },
  help: { type: "boolean", help: "Show this" },
};

type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** The arguments of one call, read by name. */
export class Arguments {
  readonly #values: Values;
  readonly #operands: Readonly<Record<string, string>>;

  constructor(values: Values, operands: Readonly<Record<string, string>>) {
    this.#values = values;
    this.#operands = operands;
  }

  operand(name: string): string {
    const value = this.#operands[name];
    if (value === undefined) throw new UsageError(`<${name}> is missing`);
    return value;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === "string" ? value : undefined;
  }

  /** @throws UsageError when the option was not given. */
  needed(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw new UsageError(`--${name} is missing`);
    return value;
  }

  /** Values of an option that may be repeated, or take several with commas between. */
  list(name: string): string[] {
    const value = this.#values[name];
    const texts = Array.isArray(value) ? value.map(String) : [];
    return texts.flatMap((text) => text.split(",")).filter((text) => text !== "");
  }

  /** @throws UsageError when it is not a whole number from 0. */
  count(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined || /^\d{1,10}$/.test(text))
      return text === undefined ? undefined : Number(text);
    throw new UsageError(`--${name} must be a whole number, and "${text}" is not`);
  }
}

/** @throws UsageError that says what is not understood. */
export function readArguments(command: Command, argv: readonly string[]): Arguments {
  const { values, positionals } = parse(command, argv);
  const given = new Arguments(
    values,
    Object.fromEntries(command.operands.flatMap((name, index) => pair(name, positionals[index]))),
  );
  const extra = positionals[command.operands.length];
  if (extra !== undefined) throw new UsageError(`"${extra}" is one argument too many`);
  return given;
}

function parse(
  command: Command,
  argv: readonly string[],
): { values: Values; positionals: string[] } {
  const options = Object.fromEntries(
    Object.entries({ ...command.options, ...COMMON_OPTIONS }).map(([name, { type, multiple }]) => [
      name,
      { type, multiple: multiple ?? false, ...(name === "help" ? { short: "h" } : {}) },
    ]),
  );
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    // Its first sentence says which argument is meant; the rest is about its own options.
    throw new UsageError((error as Error).message.split(". ")[0], { cause: error });
  }
}

function pair(name: string, value: string | undefined): [string, string][] {
  return value === undefined ? [] : [[name, value]];
}
