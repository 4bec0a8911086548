import { type PlannedProfile, WORKLOADS, connectionsOf } from "@sluice/workloads";
import { type Explanations, type PlannedLine, explainLines, renderLines } from "./planned-line.ts";

const SYSCTL = "remove the line, `sysctl -w` with the former value (`sysctl -a` shows it before)";
const LIMIT = "remove the line, `systemctl daemon-reload`, restart the unit";

const EXPLANATIONS: Explanations = {
  "net.core.somaxconn": {
    reason:
      "PgBouncer's listen_backlog, up to a power of two; the kernel cuts a longer backlog without a word.",
    effect:
      "A storm of new clients waits in the backlog instead of being tried again after a second.",
    risk: "A few bytes for each waiting connection.",
    way_back: SYSCTL,
    field_report: {
      value: "4096",
      why: "our listen_backlog is max_client_conn, 5,000 on that machine, and would be cut.",
    },
  },
  "net.ipv4.ip_local_port_range": {
    reason:
      "55,296 ports for connections from PgBouncer to PostgreSQL and from services to PgBouncer (the report's).",
    effect: "Short-lived connections in TIME_WAIT do not use the ports up.",
    risk: "A service that listens above 10240 may find its port taken: reserve it in ip_local_reserved_ports.",
    way_back: SYSCTL,
  },
  "vm.dirty_background_ratio": {
    reason: "The report's: writing back begins at 5 % of memory.",
    effect: "Steady writes instead of a flood at a checkpoint.",
    risk: "A little more is written in all.",
    way_back: SYSCTL,
  },
  "vm.dirty_ratio": {
    reason: "The report's: at 10 % of memory whoever writes has to wait.",
    effect: "Bounds what a checkpoint's fsync has to wait for.",
    risk: "A burst of writes waits earlier.",
    way_back: SYSCTL,
  },
  "vm.dirty_background_bytes": {
    reason: "What 5 % are of the report's 128 GB: a percentage of more would be a flood.",
    effect: "Steady writes instead of a flood at a checkpoint.",
    risk: "Sets vm.dirty_background_ratio to 0.",
    way_back: SYSCTL,
  },
  "vm.dirty_bytes": {
    reason: "What 10 % are of the report's 128 GB.",
    effect: "Bounds what a checkpoint's fsync has to wait for.",
    risk: "Sets vm.dirty_ratio to 0.",
    way_back: SYSCTL,
  },
  "vm.overcommit_memory": {
    reason:
      "The report's: memory that is not there is refused and not promised (PostgreSQL's manual, 18.4.4).",
    effect: "A statement fails with `out of memory`; the kernel does not kill the postmaster.",
    risk: "Only for a machine that PostgreSQL has to itself: others may fail to start.",
    way_back: SYSCTL,
  },
  "vm.overcommit_ratio": {
    reason: "The report's: three quarters of memory beyond huge pages may be promised.",
    effect: "The limit that vm.overcommit_memory = 2 holds to.",
    risk: "Too small, and PostgreSQL does not start: see CommitLimit in /proc/meminfo.",
    way_back: SYSCTL,
  },
  "vm.nr_hugepages": {
    reason: "Shared buffers in pages of 2 MB, and 3 % for the rest of the shared memory.",
    effect: "Page tables of megabytes and not of gigabytes with hundreds of backends.",
    risk: "Nobody else can use this memory.",
    way_back: "`sysctl -w vm.nr_hugepages=0` and a restart of PostgreSQL",
  },
  "pgbouncer LimitNOFILE": {
    reason:
      "A file for each client, two for each server connection (a cancel may double a pool), 100 for the rest.",
    effect: "max_client_conn can be reached.",
    risk: "None.",
    way_back: LIMIT,
  },
  "postgresql OOMScoreAdjust": {
    reason: "The kernel's choice in need should be any process but the postmaster (18.4.4).",
    effect: "One backend is ended, and not all of them.",
    risk: "With PG_OOM_ADJUST_VALUE=0 in its environment backends are ordinary again; without, none can be chosen.",
    way_back: LIMIT,
  },
};

/** From so much on a percentage of memory is too coarse for write-back. */
const RATIO_UP_TO_GB = 128;
/** Below, page tables are small enough. */
const HUGE_PAGES_FROM_MB = 8 * 1024;

/** sysctl settings and limits of systemd's units for the database machine. */
export function planKernel({ profile, memory }: PlannedProfile): PlannedLine[] {
  const { max_client_conn } = profile.pgbouncer;
  const servers = WORKLOADS.map((name) => connectionsOf(profile.workloads[name]));
  const files = max_client_conn + 2 * servers.reduce((sum, each) => sum + each, 0) + 100;
  const hugePages = Math.ceil((memory.shared_buffers_mb * 1.03) / 2);
  return explainLines(
    {
      "net.core.somaxconn": String(Math.max(4096, 2 ** Math.ceil(Math.log2(max_client_conn)))),
      "net.ipv4.ip_local_port_range": "10240 65535",
      ...writeBack(profile.machine.memory_gb),
      "vm.overcommit_memory": "2",
      "vm.overcommit_ratio": "75",
      ...(memory.shared_buffers_mb >= HUGE_PAGES_FROM_MB && {
        "vm.nr_hugepages": String(hugePages),
      }),
      "pgbouncer LimitNOFILE": String(files),
      "postgresql OOMScoreAdjust": "-900",
    },
    EXPLANATIONS,
  );
}

function writeBack(memory_gb: number): Record<string, string> {
  if (memory_gb <= RATIO_UP_TO_GB)
    return { "vm.dirty_background_ratio": "5", "vm.dirty_ratio": "10" };
  const percent = (RATIO_UP_TO_GB * 2 ** 30) / 100;
  return {
    "vm.dirty_background_bytes": String(Math.round(percent * 5)),
    "vm.dirty_bytes": String(Math.round(percent * 10)),
  };
}

/** For /etc/sysctl.d, and a drop-in for each unit that has a limit. */
export function renderKernel(lines: readonly PlannedLine[]): Record<string, string> {
  const [sysctl, limits] = [lines.filter(isSysctl), lines.filter((line) => !isSysctl(line))];
  const dropIns = limits.map((line) => {
    const [unit, setting] = line.name.split(" ");
    const text = renderLines([line], {
      comment: "#",
      setting: ({ value }) => `${setting}=${value}`,
    });
    return [`/etc/systemd/system/${unit}.service.d/sluice.conf`, `[Service]\n${text}`];
  });
  return {
    "/etc/sysctl.d/90-sluice.conf": renderLines(sysctl, {
      comment: "#",
      setting: ({ name, value }) => `${name} = ${value}`,
    }),
    ...Object.fromEntries(dropIns),
  };
}

function isSysctl({ name }: PlannedLine): boolean {
  return !name.includes(" ");
}
