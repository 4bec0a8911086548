import type { Profile } from "@sluice/workloads";
import type { PostgresBinaries } from "./postgres-binaries.ts";

/** What of the configuration is not a figure of the profile. */
export interface PostgresTarget {
  readonly host: string;
  readonly port: number;
  readonly binaries: Pick<PostgresBinaries, "hasStatStatements">;
}

/** The text of `postgresql.conf`: sizes from the profile, the rest as a stack on one machine needs it. */
export function renderPostgresConf(
  profile: Profile,
  { host, port, binaries }: PostgresTarget,
): string {
  const { max_connections, superuser_reserved_connections, settings } = profile.postgres;
  const all: Record<string, string | number> = {
    listen_addresses: host,
    port,
    unix_socket_directories: "",
    password_encryption: "scram-sha-256",
    timezone: "UTC",
    log_timezone: "UTC",
    log_line_prefix: "%m [%p] %q%u@%d %a ",
    log_lock_waits: "on",
    track_io_timing: "on",
    cluster_name: `sluice-${port}`,
    ...(binaries.hasStatStatements && { shared_preload_libraries: "pg_stat_statements" }),
    max_connections,
    superuser_reserved_connections,
    ...settings,
  };
  const lines = Object.entries(all).map(
    ([key, value]) => `${key} = '${String(value).replaceAll("'", "''")}'`,
  );
  return [
    `# Generated from infra/workloads.yaml, profile "${profile.name}", at every start.`,
    ...lines,
    "",
  ].join("\n");
}

/** The text of `pg_hba.conf`: passwords only, from this machine only. */
export function renderPgHba(): string {
  return "# Generated at every start.\nhost all all 127.0.0.1/32 scram-sha-256\nhost replication all 127.0.0.1/32 scram-sha-256\n";
}
