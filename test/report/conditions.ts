import { cpus, loadavg, totalmem } from "node:os";
import { openSuperuser } from "../integration/open-database.ts";
import type { Report } from "./report.ts";

const GIB = 1024 ** 3;

/** The machine and the versions that a run's figures depend on. */
export async function conditionsOf(
  options: Readonly<Record<string, string | number>>,
): Promise<Report["conditions"]> {
  await using superuser = openSuperuser();
  const [row] = await superuser<{ version: string }[]>`select version() as version`;
  return {
    at: new Date().toISOString(),
    machine: `${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / GIB)} GiB`,
    "load average": loadavg()
      .map((load) => load.toFixed(2))
      .join(" "),
    node: process.version,
    postgres: row!.version.split(" on ")[0]!,
    ...options,
  };
}
