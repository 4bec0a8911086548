import { loadWorkloads, selectProfile, WORKLOADS, type WorkloadName } from "@sluice/workloads";
import { expect, test } from "vitest";
import { homeOf } from "./home.ts";
import { portsFor } from "./ports.ts";
import { serviceEnv, servicePart } from "./service.ts";
import { SERVICES } from "./services.ts";

const urls = Object.fromEntries(
  WORKLOADS.map((name) => [name, `postgres://sluice_${name}`]),
) as Record<WorkloadName, string>;
const options = {
  home: homeOf({ SLUICE_HOME: "/state" }),
  ports: portsFor({}),
  profile: selectProfile(loadWorkloads(), "local"),
  urls,
  redisUrl: "redis://:secret@127.0.0.1:7112/0",
  consoleUrl: "postgres://console@127.0.0.1:7111/pgbouncer",
  databasesFile: "/state/databases.ini",
  controlToken: "a-token-of-the-tests",
};

test("a service is told its ports, and the URLs of its own workloads only", () => {
  expect(serviceEnv("feature-api", options)).toEqual({
    SLUICE_HOST: "127.0.0.1",
    SLUICE_PORT: "7101",
    SLUICE_INTERNAL_PORT: "8101",
    SLUICE_PROFILE: "local",
    SLUICE_REDIS_URL: options.redisUrl,
    SLUICE_CONTROL_TOKEN: options.controlToken,
    SLUICE_WEBHOOK_ALLOW_PRIVATE: "true",
    SLUICE_FEATURE_URL: "postgres://sluice_feature",
  });
});

test("every service of the table has gates in workloads.yaml", () => {
  for (const { name } of SERVICES)
    expect(options.profile.services[name]?.gates, name).not.toHaveLength(0);
});

test("a service's command line tells whose it is", () => {
  const [entry] = SERVICES;
  if (entry === undefined) throw new Error("no services");
  const { args, word } = servicePart(entry, options);
  expect(args.join(" ")).toContain(word);
  expect(word).toBe("--home=/state");
});
