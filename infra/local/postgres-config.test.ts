import { loadWorkloads, selectProfile } from "@sluice/workloads";
import { expect, test } from "vitest";
import { parseMajor } from "./postgres-binaries.ts";
import { renderPostgresConf } from "./postgres-config.ts";

const profile = selectProfile(loadWorkloads(), "local");

test("postgresql.conf has the profile's figures and listens on loopback only", () => {
  const conf = renderPostgresConf(profile, {
    host: "127.0.0.1",
    port: 7110,
    binaries: { hasStatStatements: true },
  });
  expect(conf).toContain(`max_connections = '${profile.postgres.max_connections}'\n`);
  expect(conf).toContain(`shared_buffers = '${profile.postgres.settings["shared_buffers"]}'\n`);
  expect(conf).toContain("listen_addresses = '127.0.0.1'\n");
  expect(conf).toContain("unix_socket_directories = ''\n");
  expect(conf).toContain("shared_preload_libraries = 'pg_stat_statements'\n");
});

test("a PostgreSQL without pg_stat_statements is not asked to load it", () => {
  const conf = renderPostgresConf(profile, {
    host: "127.0.0.1",
    port: 7110,
    binaries: { hasStatStatements: false },
  });
  expect(conf).not.toContain("shared_preload_libraries");
});

test("the major version is read from `postgres --version`", () => {
  expect(parseMajor("postgres (PostgreSQL) 18.4\n")).toBe(18);
  expect(parseMajor("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n")).toBe(15);
  expect(parseMajor("postgres (PostgreSQL) 19beta1\n")).toBe(19);
});
