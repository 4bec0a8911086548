import { SluiceError } from "@sluice/errors";
import { readArguments } from "./arguments.ts";
import type { Command } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import type { Environment } from "./environment.ts";
import { commandHelp, programHelp, usageLine } from "./usage.ts";
import { UsageError } from "./usage-error.ts";

/** What a run printed and how it ended. */
export interface Outcome {
  readonly exitCode: 0 | 1 | 2;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line. Never throws: whatever fails becomes a line on standard error. */
export async function run(argv: readonly string[], environment: Environment): Promise<Outcome> {
  const command = findCommand(argv);
  if (command === undefined) return withoutCommand(argv);
  const rest = argv.slice(command.words.split(" ").length);
  if (rest.includes("--help") || rest.includes("-h")) return well(commandHelp(command));
  try {
    const given = readArguments(command, rest);
    const { json, text, note = "", found = false } = await command.run(given, environment);
    const stdout = given.flag("json") ? JSON.stringify(json, null, 2) : text;
    return { exitCode: found ? 1 : 0, stdout: line(stdout), stderr: line(note) };
  } catch (error) {
    return failed(command, error);
  }
}

function findCommand(argv: readonly string[]): Command | undefined {
  return COMMANDS.find(({ words }) =>
    words.split(" ").every((word, index) => word === argv[index]),
  );
}

function withoutCommand(argv: readonly string[]): Outcome {
  const [first] = argv;
  const group = COMMANDS.filter(({ words }) => words.startsWith(`${first} `));
  const help = programHelp(group.length > 0 ? group : COMMANDS);
  if (first === "help" || argv.includes("--help") || argv.includes("-h")) return well(help);
  const complaint =
    first === undefined ? "" : `sluice: there is no command "${argv.join(" ")}"\n\n`;
  return { exitCode: 2, stdout: "", stderr: complaint + line(help) };
}

function failed(command: Command, error: unknown): Outcome {
  const message = `sluice ${command.words}: ${describe(error)}`;
  if (error instanceof UsageError)
    return { exitCode: 2, stdout: "", stderr: `${message}\n${usageLine(command)}\n` };
  const isWrongUse = error instanceof SluiceError && error.code === "VALIDATION_FAILED";
  return { exitCode: isWrongUse ? 2 : 1, stdout: "", stderr: line(message) };
}

/** What happened; of a fault also the cause at its root, which clients of the API are not told. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = error instanceof SluiceError ? ` (${error.code})` : "";
  const isFault =
    !(error instanceof UsageError) && !(error instanceof SluiceError && error.status < 500);
  const root = rootCause(error);
  const because = isFault && root !== error ? `\n  because: ${root.message || root.name}` : "";
  return `${error.message || error.name}${code}${because}`;
}

function rootCause(error: Error): Error {
  return error.cause instanceof Error ? rootCause(error.cause) : error;
}

function well(text: string): Outcome {
  return { exitCode: 0, stdout: line(text), stderr: "" };
}

function line(text: string): string {
  return text === "" ? "" : `${text}\n`;
}
