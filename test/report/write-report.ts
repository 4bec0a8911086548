import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { renderHtml } from "./render-html.ts";
import { renderMarkdown } from "./render-markdown.ts";
import type { Report } from "./report.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Writes `report.{md,html,json}` to `reports/<kind>/<time>/` of the stack's home, and points `reports/<kind>/latest` at
 * it.
 * @returns the folder
 */
export async function writeReport(
  kind: "bench" | "chaos" | "soak",
  report: Report,
): Promise<string> {
  const time = new Date().toISOString().replaceAll(":", "-").slice(0, 19);
  const reports = join(resolve(ROOT, process.env["SLUICE_HOME"] || ".sluice"), "reports", kind);
  const folder = join(reports, time);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "report.md"), renderMarkdown(report));
  await writeFile(join(folder, "report.html"), renderHtml(report));
  await writeFile(join(folder, "report.json"), `${JSON.stringify(report, null, 2)}\n`);
  const latest = join(reports, "latest");
  await rm(latest, { force: true });
  await symlink(time, latest);
  return folder;
}
