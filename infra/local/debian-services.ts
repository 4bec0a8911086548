import { existsSync, readdirSync } from "node:fs";
import type { RunAsInstaller } from "./packages.ts";

const POLICY = "/usr/sbin/policy-rc.d";
const UNITS = "/etc/systemd/system";
const RUN_LEVELS = ["2", "3", "4", "5"] as const;

/**
 * Installs Debian packages without their services: dpkg's scripts start them, and enable them for the next boot.
 * The first is forbidden by a policy-rc.d while they are installed, unless the machine has one of its own;
 * the second is undone for just what was not enabled before (PgBouncer brings PostgreSQL's service along).
 */
export function keepServicesOff(run: RunAsInstaller, install: () => void): void {
  const units = wantedUnits();
  const scripts = startedScripts();
  const ownPolicy = !existsSync(POLICY);
  if (ownPolicy)
    run(["/bin/sh", "-c", `printf '#!/bin/sh\nexit 101\n' > ${POLICY} && chmod 755 ${POLICY}`]);
  try {
    install();
  } finally {
    if (ownPolicy) run(["rm", "-f", POLICY]);
    // Both commands work where no systemd runs, as in a container: they only move links.
    for (const unit of wantedUnits().difference(units)) run([...disableUnit(), unit]);
    for (const script of startedScripts().difference(scripts))
      run(["update-rc.d", script, "disable"]);
  }
}

function disableUnit(): string[] {
  const hasSystemctl = ["/usr/bin/systemctl", "/bin/systemctl"].some((file) => existsSync(file));
  return hasSystemctl ? ["systemctl", "disable", "--quiet"] : ["deb-systemd-helper", "disable"];
}

/** The units that systemd starts at boot. */
function wantedUnits(): Set<string> {
  const folders = list(UNITS).filter((entry) => /\.(wants|requires)$/.test(entry));
  return new Set(folders.flatMap((folder) => list(`${UNITS}/${folder}`)));
}

/** The scripts of System V that the run levels start. */
function startedScripts(): Set<string> {
  const links = RUN_LEVELS.flatMap((level) => list(`/etc/rc${level}.d`));
  return new Set(links.filter((link) => /^S\d\d/.test(link)).map((link) => link.slice(3)));
}

function list(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
