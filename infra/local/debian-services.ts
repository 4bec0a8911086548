import { existsSync, readdirSync } from "node:fs";
import type { RunAsInstaller } from "./packages.ts";

const POLICY = "/usr/sbin/policy-rc.d";
const UNITS = ["pgbouncer", "redis-server"] as const;

/**
 * Installs Debian packages without their services: dpkg's scripts start them, and enable them for the next boot.
 * The first is forbidden by a policy-rc.d while they are installed, unless the machine has one of its own;
 * the second is undone for just the units that were not enabled before.
 */
export async function keepServicesOff(run: RunAsInstaller, install: () => void): Promise<void> {
  const before = new Set(UNITS.filter(isEnabled));
  const ownPolicy = !existsSync(POLICY);
  if (ownPolicy)
    run(["/bin/sh", "-c", `printf '#!/bin/sh\\nexit 101\\n' > ${POLICY} && chmod 755 ${POLICY}`]);
  try {
    install();
  } finally {
    if (ownPolicy) run(["rm", "-f", POLICY]);
    for (const unit of UNITS) if (!before.has(unit) && isEnabled(unit)) disable(run, unit);
  }
}

/** Would the unit be started at boot, by systemd or by the run levels of System V? */
function isEnabled(unit: string): boolean {
  return wantedBySystemd(unit) || startedByRunLevel(unit);
}

function wantedBySystemd(unit: string): boolean {
  const root = "/etc/systemd/system";
  const wants = list(root).filter((entry) => /\.(wants|requires)$/.test(entry));
  return wants.some((folder) => list(`${root}/${folder}`).includes(`${unit}.service`));
}

function startedByRunLevel(unit: string): boolean {
  return ["2", "3", "4", "5"].some((level) =>
    list(`/etc/rc${level}.d`).some((link) => /^S\d\d/.test(link) && link.slice(3) === unit),
  );
}

function disable(run: RunAsInstaller, unit: string): void {
  // Both work where no systemd runs, as in a container: they only move links.
  if (wantedBySystemd(unit)) {
    const systemctl = existsSync("/usr/bin/systemctl") || existsSync("/bin/systemctl");
    run(
      systemctl
        ? ["systemctl", "disable", "--quiet", `${unit}.service`]
        : ["deb-systemd-helper", "disable", `${unit}.service`],
    );
  }
  if (startedByRunLevel(unit)) run(["update-rc.d", unit, "disable"]);
}

function list(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
