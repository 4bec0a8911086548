import { COMMON_OPTIONS } from "./arguments.ts";
import type { Command, Option } from "./command.ts";
import { renderTable } from "./table.ts";

/** How the CLI is called in a checkout. */
const PROGRAM = "npm run -s sluice --";

export function usageLine(command: Command): string {
  return `usage: sluice ${command.words} ${command.synopsis}`.trimEnd();
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  const options = Object.entries({ ...command.options, ...COMMON_OPTIONS });
  const rows = options.map(([name, option]) => [`  ${optionName(name, option)}`, option.help]);
  return `${usageLine(command)}\n\n${command.summary}.\n\n${renderTable([], rows)}`;
}

/** The help of all of them. */
export function programHelp(commands: readonly Command[]): string {
  const rows = commands.map(({ words, summary }) => [`  ${words}`, summary]);
  return [
    "usage: sluice <command> [<arguments>]",
    "",
    renderTable([], rows),
    "",
    `Run as \`${PROGRAM} <command>\`; \`<command> --help\` shows its arguments. Exit status: 0 well,`,
    "1 found something or failed, 2 used wrongly.",
    "",
    "SLUICE_ADMIN_URL is the PgBouncer alias sluice_admin, SLUICE_REDIS_URL the Redis that services listen to,",
    "SLUICE_DATABASE_URL a direct connection for migrations; for doctor also SLUICE_PGBOUNCER_ADMIN_URLS, consoles, and",
    "SLUICE_INTERNAL_URLS, <service>=<url>,…; for maintenance SLUICE_MONITOR_URL, the alias sluice_monitor.",
    "Without them: the local stack in SLUICE_HOME (.sluice).",
  ].join("\n");
}

function optionName(name: string, { value }: Option): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}
